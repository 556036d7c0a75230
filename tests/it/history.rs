//! What many clients of two instances are answered while the token is replaced again and again.

use self::changes::Writer;
use self::checker::History;
use self::run::{Instances, Run};
use crate::support::actors::Visitor;
use crate::support::cluster::Cluster;
use crate::support::database::Database;
use crate::support::on_each_database;
use crate::support::process::Scimward;

mod changes;
mod checker;
mod ending;
mod kills;
mod postgres;
mod questions;
mod run;

on_each_database!(no_answer_contradicts_the_order_of_changes);

/// Tokens that each writer generates.
const EACH: usize = 4;
/// All that are generated without keeping the one before.
const TOKENS: usize = 3 * EACH;

/// Those who change the token: through the pages of both instances and at the command line.
fn writers(instances: &Instances) -> Vec<Writer> {
    let admin = |name, instance: usize| {
        instances.scimward.add_admin(name);
        Visitor::signed_in(instances.addresses()[instance], name)
    };
    let page = |name, instance| Writer::Page { admin: admin(name, instance), count: EACH };
    vec![
        page("Ada", 0),
        page("Grace", 1),
        Writer::Command { count: EACH },
        Writer::Revoker { admin: admin("Linus", 1), every: TOKENS / 3, count: 2 },
    ]
}

/// Nothing in a history is impossible, and there is enough in it to be sure of that.
fn check(history: &History, tokens: usize) {
    let proof = history.check().unwrap_or_else(|violations| {
        panic!("{} answers are impossible, such as {:#?}", violations.len(), violations[0])
    });
    assert_eq!(proof.generations, tokens);
    assert!(proof.accepted.min(proof.refused) >= 100, "{proof:?}");
    assert!(proof.overlapping >= 100, "{proof:?}");
}

fn no_answer_contradicts_the_order_of_changes(database: &Database) {
    let instances = Instances::start(Scimward::on(database));
    let mut writers = writers(&instances);
    writers.push(Writer::Keeper { count: EACH });

    let recorded = Run::record(&instances, writers, |_| {});

    check(&recorded.history, TOKENS + EACH);
    instances.stop();
}

#[test]
fn no_answer_contradicts_the_order_of_changes_while_postgres_dies() {
    let cluster = Cluster::prepared(|_data| "-c fsync=on -c full_page_writes=on");
    let instances = Instances::start(Scimward::at(&cluster.url(), cluster.folder()));
    let writers = writers(&instances);

    let recorded = Run::record(&instances, writers, |run| {
        for third in 1..3 {
            run.wait_for_tokens(third * TOKENS / 3);
            cluster.stop();
            cluster.start_again();
            run.wait_for_tokens(third * TOKENS / 3 + 1);
            cluster.ask("postgres", HANG_UP);
        }
    });

    check(&recorded.history, TOKENS);
    assert!(recorded.undecided > 0, "nobody has noticed anything");
    instances.stop();
}

/// Ends all connections as an administrator does.
const HANG_UP: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                       WHERE application_name = 'scimward'";

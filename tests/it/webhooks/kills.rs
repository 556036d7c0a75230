//! Processes that are killed between the call and its confirmation, and others beside them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{header, json_to, types};
use crate::support::database::Database;
use crate::support::on_each_database;
use crate::support::process::Scimward;
use crate::support::upstream::Upstream;

on_each_database!(a_crash_costs_one_duplicate_at_most);

const CRASHES: usize = 3;

fn a_crash_costs_one_duplicate_at_most(database: &Database) {
    let answers = Arc::<AtomicBool>::default();
    let receiver = Upstream::deciding({
        let answers = Arc::clone(&answers);
        move |_| answers.load(Ordering::SeqCst).then(|| "200 OK".to_owned())
    });
    let scimward = Scimward::on(database).with("SCIMWARD_WEBHOOKS", &json_to(&receiver));
    scimward.add_admin("ada");
    let generate = || assert_eq!(scimward.run(&["token", "generate"]).code, 0);
    let five_minutes_pass = || database.ask("UPDATE mails SET claimed_at = claimed_at - 300");
    generate();
    let mut told = Vec::new();
    for _ in 0..CRASHES {
        let mut victim = scimward.spawn(&["notify"]);
        receiver.wait();
        victim.kill().expect("it waits for the answer");
        victim.wait().expect("it has ended");
        // For all that others know it is still at it.
        let beside = scimward.run(&["notify"]);
        assert!(beside.stdout.contains("being sent by another instance"), "{beside:?}");
        five_minutes_pass();
        told.extend(receiver.received());
    }
    assert_eq!(told.len(), CRASHES, "each crash, once");

    answers.store(true, Ordering::SeqCst);
    for _ in 0..2 {
        let both = [0; 2].map(|_| scimward.spawn(&["notify"]));
        for instance in both {
            let ended = instance.wait_with_output().expect("it ends");
            assert!(ended.status.success(), "{ended:?}");
        }
    }
    told.extend(receiver.received());
    assert_eq!(types(&told), ["scim_token.generated"; CRASHES + 1]);
    assert!(
        told.iter().all(|request| header(request, "webhook-id") == header(&told[0], "webhook-id"))
    );

    // What comes after it has another name.
    generate();
    assert_eq!(scimward.run(&["notify"]).code, 0);
    let next = receiver.received();
    assert_eq!(types(&next), ["scim_token.generated"]);
    assert_ne!(header(&next[0], "webhook-id"), header(&told[0], "webhook-id"));
}

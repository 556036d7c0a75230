//! Pages take as long after years as on the first day: no query looks at a whole table, or sorts
//! what has gathered.

use std::collections::BTreeSet;
use std::sync::{Arc, Barrier, Mutex};

use chrono::TimeDelta;
use diesel::connection::{Connection, InstrumentationEvent};
use diesel::prelude::*;
use diesel::sql_types::Text;
use scimward::domain::activity::Kind;
use scimward::domain::requests::caller::Caller;
use scimward::store::{self, Conn};

use crate::support::app::TestApp;
use crate::support::database::{Database, Engine};
use crate::support::on_each_database;

on_each_database!(no_query_of_a_page_or_of_the_upkeep_looks_at_a_whole_table);

/// Connections with which the store reads at once.
const READERS: usize = 4;
/// Tables that grow for as long as scimward runs.
const GROWING: [&str; 6] =
    ["activity", "mails", "tokens", "sessions", "login_failures", "request_hours"];

fn no_query_of_a_page_or_of_the_upkeep_looks_at_a_whole_table(database: &Database) {
    let app = TestApp::start(database);
    let admin = app.admin("Ada");
    app.generate(6);
    app.generate(6);
    let queries = Queries::default();
    queries.listen(&app);

    for page in [
        "authentication",
        "requests",
        "notifications",
        "activity",
        "activity?kind=logins&before=2000000000-1",
        "activity?kind=logged_in&after=1-1",
        "activity?after=1-1",
        "activity/export.csv",
    ] {
        admin.get(&format!("/admin/{page}")).expect(200);
    }
    ask_for_what_no_page_shows(&app);

    let queries = queries.all();
    for table in GROWING {
        assert!(queries.iter().any(|query| query.contains(table)), "{table}: {queries:#?}");
    }
    for query in &queries {
        let plan = match database.engine() {
            Engine::Sqlite => plan_of_sqlite(database, query),
            Engine::Postgres => database.rows(&[
                "SET enable_seqscan = off",
                "SET plan_cache_mode = force_generic_plan",
                &format!("PREPARE query AS {query}"),
                &format!("EXPLAIN (COSTS off) EXECUTE query{}", nulls(query)),
            ]),
        };
        check(query, &plan);
    }
}

/// What upkeep, commands and mails ask for.
fn ask_for_what_no_page_shows(app: &TestApp) {
    let later = app.services().now() + TimeDelta::days(1);
    for purge in [
        store::purge::activity,
        store::purge::mails,
        store::purge::sessions,
        store::purge::login_failures,
        store::purge::request_hours,
        store::requests::callers::purge,
        |conn: &mut Conn, at, _| {
            store::requests::hours::since(conn, at)?;
            store::requests::hours::first(conn)?;
            store::requests::callers::of_day(conn, at)?;
            store::requests::callers::earlier(conn, &Caller::OTHERS, at)?;
            Ok(store::requests::callers::accepted_addresses(conn, at)?.len())
        },
        |conn: &mut Conn, at, _| {
            let token = store::tokens::history(conn)?.newest.unwrap().id;
            store::activity::exists(conn, Kind::TokenExpired, &token, at)?;
            store::activity::count_since(conn, Kind::NewCaller, at)?;
            store::tokens::last_used(conn)?;
            Ok(store::mails::sending::open(conn, Some(&token))?.len())
        },
    ] {
        app.wait(app.store().read(move |conn| purge(conn, later, 10))).unwrap();
    }
}

/// Fails if the plan reads a growing table from end to end. The first few rows of an index that has
/// the wanted order are no such reading.
fn check(query: &str, plan: &[String]) {
    let is_sorted = plan.iter().any(|line| line.contains("TEMP B-TREE FOR ORDER BY"));
    let is_first_few = query.contains("LIMIT") && !query.contains("WHERE") && !is_sorted;
    for table in GROWING {
        let is_read = |line: &String| {
            // Indexes with these names hold nothing but what is still open, or one row at most.
            line.contains(&format!("Seq Scan on {table}"))
                || (line.contains(&format!("SCAN {table}"))
                    && !["USING INDEX open_", "USING INDEX one_kept_token"]
                        .iter()
                        .any(|index| line.contains(index))
                    && !is_first_few)
        };
        assert!(!plan.iter().any(is_read), "{query}\n{plan:#?}");
    }
    assert!(!(is_sorted && query.contains("activity")), "{query}\n{plan:#?}");
}

/// What connections were asked to do.
#[derive(Clone, Default)]
struct Queries(Arc<Mutex<BTreeSet<String>>>);

impl Queries {
    /// Listens on every connection that reads.
    fn listen(&self, app: &TestApp) {
        let everybody = Arc::new(Barrier::new(READERS));
        let listen = |_| {
            let (Self(queries), everybody) = (self.clone(), Arc::clone(&everybody));
            app.store().read(move |conn| {
                everybody.wait();
                let queries = Arc::clone(&queries);
                conn.set_instrumentation(move |event: InstrumentationEvent<'_>| {
                    if let InstrumentationEvent::StartQuery { query, .. } = event {
                        let query = query.to_string();
                        let query = query.split(" -- binds").next().unwrap().to_owned();
                        queries.lock().unwrap().insert(query);
                    }
                });
                Ok(())
            })
        };
        let listening = app.wait(futures_util::future::join_all((0..READERS).map(listen)));
        assert!(listening.iter().all(Result::is_ok), "{listening:?}");
    }

    /// Those that read or remove rows.
    fn all(&self) -> Vec<String> {
        let queries = self.0.lock().unwrap();
        let has_plan = |query: &&String| {
            let is_empty = query.contains("(1=0)");
            !is_empty && ["SELECT", "DELETE"].iter().any(|verb| query.starts_with(verb))
        };
        queries.iter().filter(has_plan).cloned().collect()
    }
}

#[derive(QueryableByName)]
struct Step {
    #[diesel(sql_type = Text)]
    detail: String,
}

fn plan_of_sqlite(database: &Database, query: &str) -> Vec<String> {
    let file = database.url().strip_prefix("sqlite:").unwrap();
    let mut conn = SqliteConnection::establish(file).unwrap();
    let steps = diesel::sql_query(format!("EXPLAIN QUERY PLAN {query}")).load::<Step>(&mut conn);
    steps.unwrap().into_iter().map(|step| step.detail).collect()
}

/// `(NULL, NULL)` for a query with two parameters.
fn nulls(query: &str) -> String {
    let count = (1..100).take_while(|number| query.contains(&format!("${number}"))).count();
    if count == 0 { String::new() } else { format!("({})", ["NULL"].repeat(count).join(", ")) }
}

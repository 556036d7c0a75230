//! What a timer runs: `token generate --if-expires-within` and `token wait-used`.

use chrono::TimeDelta;
use scimward::service::tokens::WaitError;
use serde_json::Value;

use crate::support::app::TestApp;
use crate::support::database::Database;
use crate::support::on_each_database;
use crate::support::process::Scimward;

on_each_database!(
    a_token_is_generated_when_it_is_due,
    waiting_ends_with_the_first_use,
    waiting_ends_when_the_token_does_or_the_time_is_over,
);

fn a_token_is_generated_when_it_is_due(database: &Database) {
    let scimward = Scimward::on(database);
    let run = |within: &str, months: &str| {
        let arguments =
            ["token", "generate", "--months", months, "--if-expires-within", within, "--json"];
        let ended = scimward.run(&arguments);
        let printed: Value = serde_json::from_str(&ended.stdout).unwrap_or_default();
        (ended.code, printed)
    };
    let (code, first) = run("15d", "1");
    assert_eq!((code, first["token"].as_str().map(str::len)), (0, Some(63)));

    let (code, later) = run("15d", "1");
    assert_eq!((code, &later["generated"]), (3, &false.into()));
    assert_eq!(later["token_id"], first["token_id"]);
    let (code, _) = run("36h", "6");
    assert_eq!(code, 3);
    let (code, second) = run("366d", "6");
    assert_eq!((code, &second["replaced"]), (0, &first["token_id"]));
    scimward.run(&["token", "revoke"]);
    assert_eq!(run("1m", "1").0, 0, "there is no current token");

    for wrong in ["", "15", "15 days", "0d", "-1d", "1w"] {
        let ended = scimward.run(&["token", "generate", "--if-expires-within", wrong]);
        assert_eq!((ended.code, ended.stdout.as_str()), (2, ""), "{wrong:?} {}", ended.stderr);
    }
    assert_eq!(scimward.run(&["token", "wait-used"]).code, 2);
}

fn waiting_ends_with_the_first_use(database: &Database) {
    let app = TestApp::start(database);
    let scimward = Scimward::on(database);
    let waiting = ["token", "wait-used", "--timeout", "2d"];
    assert_eq!(scimward.run(&waiting).code, 1, "there is no token");
    let token = app.generate(1);
    let running = scimward.spawn(&[&waiting[..], &["--json"]].concat());
    assert!(app.scim(token.plain.expose()).is_accepted());
    app.upkeep();

    let ended = running.wait_with_output().unwrap();

    assert!(ended.status.success(), "{ended:?}");
    let printed: Value = serde_json::from_slice(&ended.stdout).unwrap();
    assert_eq!(
        (&printed["used"], &printed["token_id"]),
        (&true.into(), &token.token.id.as_str().into())
    );
}

fn waiting_ends_when_the_token_does_or_the_time_is_over(database: &Database) {
    let app = TestApp::start(database);
    let tokens = &app.services().tokens;
    let wait = |timeout| tokens.wait_until_used(timeout);
    assert!(matches!(app.wait(wait(TimeDelta::hours(1))), Err(WaitError::NoToken)));
    app.generate(1);
    let long = wait(TimeDelta::minutes(90));
    let advance = async { app.advance(TimeDelta::minutes(90)) };

    let (ended, ()) = app.wait(async { tokio::join!(long, advance) });
    assert!(matches!(ended, Err(WaitError::TimedOut(_))), "{ended:?}");

    let expires = async { app.advance(TimeDelta::days(32)) };
    let (ended, ()) = app.wait(async { tokio::join!(wait(TimeDelta::days(60)), expires) });
    assert!(matches!(ended, Err(WaitError::Ended(_))), "{ended:?}");
}

//! What commands log: their process is their own, and people read what they print.

use super::audit;
use crate::support::database::{Database, Engine};
use crate::support::on_each_database;
use crate::support::process::Scimward;

on_each_database!(a_command_logs_what_it_did_and_prints_its_result_alone);

fn a_command_logs_what_it_did_and_prints_its_result_alone(database: &Database) {
    let scimward = Scimward::on(database);
    let json = scimward.clone().with("SCIMWARD_LOG_FORMAT", "json");
    let generated = json.run(&["token", "generate"]);
    assert_eq!(generated.stdout.len(), 64, "{generated:?}");
    let lines = audit(&generated.stderr);
    assert_eq!(lines.len(), 1, "{generated:?}");
    for (field, value) in
        [("event", "token_generated"), ("actor", "command_line"), ("outcome", "success")]
    {
        assert_eq!(lines[0][field], value, "{lines:?}");
    }
    assert!(lines[0]["source"].is_null() && lines[0]["request.id"].is_null(), "{lines:?}");

    let text = scimward.run(&["token", "revoke"]);
    let lines: Vec<_> = text.stderr.lines().collect();
    assert!(lines[0].contains(" INFO scimward::audit: Token revoked event=\"token_revoked\""));
    let shown = scimward.run(&["token", "show"]);
    assert_eq!(shown.stderr, "", "nothing happened");
    let quiet = scimward.clone().with("SCIMWARD_LOG", "warn").run(&["token", "generate"]);
    assert!(!quiet.stderr.contains("audit"), "{quiet:?}");
    let refused = json.run(&["admin", "deactivate", "nobody@example.com"]);
    assert!(audit(&refused.stderr).is_empty(), "nobody was found: {refused:?}");
}

#[test]
fn a_person_at_a_terminal_reads_the_result_alone() {
    let database = Database::fresh(Engine::Sqlite);
    // `script` gives the command a terminal.
    let scimward = Scimward::on(&database)
        .through_shell("exec script -qec \"\\\"$0\\\" $*\" /dev/null </dev/null");

    let ended = scimward.run(&["token", "generate"]);

    assert!(ended.stdout.contains("It expires on"), "{ended:?}");
    assert!(!(ended.stdout + &ended.stderr).contains("audit"));
}

#[test]
fn a_log_that_nobody_reads_stops_nothing() {
    let database = Database::fresh(Engine::Sqlite);
    let no_reader = "rm -f pipe; mkfifo pipe; exec 3<>pipe; exec \"$0\" \"$@\" 2>pipe 3<&-";
    for end in [no_reader, "exec \"$0\" \"$@\" 2>&-", "exec \"$0\" \"$@\" 2>/dev/full"] {
        let scimward = Scimward::on(&database);
        let generated = scimward.clone().through_shell(end).run(&["token", "generate"]);
        assert_eq!((generated.code, generated.stdout.len()), (0, 64), "{end}: {generated:?}");
        let verified = scimward.run_with_input(&["token", "verify"], &generated.stdout);
        assert_eq!(verified.code, 0, "{end}: {verified:?}");
    }
}

#[test]
fn a_restore_is_logged() {
    let database = Database::fresh(Engine::Sqlite);
    let scimward = Scimward::on(&database).with("SCIMWARD_LOG_FORMAT", "json");
    scimward.add_admin("ada");
    assert_eq!(scimward.run(&["backup", "backup.db"]).code, 0);

    let restored = scimward.run(&["restore", "backup.db"]);

    assert_eq!(restored.code, 0, "{restored:?}");
    let lines = audit(&restored.stderr);
    assert_eq!(lines.len(), 1, "{restored:?}");
    assert_eq!(lines[0]["event"], "all_sessions_ended");
    assert_eq!(lines[0]["detail"], "A backup was restored.");
    let missing = scimward.run(&["restore", "missing.db"]);
    assert!(missing.code == 1 && audit(&missing.stderr).is_empty(), "{missing:?}");
}

//! A standard output that takes nothing: a token that nobody sees must not replace one that works.

use crate::support::database::{Database, Engine};
use crate::support::process::{Ended, Scimward};

fn generate(scimward: &Scimward) -> String {
    let ended = scimward.run(&["token", "generate"]);
    assert_eq!(ended.code, 0, "{ended:?}");
    ended.stdout.trim_end().to_owned()
}

/// Runs a command with redirections.
fn redirected(scimward: &Scimward, to: &str, arguments: &[&str]) -> Ended {
    scimward.clone().through_shell(&format!("exec \"$0\" \"$@\" {to}")).run(arguments)
}

#[test]
fn a_token_that_could_not_be_shown_is_not_generated() {
    let database = Database::fresh(Engine::Sqlite);
    let scimward = Scimward::on(&database);
    let token = generate(&scimward);
    std::fs::write(database.folder().join("file"), "").unwrap();
    let no_reader = "mkfifo pipe; exec 3<>pipe; exec \"$0\" \"$@\" >pipe 3<&-";
    for (line, cause) in [
        ("exec \"$0\" \"$@\" >&-", "is closed"),
        ("exec \"$0\" \"$@\" 1</dev/null", "is open for reading only"),
        ("exec \"$0\" \"$@\" 1<file", "is open for reading only"),
        (no_reader, "is read by nobody"),
    ] {
        for arguments in [&["token", "generate"][..], &["token", "generate", "--json"]] {
            let ended = scimward.clone().through_shell(line).run(arguments);

            assert_eq!((ended.code, &*ended.stdout), (1, ""), "{line}: {ended:?}");
            for part in [cause, "no token was generated", "nothing was changed"] {
                assert!(ended.stderr.contains(part), "{line}: {ended:?}");
            }
            let verified = scimward.run_with_input(&["token", "verify"], &token);
            assert_eq!(verified.code, 0, "{line}: {verified:?}");
            let _ = std::fs::remove_file(database.folder().join("pipe"));
        }
    }
}

#[test]
fn a_token_that_is_lost_on_the_way_is_said_to_be_lost() {
    let database = Database::fresh(Engine::Sqlite);
    let scimward = Scimward::on(&database);
    let mut before = generate(&scimward);
    for arguments in [&["token", "generate"][..], &["token", "generate", "--json"]] {
        let ended = redirected(&scimward, ">/dev/full", arguments);

        let shown: serde_json::Value =
            serde_json::from_str(&scimward.run(&["token", "show", "--json"]).stdout).unwrap();
        let new = shown["token_id"].as_str().unwrap();
        assert_eq!((ended.code, &*ended.stdout), (1, ""), "{ended:?}");
        for part in [
            &*format!("Token {} is revoked", &before[6..14]),
            &format!("The new token {new} is lost"),
            "scimward token generate",
            "No space left",
        ] {
            assert!(ended.stderr.contains(part), "{part}: {ended:?}");
        }
        assert!(!ended.stderr.contains("scimw_"), "{ended:?}");
        let verified = scimward.run_with_input(&["token", "verify"], &before);
        assert!(verified.stdout.starts_with("replaced"), "{verified:?}");
        before = generate(&scimward);
    }
}

#[test]
fn what_was_done_is_said_even_if_it_cannot_be_printed() {
    let database = Database::fresh(Engine::Sqlite);
    let scimward = Scimward::on(&database);
    let token = generate(&scimward);
    let revoked = redirected(&scimward, ">/dev/full", &["token", "revoke"]);
    assert!(revoked.code == 1 && revoked.stderr.contains("was revoked"), "{revoked:?}");
    assert!(revoked.stderr.contains(&token[6..14]), "{revoked:?}");
    let ended = redirected(&scimward, ">/dev/full", &["admin", "end-sessions"]);
    assert!(ended.code == 1 && ended.stderr.contains("were ended"), "{ended:?}");
    let shown = redirected(&scimward, "1</dev/null", &["token", "show"]);
    assert!(shown.code == 1 && shown.stderr.contains("cannot be written"), "{shown:?}");
}

#[test]
fn no_output_is_needed_where_none_is_wanted() {
    let database = Database::fresh(Engine::Sqlite);
    let scimward = Scimward::on(&database);
    let thrown_away = redirected(&scimward, ">/dev/null", &["token", "generate"]);
    assert_eq!((thrown_away.code, &*thrown_away.stdout), (0, ""), "{thrown_away:?}");
    let appended = redirected(&scimward, ">>tokens", &["token", "generate"]);
    assert_eq!(appended.code, 0, "{appended:?}");
    let kept = std::fs::read_to_string(database.folder().join("tokens")).unwrap();
    assert_eq!(kept.len(), 64, "{kept}");
    assert_eq!(scimward.run_with_input(&["token", "verify"], &kept).code, 0);
}

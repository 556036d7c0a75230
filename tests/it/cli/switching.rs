//! `scimward token` while two tokens are valid.

use super::{generate, verify};
use crate::support::actors::ScimClient;
use crate::support::database::Database;
use crate::support::on_each_database;
use crate::support::process::Scimward;

on_each_database!(a_token_is_kept_and_revoked_by_the_command_line);

fn a_token_is_kept_and_revoked_by_the_command_line(database: &Database) {
    let scimward = Scimward::on(database);
    let old = generate(&scimward);
    let keeping = ["token", "generate", "--months", "2", "--keep-current"];
    let nothing = scimward.run(&keeping);
    assert_eq!((nothing.code, &*nothing.stdout), (1, ""));
    let why = "There is no live token that has been used: nothing to keep.";
    assert!(nothing.stderr.contains(why), "{nothing:?}");
    assert_eq!(verify(&scimward, &old).code, 0);
    assert_eq!(scimward.run(&["token", "revoke", "--old"]).code, 1);
    let server = scimward.serve();
    ScimClient::new(server.address, &old).get("/v1/token/validate").expect(200);
    server.stop();

    let generated = scimward.run(&keeping);
    let new = generated.stdout.trim_end();

    let (old_id, new_id) = (&old[6..14], &new[6..14]);
    assert!(generated.stderr.contains(&format!("Generated token {new_id}. It expires on 20")));
    let stays = format!("Token {old_id} stays valid until 60 minutes after its last request");
    assert!(generated.stderr.contains(&stays), "{generated:?}");
    let found = verify(&scimward, &old);
    assert!(found.code == 0 && found.stdout.starts_with("Valid until 20"), "{found:?}");
    let newer = format!("at the latest. A newer token {new_id} exists.");
    assert!(found.stdout.contains(&newer), "{found:?}");
    assert!(verify(&scimward, new).stdout.starts_with("valid: "));
    let shown = scimward.run(&["token", "show"]).stdout;
    assert!(shown.starts_with("Sync: Switching\n"), "{shown}");
    assert!(shown.contains(old_id) && shown.contains(new_id), "{shown}");
    let shown = scimward.run(&["token", "show", "--json"]).stdout;
    let shown: serde_json::Value = serde_json::from_str(&shown).expect("JSON");
    assert_eq!((&shown["token_id"], &shown["old"]["token_id"]), (&new_id.into(), &old_id.into()));
    assert_eq!(shown["sync"]["state"], "switching");
    assert_eq!(shown["old"]["ends_at"], shown["old"]["ends_at_latest"]);

    let again = scimward.run(&["token", "generate", "--keep-current", "--json"]).stdout;
    let again: serde_json::Value = serde_json::from_str(&again).expect("JSON");
    assert_eq!((&again["replaced"], &again["kept"]), (&new_id.into(), &old_id.into()));
    assert_eq!(again["kept_until"], shown["old"]["ends_at_latest"]);
    assert!(verify(&scimward, new).stdout.starts_with("replaced: "));
    let revoked = scimward.run(&["token", "revoke", "--old"]);
    let newest = again["token_id"].as_str().unwrap();
    let said = format!("Revoked the old token {old_id}. The new token {newest} stays valid.");
    assert!(revoked.code == 0 && revoked.stdout.starts_with(&said), "{revoked:?}");
    let ended = verify(&scimward, &old);
    assert!(ended.code == 1 && ended.stdout.starts_with("replaced: "), "{ended:?}");
    assert_eq!(verify(&scimward, again["token"].as_str().unwrap()).code, 0);
}

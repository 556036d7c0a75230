//! `scimward key`.

use serde_json::Value;

use crate::support::database::Database;
use crate::support::on_each_database;
use crate::support::process::Scimward;

on_each_database!(keys_are_made_listed_and_revoked_without_a_browser);

fn keys_are_made_listed_and_revoked_without_a_browser(database: &Database) {
    let scimward = Scimward::on(database);
    assert!(scimward.run(&["key", "list"]).stdout.contains("no API key yet"));

    let made = scimward.run(&[
        "key",
        "add",
        "--name",
        " Terraform  prod ",
        "--scope",
        "replace",
        "--months",
        "3",
    ]);
    let key = made.stdout.strip_suffix('\n').expect("one line");
    assert!(key.len() == 63 && key.starts_with("scimk_"), "{key}");
    assert!(!made.stderr.contains(key) && made.stderr.contains("Terraform prod"), "{made:?}");
    let id = &key[6..14];
    let stored = database.ask("SELECT id || digest || name || created_by FROM api_keys").join("");
    assert!(stored.contains("Terraform prod") && !stored.contains(&key[14..57]), "{stored}");

    let json = scimward
        .run(&["key", "add", "--name", "Grafana", "--scope", "read", "--months", "12", "--json"]);
    let json: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!((json["scope"].as_str(), json["status"].as_str()), (Some("read"), Some("active")));
    assert!(json["key"].as_str().is_some_and(|key| key.len() == 63), "{json}");

    let listed = scimward.run(&["key", "list"]).stdout;
    assert_eq!(listed.lines().count(), 2, "{listed}");
    assert!(listed.contains(id) && !listed.contains(&key[14..57]), "{listed}");

    let revoked = scimward.run(&["key", "revoke", id]);
    assert!(revoked.code == 0 && revoked.stdout.contains("Terraform prod"), "{revoked:?}");
    assert_eq!(database.ask("SELECT name FROM api_keys WHERE digest IS NOT NULL"), ["Grafana"]);
    let again = scimward.run(&["key", "revoke", id]);
    assert!(again.code == 1 && again.stderr.contains("nothing was changed"), "{again:?}");
    assert_eq!(scimward.run(&["key", "revoke", "00000000"]).code, 1);
    let listed = scimward.run(&["key", "list", "--json"]).stdout;
    let listed: Value = serde_json::from_str(&listed).unwrap();
    let statuses: Vec<_> =
        listed.as_array().unwrap().iter().map(|key| key["status"].as_str().unwrap()).collect();
    assert!(statuses.contains(&"active") && statuses.contains(&"revoked"), "{statuses:?}");

    for wrong in [
        &["--name", "", "--scope", "read", "--months", "3"][..],
        &["--name", "a\u{202e}b", "--scope", "read", "--months", "3"],
        &["--name", "x", "--scope", "write", "--months", "3"],
        &["--name", "x", "--scope", "read", "--months", "4"],
        &["--name", "x", "--scope", "read"],
        &["--name", "x", "--months", "3"],
    ] {
        let ended = scimward.run(&[&["key", "add"][..], wrong].concat());
        assert_eq!((ended.code, ended.stdout.as_str()), (2, ""), "{wrong:?} {ended:?}");
    }
    assert_eq!(database.ask("SELECT id FROM api_keys").len(), 2);
}

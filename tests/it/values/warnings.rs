//! What is possible and dangerous is said at every start and by `config check`.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::Value;

use crate::support::database::{Database, Engine};
use crate::support::process::Scimward;

/// Says the same in three ways: what is dangerous.
fn warnings(scimward: &Scimward) -> Vec<String> {
    let warned = checked(scimward);
    assert_eq!(logged(&scimward.serve().stop().stderr), warned);
    warned
}

/// The warnings of `config check`, which says the same to people and to programs.
fn checked(scimward: &Scimward) -> Vec<String> {
    let text = scimward.run(&["config", "check"]);
    assert_eq!(text.code, 0, "{text:?}");
    let warned = text.stderr.lines().filter_map(|line| line.strip_prefix("scimward: warning: "));
    let warned: Vec<_> = warned.map(str::to_owned).collect();
    let json = scimward.run(&["config", "check", "--json"]).stdout;
    let json: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["warnings"], Value::from(warned.clone()));
    warned
}

/// The warnings in the log of a server.
fn logged(log: &str) -> Vec<String> {
    let lines = log.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let logged = lines.filter(|line| line["level"] == "WARN");
    logged.map(|line| line["fields"]["message"].as_str().unwrap().to_owned()).collect()
}

fn write(folder: &Path, name: &str, text: &str, mode: u32) -> String {
    let path = folder.join(name);
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
    path.display().to_string()
}

#[test]
fn a_dangerous_setting_is_said_and_a_safe_one_is_not() {
    let database = Database::fresh(Engine::Sqlite);
    let bare = Scimward::on(&database);
    assert_eq!(warnings(&bare), Vec::<String>::new());

    for (name, dangerous, safe) in [
        ("SCIMWARD_TRUSTED_PROXIES", "10.0.0.0/8,0.0.0.0/0", "10.0.0.0/8"),
        ("SCIMWARD_TRUSTED_PROXIES", "::/0", "2001:db8::/32"),
        ("SCIMWARD_METRICS_LISTEN", "0.0.0.0:0", "127.0.0.1:0"),
        ("SCIMWARD_METRICS_LISTEN", "[::]:0", "[::1]:0"),
        ("SCIMWARD_PUBLIC_URL", "http://scim.example.com", "https://scim.example.com"),
        ("SCIMWARD_PUBLIC_URL", "http://192.0.2.1:8080", "http://localhost:8080"),
        ("SCIMWARD_PUBLIC_URL", "http://[2001:db8::1]", "http://[::1]:8080"),
        ("SCIMWARD_SCIM_BASE_URL", "https://scim_a.example.com/v2", "https://scim.example.com/v2"),
    ] {
        let warned = warnings(&bare.clone().with(name, dangerous));
        assert!(matches!(&*warned, [one] if one.starts_with(name)), "{dangerous}: {warned:?}");
        assert_eq!(warnings(&bare.clone().with(name, safe)), Vec::<String>::new(), "{safe}");
    }
}

#[test]
fn a_secret_that_every_user_can_read_is_said() {
    let database = Database::fresh(Engine::Sqlite);
    let folder = database.folder();
    let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let cert = write(folder, "cert.pem", &own.cert.pem(), 0o644);
    let key = own.signing_key.serialize_pem();
    let smtp = "smtp://ward:secret@127.0.0.1:1\n";
    for (mode, is_said) in [(0o600, false), (0o640, false), (0o644, true), (0o604, true)] {
        let key = write(folder, "key.pem", &key, mode);
        let https = Scimward::on(&database)
            .with("SCIMWARD_TLS_CERT", &cert)
            .with("SCIMWARD_TLS_KEY", &key)
            .with("SCIMWARD_PUBLIC_URL", "https://localhost");
        let smtp = write(folder, "smtp", smtp, mode);
        let mail = Scimward::on(&database)
            .with("SCIMWARD_SMTP_URL_FILE", &smtp)
            .with("SCIMWARD_MAIL_FROM", "scim@example.com");
        let text = "mail_from = \"scim@example.com\"\n\
                    smtp_url = \"smtp://ward:secret@127.0.0.1:1\"\n";
        let file = write(folder, "scimward.toml", text, mode);
        let configured = Scimward::on(&database);
        for (scimward, name, path) in [
            (https, "SCIMWARD_TLS_KEY", &key),
            (mail, "SCIMWARD_SMTP_URL", &smtp),
            (configured, "SCIMWARD_SMTP_URL", &"scimward.toml".to_owned()),
        ] {
            let warned = warnings(&scimward);
            let said =
                warned.iter().any(|one| one.starts_with(name) && one.contains(path.as_str()));
            assert_eq!(said, is_said, "{name} {mode:o}: {warned:?}");
            assert!(warned.iter().all(|one| !one.contains("secret")), "{warned:?}");
        }
        fs::remove_file(file).unwrap();
    }
}

#[test]
fn a_configuration_that_every_user_can_change_is_said() {
    let database = Database::fresh(Engine::Sqlite);
    let text = "notify_at = \"08:00\"\n";
    for (mode, is_said) in [(0o644, false), (0o664, false), (0o646, true), (0o666, true)] {
        write(database.folder(), "scimward.toml", text, mode);

        let warned = warnings(&Scimward::on(&database));

        let said = warned.iter().any(|one| one.contains("can change scimward.toml"));
        assert_eq!((said, warned.len()), (is_said, usize::from(is_said)), "{mode:o}: {warned:?}");
    }
}

#[test]
fn a_database_server_that_is_not_verified_is_said() {
    let folder = Database::fresh(Engine::Sqlite);
    // Nothing listens on port 1. To Linux 0.0.0.0 is this machine; here it counts as another.
    let start = |host: &str, parameters: &str| {
        let url = format!("postgres://ward:hunter2@{host}:1/scim{parameters}");
        let scimward = Scimward::at(&url, folder.folder())
            .with("SCIMWARD_LOG_FORMAT", "json")
            .with("SCIMWARD_DATABASE_WAIT", "0");
        let warned = checked(&scimward);
        let ended = scimward.run(&["serve"]);
        assert_eq!(ended.code, 1, "{ended:?}");
        assert!(!ended.stderr.contains("hunter2"), "{ended:?}");
        let log: Vec<_> = ended.stderr.lines().filter(|line| line.starts_with('{')).collect();
        assert_eq!(logged(&log.join("\n")), warned, "{ended:?}");
        warned
    };

    for mode in ["disable", "allow", "prefer", "require", "verify-ca"] {
        let parameters = format!("?sslmode={mode}");
        let warned = start("0.0.0.0", &parameters);
        let [one] = &*warned else { panic!("{mode}: {warned:?}") };
        assert!(one.starts_with("SCIMWARD_DATABASE_URL: "), "{one}");
        assert!(one.contains(&format!("sslmode={mode} ")) && one.contains("impostor"), "{one}");
        assert_eq!(start("127.0.0.1", &parameters), Vec::<String>::new(), "{mode}");
    }
    for parameters in ["", "?sslmode=verify-full"] {
        assert_eq!(start("0.0.0.0", parameters), Vec::<String>::new(), "{parameters}");
    }
}

//! Values as shells, templates and editors leave them, and passwords that nobody may read.

mod warnings;

use std::path::Path;

use serde_json::Value;

use crate::support::database::{Database, Engine};
use crate::support::process::{Ended, Scimward};

/// Every setting as `config check` shows it: name and value.
fn shown(scimward: &Scimward) -> Vec<(String, Value)> {
    let ended = scimward.run(&["config", "check", "--json"]);
    assert_eq!(ended.code, 0, "{ended:?}");
    let report: Value = serde_json::from_str(&ended.stdout).expect("JSON");
    let lines = report["settings"].as_array().expect("a list").iter();
    lines.map(|line| (line["key"].as_str().unwrap().to_owned(), line["value"].clone())).collect()
}

#[test]
fn an_empty_variable_means_the_default_for_every_setting() {
    let database = Database::fresh(Engine::Sqlite);
    let scimward = Scimward::bare(database.folder());
    let defaults = shown(&scimward);
    assert!(defaults.len() > 20, "{defaults:?}");

    for empty in ["", "\r\n", " "] {
        for (name, _) in &defaults {
            assert_eq!(shown(&scimward.clone().with(name, empty)), defaults, "{name}={empty:?}");
        }
        let all = defaults.iter().fold(scimward.clone(), |all, (name, _)| all.with(name, empty));
        let file = all.clone().with("SCIMWARD_SMTP_URL_FILE", empty);
        assert_eq!(shown(&file), defaults, "all at once, {empty:?}");
        assert_eq!(all.serve().stop().code, 0, "{empty:?}");
    }
}

#[test]
fn what_kubernetes_sets_for_a_service_is_ignored() {
    let database = Database::fresh(Engine::Sqlite);
    let mut scimward = Scimward::bare(database.folder());
    let defaults = shown(&scimward);
    for (service, address, port) in
        [("", "10.96.0.7", "8080"), ("_POSTGRES", "fd00::8", "5432"), ("_HTTP_PORT", "::1", "80")]
    {
        let url = format!("tcp://{address}:{port}");
        for (end, value) in [
            ("_SERVICE_HOST".to_owned(), address),
            ("_SERVICE_PORT".to_owned(), port),
            ("_SERVICE_PORT_HTTP".to_owned(), port),
            ("_PORT".to_owned(), &url),
            (format!("_PORT_{port}_TCP"), &url),
            (format!("_PORT_{port}_TCP_PROTO"), "tcp"),
            (format!("_PORT_{port}_TCP_PORT"), port),
            (format!("_PORT_{port}_TCP_ADDR"), address),
        ] {
            scimward = scimward.with(&format!("SCIMWARD{service}{end}"), value);
        }
    }

    assert_eq!(shown(&scimward), defaults);
    let quiet = scimward.serve().stop();
    assert!(quiet.code == 0 && !quiet.stderr.contains("Kubernetes"), "{quiet:?}");
    let stopped = scimward.clone().with("SCIMWARD_LOG", "debug").serve().stop();
    for part in ["Kubernetes", "SCIMWARD_PORT_8080_TCP_ADDR", "SCIMWARD_POSTGRES_SERVICE_HOST"] {
        assert!(stopped.stderr.contains(part), "{}", stopped.stderr);
    }
    for (name, value) in [
        ("SCIMWARD_PORT", "8080"),
        ("SCIMWARD_SERVICE_NAME", "scimward"),
        ("SCIMWARD_PUBLIC_URI", "https://scim.example.com"),
        ("SCIMWARD_SMTP_PORT", "587"),
    ] {
        let ended = scimward.clone().with(name, value).run(&["serve"]);
        assert_eq!(ended.code, 2, "{ended:?}");
        assert!(ended.stderr.contains(&format!("{name} is not a setting")), "{ended:?}");
    }
}

#[test]
fn a_server_that_does_not_start_says_why_whatever_the_setting_is() {
    let database = Database::fresh(Engine::Sqlite);
    let scimward = Scimward::bare(database.folder());

    for (name, _) in shown(&scimward) {
        for (value, cause) in [("\u{1}", "U+0001"), ("\u{feff}x", "byte order"), ("a\tb", "U+0009")]
        {
            let ended = scimward.clone().with(&name, value).run(&["serve"]);

            assert_eq!((ended.code, &*ended.stdout), (2, ""), "{name}: {ended:?}");
            assert!(ended.stderr.contains(&name) && ended.stderr.contains(cause), "{ended:?}");
        }
    }
    assert!(is_empty(database.folder()), "something was made");
}

fn is_empty(folder: &Path) -> bool {
    std::fs::read_dir(folder).unwrap().next().is_none()
}

/// The places where a setting can be written, each with a database URL.
fn everywhere(folder: &Path, url: &str) -> Vec<(&'static str, Ended)> {
    let bare = Scimward::bare(folder);
    let show = ["token", "expiry"];
    let environment = bare.clone().with("SCIMWARD_DATABASE_URL", url).run(&show);
    let flag = bare.run(&[&show[..], &["--database-url", url]].concat());
    let secret = folder.join("secret");
    std::fs::write(&secret, url).unwrap();
    let file = format!("{}\r\n", secret.display());
    let file = bare.clone().with("SCIMWARD_DATABASE_URL_FILE", &file).run(&show);
    let text = toml::Table::from_iter([("database_url".to_owned(), url.into())]).to_string();
    let toml = folder.join("own.toml");
    std::fs::write(&toml, text).unwrap();
    let toml = bare.run(&[&show[..], &["--config", toml.to_str().unwrap()]].concat());
    vec![("environment", environment), ("flag", flag), ("file", file), ("toml", toml)]
}

#[test]
fn what_is_left_around_a_value_opens_no_other_database() {
    let database = Database::fresh(Engine::Sqlite);
    let scimward = Scimward::on(&database);
    assert_eq!(scimward.run(&["token", "generate"]).code, 0);
    let (url, folder) = (database.url(), database.folder());
    let files = || std::fs::read_dir(folder).unwrap().count();
    for trimmed in [format!("{url}\r"), format!("\r\n{url}\r\n"), format!(" {url} \u{a0}\n")] {
        for (place, ended) in everywhere(folder, &trimmed) {
            assert_eq!(ended.code, 0, "{trimmed:?} in {place}: {ended:?}");
        }
    }
    let before = files();
    let path = url.strip_prefix("sqlite:").unwrap();
    for (refused, cause) in [
        (format!("{url}\t"), "U+0009"),
        (format!("{url}\u{7f}"), "U+007F"),
        (format!("\u{feff}{url}"), "byte order mark"),
        (format!("\"{url}\""), "quotation marks"),
        (format!("'{url}'\r\n"), "quotation marks"),
        (format!("sqlite:\"{path}\""), "quotation marks"),
        (format!("{url}\n{url}2"), "one line"),
        (format!("{url}\u{200b}"), "U+200B"),
        (format!("{url}?mode=rwc"), "?options"),
    ] {
        for (place, ended) in everywhere(folder, &refused) {
            assert_eq!((ended.code, &*ended.stdout), (2, ""), "{refused:?} in {place}: {ended:?}");
            assert!(ended.stderr.contains(cause), "{refused:?} in {place}: {}", ended.stderr);
        }
    }
    assert_eq!(files(), before, "another database was made");
}

#[test]
fn a_secret_file_that_is_empty_is_not_taken_for_the_default() {
    let database = Database::fresh(Engine::Sqlite);
    let secret = database.folder().join("secret");
    std::fs::write(&secret, "\r\n").unwrap();
    let scimward = Scimward::bare(database.folder());

    let secret = secret.display().to_string();
    let ended = scimward.with("SCIMWARD_DATABASE_URL_FILE", &secret).run(&["token", "show"]);

    assert!(ended.code == 2 && ended.stderr.contains("is empty"), "{ended:?}");
}

#[test]
fn no_part_of_a_password_is_printed_however_it_is_written() {
    let database = Database::fresh(Engine::Sqlite);
    let scimward = Scimward::bare(database.folder());
    for password in ["Tr0ub@SECRET", "Tr0ub/SECRET", "1/SECRET", "2?SECRET", "3#SECRET", "@SECRET@"]
    {
        for (name, url) in [
            ("SCIMWARD_DATABASE_URL", format!("postgres://ward:{password}@127.0.0.1/db")),
            ("SCIMWARD_DATABASE_URL", format!("postgresql://ward:{password}@a:1,b:2/db?sslmode=x")),
            ("SCIMWARD_SMTP_URL", format!("smtp://ward:{password}@mail.example.com:587")),
            ("SCIMWARD_SMTP_URL", format!("smtps://ward:{password}@mail.example.com?tls=none")),
        ] {
            for arguments in [&["config", "check"][..], &["config", "check", "--json"], &["serve"]]
            {
                let scimward = scimward.clone().with(name, &url).with("SCIMWARD_LOG", "trace");
                let ended = scimward.run(arguments);
                let all = format!("{}{}", ended.stdout, ended.stderr);

                assert_ne!(ended.code, 0, "{url}: {all}");
                assert!(all.contains(name) && all.contains("%40 for @"), "{url}: {all}");
                assert!(!all.contains("SECRET") && !all.contains("Tr0ub"), "{url}: {all}");
                assert!(!all.contains("is right"), "{url}: {all}");
            }
        }
    }
}

#[test]
fn links_never_name_every_address() {
    let database = Database::fresh(Engine::Sqlite);
    let scimward = Scimward::on(&database).with("SCIMWARD_ALLOW_PLAIN_HTTP", "true");
    for listen in ["0.0.0.0:0", "[::]:0", "[::ffff:0.0.0.0]:0"] {
        let everywhere = scimward.clone().with("SCIMWARD_LISTEN", listen);
        for settings in [everywhere.clone(), everywhere.clone().with("SCIMWARD_PUBLIC_URL", "")] {
            let ended = settings.run(&["serve"]);

            assert_eq!((ended.code, &*ended.stdout), (2, ""), "{listen}: {ended:?}");
            assert!(ended.stderr.contains("SCIMWARD_PUBLIC_URL"), "{listen}: {ended:?}");
        }
        let named = everywhere.with("SCIMWARD_PUBLIC_URL", "http://scim.example.com");
        assert_eq!(named.run(&["config", "check"]).code, 0, "{listen}");
    }
    for url in ["http://0.0.0.0:8080", "https://[::]"] {
        let ended = scimward.clone().with("SCIMWARD_PUBLIC_URL", url).run(&["config", "check"]);
        assert!(ended.code == 1 && ended.stderr.contains("nobody can reach"), "{url}: {ended:?}");
    }
}

#[test]
fn activity_is_kept_for_at_least_a_day() {
    let database = Database::fresh(Engine::Sqlite);
    for days in ["0", "-1", "1.5", "65536", "4294967295"] {
        let scimward = Scimward::on(&database).with("SCIMWARD_ACTIVITY_RETENTION_DAYS", days);

        let ended = scimward.run(&["serve"]);

        assert!(ended.code == 2 && ended.stderr.contains("from 1 to 65535"), "{days}: {ended:?}");
    }
    let longest = Scimward::on(&database).with("SCIMWARD_ACTIVITY_RETENTION_DAYS", "65535");
    assert_eq!(longest.serve().stop().code, 0);
}

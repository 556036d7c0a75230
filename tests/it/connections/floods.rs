//! Floods of the built server with its own limits: machines are answered meanwhile.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::*;
use crate::support::http::Request;
use crate::support::on_each_database;
use crate::support::process::Scimward;

const FORM_HEAD: &str = "POST /login HTTP/1.1\r\nHost: x\r\n\
                         Content-Type: application/x-www-form-urlencoded\r\n";

on_each_database!(
    half_sent_forms_delay_no_machine,
    half_sent_chunks_delay_no_machine,
    silence_delays_no_machine,
    half_sent_heads_delay_no_machine,
);

fn half_sent_forms_delay_no_machine(database: &Database) {
    let sized = format!("{FORM_HEAD}Content-Length: 100\r\n\r\nemail=");
    machines_are_answered_during(database, &[(1074, &sized), (5000, &sized)]);
}

fn half_sent_chunks_delay_no_machine(database: &Database) {
    let chunked = format!("{FORM_HEAD}Transfer-Encoding: chunked\r\n\r\n5\r\nemail");
    machines_are_answered_during(database, &[(1074, &*chunked)]);
}

fn silence_delays_no_machine(database: &Database) {
    machines_are_answered_during(database, &[(5000, "")]);
}

fn half_sent_heads_delay_no_machine(database: &Database) {
    machines_are_answered_during(database, &[(2000, "GET /login HTTP")]);
}

/// Floods a server, each time with so many connections on which this is sent.
fn machines_are_answered_during(database: &Database, floods: &[(usize, &str)]) {
    let given = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: given.maximum, ..given }).expect("files");
    let scimward = Scimward::on(database);
    let token = scimward.run(&["token", "generate"]).stdout;
    let authorization = format!("Bearer {}", token.trim_end());
    let validate =
        Request::new("GET", "/v1/token/validate").header("Authorization", &authorization);
    for (count, sent) in floods {
        // No more can be asked for.
        let server = scimward.clone().through(&["prlimit", "--nofile=1024:1024"]).serve();
        validate.send(server.address).expect(200);
        let flood: Vec<_> = (0..*count)
            .map(|_| {
                let mut stream = connect(server.address);
                // The server may have closed it already.
                let _ = stream.write_all(sent.as_bytes());
                stream
            })
            .collect();

        for _ in 0..50 {
            validate.send(server.address).expect(200);
        }
        drop(flood);
        assert_eq!(server.stop().code, 0, "{count} {sent:?}");
    }
}

#[test]
fn as_many_files_may_be_open_as_the_system_allows() {
    let database = Database::fresh(Engine::Sqlite);
    let scimward = Scimward::on(&database).with("SCIMWARD_LOG", "debug");
    let server = scimward.through(&["prlimit", "--nofile=256:"]).serve();
    let hard = getrlimit(Resource::Nofile).maximum.expect("Linux has a limit").to_string();

    let limits = std::fs::read_to_string(format!("/proc/{}/limits", server.id())).unwrap();

    let line = limits.lines().find(|line| line.starts_with("Max open files")).expect("a line");
    assert_eq!(line.split_whitespace().nth(3), Some(&*hard), "{line}");
    let log = server.stop().stderr;
    assert!(log.contains(&format!(r#""open_files":{hard}"#)), "{log}");
}

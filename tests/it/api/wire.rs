//! What happens below the methods: versions of HTTP, long heads, bodies that nobody reads.

use std::io::BufReader;
use std::io::Write;
use std::net::TcpStream;

use super::parsing::read_one;
use super::*;
use crate::support::http::raw;

#[test]
fn http_1_0_is_spoken_as_reverse_proxies_do() {
    let contract = Contract::start(&[]);
    let text = format!(
        "GET /forward-auth HTTP/1.0\r\nAuthorization: {}\r\nConnection: close\r\n\r\n",
        contract.bearer()
    );

    let with_token = raw(contract.app.address, text.as_bytes());
    let without = raw(contract.app.address, b"GET /v1/token/validate HTTP/1.0\r\n\r\n");

    assert_eq!(with_token.status, 200);
    assert_error(&without, 401, Some(NO_TOKEN));
}

#[test]
fn a_head_that_is_too_large_is_refused_and_only_its_connection_closed() {
    let contract = Contract::start(&[]);
    let mut other = TcpStream::connect(contract.app.address).unwrap();
    let mut reader = BufReader::new(other.try_clone().unwrap());
    let good = format!(
        "GET {VALIDATE} HTTP/1.1\r\nHost: x\r\nAuthorization: {}\r\n\r\n",
        contract.bearer()
    );
    other.write_all(good.as_bytes()).unwrap();
    assert_eq!(read_one(&mut reader).status, 200);

    for path in [VALIDATE, USERS, FORWARD_AUTH, "/scim/v2/Schemas", "/v1/nothing"] {
        for size in [17 * 1024, 40 * 1024, 120 * 1024] {
            let padding = "x".repeat(size);
            let request = Request::new("GET", path)
                .header("Authorization", &contract.bearer())
                .header("Connection", "keep-alive")
                .header("X-Padding", &padding);
            // The answer is complete only because the connection is closed.
            let response = contract.send(&request);
            assert_error(&response, 431, None);
            assert_eq!(response.header("Connection"), Some("close"));
        }
    }
    let below = Request::new("GET", VALIDATE).header("X-Padding", &"x".repeat(15 * 1024));
    contract.send(&below.header("Authorization", &contract.bearer())).expect(200);

    other.write_all(good.as_bytes()).unwrap();
    assert_eq!(read_one(&mut reader).status, 200);
}

#[test]
fn too_many_fields_are_refused_and_the_connection_closed() {
    let contract = Contract::start(&[]);
    let with_fields = |count: usize| {
        let fields: Vec<_> = (0..count).map(|number| format!("X-{number}: y\r\n")).collect();
        let fields = fields.concat();
        let text = format!(
            "GET {VALIDATE} HTTP/1.1\r\nHost: x\r\nAuthorization: {}\r\n{fields}\r\n",
            contract.bearer()
        );
        raw(contract.app.address, text.as_bytes())
    };
    assert_eq!(with_fields(200).status, 431);
    assert_eq!(with_fields(101).status, 431);
}

#[test]
fn a_body_that_nobody_reads_does_no_harm() {
    let contract = Contract::start(&[]);
    for (method, path, status) in
        [("POST", VALIDATE, 405), ("POST", USERS, 501), ("PUT", "/forward-auth/x", 200)]
    {
        let request = Request::new(method, path)
            .body("application/json", vec![b'x'; 100_000])
            .header("Authorization", &contract.bearer());
        assert_eq!(contract.send(&request).status, status, "{method} {path}");
    }
}

#[test]
fn a_connection_is_kept_for_many_requests() {
    let contract = Contract::start(&[]);
    let mut stream = TcpStream::connect(contract.app.address).unwrap();
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut ids = std::collections::HashSet::new();
    for authorization in [contract.bearer(), "Bearer x".to_owned()].iter().cycle().take(40) {
        let text =
            format!("GET {VALIDATE} HTTP/1.1\r\nHost: x\r\nAuthorization: {authorization}\r\n\r\n");
        stream.write_all(text.as_bytes()).unwrap();

        let response = read_one(&mut reader);

        assert!(ids.insert(response.header("X-Request-Id").unwrap().to_owned()));
    }
}

//! Bodies that do not arrive.

use super::*;
use crate::support::http::exchange;

#[test]
fn a_body_that_does_not_arrive_is_answered_and_its_connection_closed() {
    let application = ("SCIMWARD_INTROSPECTION_CLIENTS", "app:0123456789abcdef0123456789abcdef");
    let server = Limited::with(&[application], Limits { body: SOON, ..no_limits() });
    let cookie = format!("Cookie: {}", server.app.admin("Ada").cookie_header());
    let basic = "Authorization: Basic YXBwOjAxMjM0NTY3ODlhYmNkZWYwMTIzNDU2Nzg5YWJjZGVm";
    for (path, header) in [
        ("/login", "X: y"),
        ("/setup", "X: y"),
        ("/admin/server-admins/invite", &*cookie),
        ("/oauth2/introspect", basic),
    ] {
        for (length, sent) in [
            ("Content-Length: 100", ""),
            ("Content-Length: 100", "token=x"),
            ("Transfer-Encoding: chunked", ""),
            ("Transfer-Encoding: chunked", "3\r\na=b\r\n"),
            ("Transfer-Encoding: chunked", "3\r\na="),
        ] {
            let head = format!("POST {path} HTTP/1.1\r\nHost: x\r\n{header}\r\n{FORM}\r\n{length}");
            let answer = exchange(server.connect(), format!("{head}\r\n\r\n{sent}").as_bytes());

            assert_eq!(answer.status, 408, "{path} {length} {sent:?}");
            assert_eq!(answer.header("Connection"), Some("close"), "{path} {length} {sent:?}");
        }
    }
}

#[test]
fn a_trickling_body_does_not_hold_its_connection() {
    let server = Limited::start(Limits { body: SOON, ..no_limits() });
    // A form is refused when its time or its size is reached.
    let limits = [408, 413];
    for (path, expected) in [("/login", limits), ("/v1/token/validate", [405; 2]), ("/x", [404; 2])]
    {
        let head =
            format!("POST {path} HTTP/1.1\r\nHost: x\r\n{FORM}\r\nTransfer-Encoding: chunked");
        let mut stream = server.connect();
        write!(stream, "{head}\r\n\r\n").unwrap();
        let mut sending = stream.try_clone().unwrap();
        let client = std::thread::spawn(move || while sending.write_all(b"1\r\nx\r\n").is_ok() {});

        let answer = Response::parse(&rest(&mut stream));

        assert!(expected.contains(&answer.status), "{path}: {}", answer.status);
        assert_eq!(answer.header("Connection"), Some("close"), "{path}");
        // It ends because the connection does.
        client.join().expect("the client");
    }
}

#[test]
fn a_body_that_is_read_keeps_its_connection() {
    let server = Limited::start(no_limits());
    let mut stream = server.connect();
    for body in
        ["Content-Length: 3\r\n\r\na=b", "Transfer-Encoding: chunked\r\n\r\n3\r\na=b\r\n0\r\n\r\n"]
    {
        let request = format!("POST /login HTTP/1.1\r\nHost: x\r\n{FORM}\r\n{body}");
        assert_eq!(ask(&mut stream, &request).status, 422);
    }
}

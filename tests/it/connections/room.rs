//! Who makes room for new connections.

use super::*;

/// Connects and waits until the connection counts: its predecessors are known by then.
fn silent(server: &Limited) -> TcpStream {
    let mut stream = server.connect();
    assert_eq!(ask(&mut stream, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").status, 200);
    stream
}

/// Whether a connection is still answered.
fn is_open(stream: &mut TcpStream) -> bool {
    let request = b"HEAD /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
    stream.write_all(request).is_ok() && stream.read(&mut [0; 1024]).is_ok_and(|read| read > 0)
}

#[test]
fn the_oldest_that_has_shown_nothing_makes_room() {
    let server = Limited::start(Limits { total: 3, per_source: 100, ..no_limits() });
    let mut first: Vec<_> = (0..3).map(|_| silent(&server)).collect();

    let mut fourth = silent(&server);

    assert_eq!(rest(&mut first[0]), b"");
    assert!(is_open(&mut first[1]) && is_open(&mut first[2]) && is_open(&mut fourth));
    let mut half_sent = server.connect();
    write!(half_sent, "POST /login HTTP/1.1\r\nHost: x\r\n{FORM}\r\nContent-Length: 9\r\n\r\n")
        .unwrap();
    assert_eq!(rest(&mut first[1]), b"");
    drop(silent(&server));
    assert_eq!(rest(&mut first[2]), b"");
}

#[test]
fn who_has_shown_something_valid_keeps_the_connection() {
    let application = ("SCIMWARD_INTROSPECTION_CLIENTS", "app:0123456789abcdef0123456789abcdef");
    let limits = Limits { total: 5, per_source: 100, ..no_limits() };
    let server = Limited::with(&[application], limits);
    let cookie = server.app.admin("Ada").cookie_header();
    let form =
        "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 7\r\n\r\ntoken=x";
    let basic = "Authorization: Basic YXBwOjAxMjM0NTY3ODlhYmNkZWYwMTIzNDU2Nzg5YWJjZGVm";
    let valid = [
        server.valid(),
        format!("GET /admin/authentication HTTP/1.1\r\nHost: x\r\nCookie: {cookie}\r\n\r\n"),
        format!("POST /oauth2/introspect HTTP/1.1\r\nHost: x\r\n{basic}\r\n{form}"),
    ];
    let mut proven: Vec<_> = valid
        .iter()
        .map(|request| {
            let mut stream = server.connect();
            assert_eq!(ask(&mut stream, request).status, 200, "{request}");
            stream
        })
        .collect();

    for _ in 0..20 {
        silent(&server);
    }

    for (stream, request) in proven.iter_mut().zip(&valid) {
        assert_eq!(ask(stream, request).status, 200, "{request}");
    }
}

#[test]
fn there_is_no_room_when_all_have_shown_something_valid() {
    let server = Limited::start(Limits { total: 2, per_source: 100, ..no_limits() });
    let mut proven = [server.connect(), server.connect()];
    for stream in &mut proven {
        assert_eq!(ask(stream, &server.valid()).status, 200);
    }

    assert_eq!(rest(&mut server.connect()), b"");

    for mut stream in proven {
        assert_eq!(ask(&mut stream, &server.valid()).status, 200);
    }
}

#[test]
fn a_source_makes_room_for_itself_only() {
    let server = Limited::start(Limits { per_source: 2, ..no_limits() });
    let silent = |source| {
        let mut stream = connect_from(&server.app, source);
        assert_eq!(ask(&mut stream, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").status, 200);
        stream
    };
    let mut other = silent("127.0.0.2");
    let mut proven = connect_from(&server.app, "127.0.0.3");
    assert_eq!(ask(&mut proven, &server.valid()).status, 200);

    let mut many: Vec<_> = (0..20).map(|_| silent("127.0.0.3")).collect();

    let (last, dropped) = many.split_at_mut(18);
    assert!(last.iter_mut().all(|stream| rest(stream).is_empty()));
    assert!(dropped.iter_mut().all(is_open));
    assert!(is_open(&mut other));
    assert_eq!(ask(&mut proven, &server.valid()).status, 200);
}

#[test]
fn trusted_proxies_are_not_counted_by_source() {
    let settings = [("SCIMWARD_TRUSTED_PROXIES", "127.0.0.1")];
    let server = Limited::with(&settings, Limits { per_source: 2, ..no_limits() });
    let mut many: Vec<_> = (0..20).map(|_| silent(&server)).collect();
    assert!(many.iter_mut().all(is_open));
}

#[test]
fn connections_to_the_metrics_are_limited_too() {
    let settings = [("SCIMWARD_METRICS_LISTEN", "127.0.0.1:0")];
    let server = Limited::with(&settings, Limits { head: SOON, ..no_limits() });
    let metrics = server.app.metrics_address.expect("an address");
    let mut silent: Vec<_> = (0..100).map(|_| connect(metrics)).collect();
    let answer = ask(&mut connect(metrics), "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_eq!(answer.status, 200);
    assert!(silent.iter_mut().all(|stream| rest(stream).is_empty()));
}

//! Offers to speak another protocol, as Java's HTTP client makes them.

use super::*;

#[test]
fn an_offer_of_another_protocol_is_ignored_and_the_connection_kept() {
    let server = Limited::start(no_limits());
    let mut stream = server.connect();
    let authorization = format!("Authorization: Bearer {}", server.token);
    for offer in [
        "Connection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABk\r\nUpgrade: h2c",
        "connection: keep-alive, upgrade\r\nupgrade: h2c",
        "Upgrade: websocket\r\nConnection: UPGRADE\r\nSec-WebSocket-Version: 13",
        "Upgrade: websocket",
        "Upgrade: TLS/1.2\r\nConnection: Upgrade",
    ] {
        let request = format!(
            "GET /v1/token/validate HTTP/1.1\r\nHost: x\r\n{offer}\r\n{authorization}\r\n\r\n"
        );
        let halves = request.split_at(request.find("pgrade").unwrap() + 3);
        for parts in [vec![&*request], vec![halves.0, halves.1]] {
            for part in &parts[..parts.len() - 1] {
                stream.write_all(part.as_bytes()).unwrap();
            }
            let answer = ask(&mut stream, parts[parts.len() - 1]);

            assert_eq!(answer.status, 200, "{offer}");
            assert_eq!(answer.header("Connection"), None, "{offer}");
            assert_eq!(answer.header("Upgrade"), None, "{offer}");
        }
    }
    let form = "POST /login HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\
                Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 3\r\n\r\na=b";
    assert_eq!(ask(&mut stream, form).status, 422);
    assert_eq!(ask(&mut stream, &server.valid()).status, 200);
}

#[test]
fn an_offer_among_requests_that_were_sent_ahead_is_not_taken_up() {
    let server = Limited::start(no_limits());
    let mut stream = server.connect();
    let offer = "Connection: Upgrade\r\nUpgrade: websocket";
    let ahead = format!("GET /healthz HTTP/1.1\r\nHost: x\r\n{offer}\r\n\r\n");
    let last = "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    stream.write_all(format!("{}{ahead}{last}", server.valid()).as_bytes()).unwrap();

    let answers = String::from_utf8(rest(&mut stream)).expect("text");

    assert_eq!(answers.matches("HTTP/1.1 200 OK").count(), 3, "{answers}");
    assert!(!answers.to_ascii_lowercase().contains("upgrade"), "{answers}");
}

#[test]
fn an_offer_behind_the_body_of_a_request_is_not_taken_up() {
    let server = Limited::start(no_limits());
    let offers = [
        "Connection: Upgrade\r\nUpgrade: websocket",
        "Connection: keep-alive, Upgrade, HTTP2-Settings\r\nUpgrade: h2c",
        "Upgrade: websocket",
    ];
    let authorization = format!("Authorization: Bearer {}", server.token);
    let body = "{\"upgrade\":\r\nUpgrade: websocket\r\n\r\n}";
    let bodies = [
        format!("Content-Length: {}\r\n\r\n{body}", body.len()),
        format!(
            "Transfer-Encoding: chunked\r\n\r\n{:x};upgrade\r\n{body}\r\n0\r\n\r\n",
            body.len()
        ),
    ];
    for (offer, body) in offers.iter().flat_map(|offer| bodies.iter().map(move |b| (offer, b))) {
        let with_body =
            format!("POST /forward-auth HTTP/1.1\r\nHost: x\r\n{authorization}\r\n{body}");
        let ahead = format!(
            "GET /v1/token/validate HTTP/1.1\r\nHost: x\r\n{offer}\r\n{authorization}\r\n\r\n"
        );
        let last = "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
        let all = format!("{with_body}{ahead}{with_body}{ahead}{last}");
        // All at once, and with every part of a head in a packet of its own.
        for places in [&[][..], &[30, 200, 330], &[all.len() - 130, all.len() - 100]] {
            let mut stream = server.connect();
            stream.set_nodelay(true).unwrap();
            let mut sent = 0;
            for place in places.iter().copied().chain([all.len()]) {
                stream.write_all(&all.as_bytes()[sent..place]).unwrap();
                sent = place;
            }

            let answers = String::from_utf8(rest(&mut stream)).expect("text");

            assert_eq!(answers.matches("HTTP/1.1 200 OK").count(), 5, "{offer} {body}: {answers}");
            assert!(!answers.to_ascii_lowercase().contains("upgrade"), "{answers}");
        }
    }
}

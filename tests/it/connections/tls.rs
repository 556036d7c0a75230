//! Connections that encrypt, or pretend to.

use std::sync::Arc;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use super::*;

/// An application that serves HTTPS, and a client's configuration for it.
fn encrypted(
    settings: &[(&str, &str)],
    limits: Limits,
    protocols: &[&str],
) -> (Limited, ClientConfig) {
    let database = Database::fresh(Engine::Sqlite);
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let file = |name: &str| database.folder().join(name).display().to_string();
    std::fs::write(file("cert.pem"), made.cert.pem()).unwrap();
    std::fs::write(file("key.pem"), made.signing_key.serialize_pem()).unwrap();
    let (cert, key) = (file("cert.pem"), file("key.pem"));
    let files = [("SCIMWARD_TLS_CERT", &*cert), ("SCIMWARD_TLS_KEY", &*key)];
    let app = TestApp::limited(&database, &[&files, settings].concat(), limits);
    let token = app.generate(6).plain.expose().to_owned();
    let mut roots = RootCertStore::empty();
    roots.add(made.cert.der().clone()).expect("a certificate");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut client = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    client.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
    (Limited { app, token, _database: database }, client)
}

fn shake_hands(
    server: &Limited,
    client: &ClientConfig,
) -> std::io::Result<StreamOwned<ClientConnection, TcpStream>> {
    let name = ServerName::try_from("localhost").expect("a name");
    let client = ClientConnection::new(Arc::new(client.clone()), name).expect("a client");
    let mut stream = StreamOwned::new(client, server.connect());
    while stream.conn.is_handshaking() {
        stream.conn.complete_io(&mut stream.sock)?;
    }
    Ok(stream)
}

#[test]
fn only_http_1_1_is_offered() {
    for (offered, chosen) in [
        (vec!["h2", "http/1.1"], Some(&b"http/1.1"[..])),
        (vec!["http/1.1"], Some(b"http/1.1")),
        (vec![], None),
    ] {
        let (server, client) = encrypted(&[], no_limits(), &offered);
        let stream = shake_hands(&server, &client).expect("a protocol in common");
        assert_eq!(stream.conn.alpn_protocol(), chosen, "{offered:?}");
    }
    let (server, client) = encrypted(&[], no_limits(), &["h2"]);
    assert!(shake_hands(&server, &client).is_err());

    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    let server = Limited::start(no_limits());
    let mut stream = server.connect();
    stream.write_all(preface).unwrap();
    assert_eq!(Response::parse(&rest(&mut stream)).status, 400);
}

#[test]
fn silent_clients_delay_no_handshake() {
    let (server, client) = encrypted(&[], no_limits(), &[]);
    let silent: Vec<_> = (0..600).map(|_| server.connect()).collect();
    let half: Vec<_> = (0..100)
        .map(|_| {
            let mut stream = server.connect();
            stream.write_all(&[22, 3, 1, 2, 0, 1]).unwrap();
            stream
        })
        .collect();

    let mut stream = shake_hands(&server, &client).expect("a handshake");
    stream.write_all(server.valid().as_bytes()).unwrap();

    let mut start = [0; 12];
    stream.read_exact(&mut start).unwrap();
    assert_eq!(&start, b"HTTP/1.1 200");
    drop((silent, half));
}

#[test]
fn a_handshake_or_request_that_does_not_come_ends_its_connection() {
    let (server, client) = encrypted(&[], Limits { head: SOON, ..no_limits() }, &[]);
    assert_eq!(rest(&mut server.connect()), b"");
    let mut half = server.connect();
    half.write_all(&[22, 3, 1, 2, 0, 1]).unwrap();
    assert_eq!(rest(&mut half), b"");

    let mut unused = shake_hands(&server, &client).expect("a handshake");
    // Without a word, and so without a farewell either.
    let ended = unused.read(&mut [0; 100]).expect_err("an end");
    assert_eq!(ended.kind(), std::io::ErrorKind::UnexpectedEof);
}

#[test]
fn an_idle_connection_is_closed_in_form() {
    let settings = [("SCIMWARD_KEEP_ALIVE", "1")];
    let (server, client) = encrypted(&settings, no_limits(), &[]);
    let mut stream = shake_hands(&server, &client).expect("a handshake");
    stream.write_all(server.valid().as_bytes()).unwrap();
    let mut answer = Vec::new();
    // A connection that is merely cut off would be an error.
    stream.read_to_end(&mut answer).expect("a farewell");
    assert_eq!(Response::parse(&answer).status, 200);
}

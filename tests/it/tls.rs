//! HTTPS served by scimward itself.

mod renewal;

use std::collections::BTreeSet;
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::ServerName;
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned, SupportedProtocolVersion,
};

use crate::support::app::TestApp;
use crate::support::database::{Database, Engine};
use crate::support::http::{self, Request};
use crate::support::process::Scimward;

/// Writes a certificate for `localhost` and its key.
fn write_certificate(folder: &Path) -> CertifiedKey<rcgen::KeyPair> {
    let made = generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    std::fs::write(folder.join("cert.pem"), made.cert.pem()).unwrap();
    std::fs::write(folder.join("key.pem"), made.signing_key.serialize_pem()).unwrap();
    made
}

fn connect(
    app: &TestApp,
    trusted: &CertifiedKey<rcgen::KeyPair>,
    version: &'static SupportedProtocolVersion,
) -> StreamOwned<ClientConnection, TcpStream> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.cert.der().clone()).expect("a certificate");
    let config =
        ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_protocol_versions(&[version])
            .expect("a version")
            .with_root_certificates(roots)
            .with_no_client_auth();
    let name = ServerName::try_from("localhost").expect("a name");
    let client = ClientConnection::new(Arc::new(config), name).expect("a client");
    StreamOwned::new(client, http::connect(app.address))
}

#[test]
fn every_answer_over_https_protects_its_host() {
    let database = Database::fresh(Engine::Sqlite);
    let https = ("SCIMWARD_PUBLIC_URL", "https://scim.example.com");
    let app = TestApp::with(&database, &[https]);
    let login = Request::new("GET", "/login").send(app.address).expect(200);
    let (_, asset) = login.text().split_once("href=\"/static/").expect("a style sheet");
    let asset = format!("/static/{}", asset.split('"').next().unwrap());
    let requests = [
        ("GET", "/"),
        ("GET", "/login"),
        ("PUT", "/login"),
        ("POST", "/login"),
        ("GET", "/nothing"),
        ("GET", "/%6cogin"),
        ("GET", "/admin/activity"),
        ("GET", &*asset),
        ("GET", "/static/x/nothing"),
        ("PUT", "/static/x/nothing"),
        ("GET", "/healthz"),
        ("GET", "/readyz"),
        ("GET", "/v1/token/validate"),
        ("OPTIONS", "/scim/v2/Users"),
        ("GET", "/scim/v2/Schemas"),
        ("GET", "/forward-auth"),
        ("POST", "/oauth2/introspect"),
        ("TRACE", "/v1/openapi.json"),
    ];
    let mut statuses = BTreeSet::new();
    for (method, path) in requests {
        let answer = Request::new(method, path).send(app.address);

        statuses.insert(answer.status);
        for (name, value) in [
            ("Strict-Transport-Security", "max-age=63072000; includeSubDomains"),
            ("X-Content-Type-Options", "nosniff"),
            ("Cross-Origin-Resource-Policy", "same-origin"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{name} of {method} {path}");
        }
    }
    for status in [200, 204, 303, 400, 401, 404, 405] {
        assert!(statuses.contains(&status), "{status} is missing: {statuses:?}");
    }
    let plain = TestApp::with(&Database::fresh(Engine::Sqlite), &[]);
    for path in ["/login", "/healthz", "/v1/token/validate"] {
        let answer = Request::new("GET", path).send(plain.address);
        assert_eq!(answer.header("Strict-Transport-Security"), None, "{path}");
    }
}

#[test]
fn a_token_is_accepted_over_tls_1_2_and_1_3() {
    let database = Database::fresh(Engine::Sqlite);
    let trusted = write_certificate(database.folder());
    let file = |name: &str| database.folder().join(name).display().to_string();
    let settings =
        [("SCIMWARD_TLS_CERT", &*file("cert.pem")), ("SCIMWARD_TLS_KEY", &*file("key.pem"))];
    let app = TestApp::with(&database, &settings);
    let token = app.generate(6);
    let authorization = format!("Bearer {}", token.plain.expose());

    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let request = Request::new("GET", "/v1/token/validate");
        let request = request.header("Authorization", &authorization);
        let answer = http::exchange(connect(&app, &trusted, version), &request.bytes(app.address))
            .expect(200);

        assert_eq!(answer.json()["token_id"], token.token.id.as_str());
        assert!(answer.header("Strict-Transport-Security").is_some(), "{version:?}");
    }
}

/// Writes a certificate and its key, and files of every kind that cannot take their place.
fn write_unusable(folder: &Path) {
    let made = write_certificate(folder);
    let write = |name: &str, bytes: &[u8]| {
        std::fs::write(folder.join(name), bytes).unwrap();
    };
    let other = generate_simple_self_signed(["other".to_owned()]).unwrap().signing_key;
    write("empty.pem", b"");
    write("other.pem", other.serialize_pem().as_bytes());
    write("bom.pem", format!("\u{feff}{}", made.signing_key.serialize_pem()).as_bytes());
    let utf16 = made.cert.pem().encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
    write("utf16.pem", &[&[0xff, 0xfe], &*utf16].concat());
    write("cert.der", made.cert.der());
    let pem = |label: &str, head: &str| {
        format!("-----BEGIN {label}-----\n{head}MIIB\n-----END {label}-----\n")
    };
    write("pkcs8.pem", pem("ENCRYPTED PRIVATE KEY", "").as_bytes());
    let head = "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\n";
    write("pkcs1.pem", pem("RSA PRIVATE KEY", head).as_bytes());
}

#[test]
fn a_certificate_that_cannot_be_used_is_named_before_anything_is_served() {
    let database = Database::fresh(Engine::Sqlite);
    write_unusable(database.folder());
    for (cert, key, cause) in [
        ("none.pem", "key.pem", "SCIMWARD_TLS_CERT: none.pem cannot be read"),
        ("cert.pem", "none.pem", "SCIMWARD_TLS_KEY: none.pem cannot be read"),
        ("empty.pem", "key.pem", "SCIMWARD_TLS_CERT: empty.pem cannot be read"),
        ("cert.pem", "empty.pem", "SCIMWARD_TLS_KEY: empty.pem cannot be read"),
        ("key.pem", "key.pem", "SCIMWARD_TLS_CERT: key.pem cannot be read"),
        ("cert.pem", "other.pem", "the key other.pem does not belong to the certificate cert.pem"),
        (
            "cert.pem",
            "cert.pem",
            "SCIMWARD_TLS_KEY: cert.pem cannot be read: it holds a certificate",
        ),
        ("bom.pem", "key.pem", "SCIMWARD_TLS_CERT: bom.pem cannot be read: it begins with a byte"),
        ("cert.pem", "bom.pem", "SCIMWARD_TLS_KEY: bom.pem cannot be read: it begins with a byte"),
        ("utf16.pem", "key.pem", "it is UTF-16"),
        ("cert.der", "key.pem", "SCIMWARD_TLS_CERT: cert.der cannot be read: it is in binary form"),
        (
            "cert.pem",
            "pkcs8.pem",
            "SCIMWARD_TLS_KEY: pkcs8.pem cannot be read: the key is encrypted",
        ),
        (
            "cert.pem",
            "pkcs1.pem",
            "SCIMWARD_TLS_KEY: pkcs1.pem cannot be read: the key is encrypted",
        ),
    ] {
        let scimward = Scimward::on(&database)
            .with("SCIMWARD_LISTEN", "127.0.0.1:0")
            .with("SCIMWARD_TLS_CERT", cert)
            .with("SCIMWARD_TLS_KEY", key);

        let served = scimward.run(&["serve"]);
        let checked = scimward.run(&["config", "check"]);

        for ended in [served, checked] {
            assert_eq!(ended.code, 1, "{cert} {key}: {ended:?}");
            assert!(ended.stderr.contains(cause), "{cert} {key}: {}", ended.stderr);
        }
    }
}

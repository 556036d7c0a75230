//! Which mail servers are trusted, and what is said about others.

use rcgen::{BasicConstraints, CertificateParams, CertifiedKey, IsCa, Issuer, KeyPair};

use crate::support::database::{Database, Engine};
use crate::support::process::Scimward;
use crate::support::smtp::{MailServer, Protection};

/// A certificate for `localhost` as `openssl req -x509` makes it: it is its own authority.
pub(crate) fn own_authority(year: i32) -> CertifiedKey<KeyPair> {
    let mut asked = CertificateParams::new(["localhost".to_owned()]).unwrap();
    asked.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    asked.not_after = rcgen::date_time_ymd(year, 1, 1);
    let signing_key = KeyPair::generate().unwrap();
    let cert = asked.self_signed(&signing_key).unwrap();
    CertifiedKey { cert, signing_key }
}

/// A certificate for `localhost` that an authority has signed, and the authority's.
pub(crate) fn signed() -> (CertifiedKey<KeyPair>, String) {
    let mut asked = CertificateParams::new(["Test authority".to_owned()]).unwrap();
    asked.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let authority = asked.self_signed(&key).unwrap().pem();
    let signing_key = KeyPair::generate().unwrap();
    let cert = CertificateParams::new(["localhost".to_owned()]).unwrap();
    let cert = cert.signed_by(&signing_key, &Issuer::new(asked, key)).unwrap();
    (CertifiedKey { cert, signing_key }, authority)
}

#[test]
fn an_authority_of_ones_own_is_asked_for_and_believed() {
    let database = Database::fresh(Engine::Sqlite);
    let file = |name: &str| database.folder().join(name).display().to_string();
    std::fs::write(file("other.pem"), signed().1).unwrap();
    let of_its_own = own_authority(2999);
    let pem = of_its_own.cert.pem();
    for ((shown, trusted), cause) in
        [((of_its_own, pem), "self-signed"), (signed(), "no authority that this machine trusts")]
    {
        let server = MailServer::showing(Protection::Implicit, &shown);
        std::fs::write(file("own.pem"), trusted).unwrap();
        let test = |host: &str, query: &str, trusted: &str| {
            let url = format!("smtps://user:password@{host}:{}{query}", server.port);
            let scimward = Scimward::on(&database)
                .with("SCIMWARD_SMTP_URL", &url)
                .with("SCIMWARD_MAIL_FROM", "scim@example.com");
            let scimward = scimward.with("SSL_CERT_FILE", trusted);
            scimward.run(&["mail", "test", "ada@example.com"])
        };
        let own = format!("?ca={}", file("own.pem"));
        for (host, query, trusted, causes) in [
            ("localhost", "", "/dev/null", [cause, "?ca=FILE"]),
            ("localhost", "", &file("other.pem"), [cause, "SSL_CERT_FILE"]),
            ("localhost", &format!("?ca={}", file("other.pem")), &file("own.pem"), [cause, "?ca="]),
            ("127.0.0.1", &own, "/dev/null", ["not for the name 127.0.0.1", "SCIMWARD_SMTP_URL"]),
            ("localhost", "?ca=none.pem", &file("own.pem"), ["none.pem", "No such file"]),
        ] {
            let ended = test(host, query, trusted);
            assert_eq!(ended.code, 1, "{host} {query}: {ended:?}");
            for part in causes {
                assert!(ended.stderr.contains(part), "{host} {query}: {}", ended.stderr);
            }
        }
        assert!(!server.has_heard("AUTH"), "no password for a server that is not trusted");
        for (query, trusted) in [(&*own, "/dev/null"), ("", &file("own.pem"))] {
            let ended = test("localhost", query, trusted);
            assert_eq!(ended.code, 0, "{query}: {ended:?}");
        }
        assert_eq!(server.take().len(), 2);
    }
}

#[test]
fn a_certificate_that_was_named_still_ends() {
    let database = Database::fresh(Engine::Sqlite);
    let expired = own_authority(2020);
    std::fs::write(database.folder().join("own.pem"), expired.cert.pem()).unwrap();
    let server = MailServer::showing(Protection::StartTls, &expired);
    let url = format!("smtp://user:password@localhost:{}?ca=own.pem", server.port);
    let scimward = Scimward::on(&database)
        .with("SCIMWARD_SMTP_URL", &url)
        .with("SCIMWARD_MAIL_FROM", "scim@example.com");

    let ended = scimward.run(&["mail", "test", "ada@example.com"]);

    assert!(ended.code == 1 && ended.stderr.contains("has expired"), "{ended:?}");
    assert!(!server.has_heard("AUTH"));
}

#[test]
fn the_wrong_scheme_is_named() {
    let database = Database::fresh(Engine::Sqlite);
    let scimward = Scimward::on(&database).with("SCIMWARD_MAIL_FROM", "scim@example.com");
    for (url, remedy) in [
        ("smtp://user:password@mail.example.com:465", "write smtps://"),
        ("smtps://user:password@mail.example.com:587", "write smtp://"),
    ] {
        let ended = scimward.clone().with("SCIMWARD_SMTP_URL", url).run(&["config", "check"]);
        assert!(ended.code == 1 && ended.stderr.contains(remedy), "{ended:?}");
        assert!(!ended.stderr.contains("password"), "{ended:?}");
    }
    let server = MailServer::start();
    let url = format!("smtps://user:password@localhost:{}", server.port);
    let ended = scimward.with("SCIMWARD_SMTP_URL", &url).run(&["mail", "test", "a@example.com"]);
    assert!(ended.code == 1 && ended.stderr.contains("write smtp://"), "{ended:?}");
}

//! TLS to PostgreSQL, with an authority of the test's own.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

use super::*;
use crate::support::cluster::Cluster;

/// A server with a certificate for `localhost` by the authority in `ca.pem`. The database `postgres`
/// can be reached by TLS alone, `template1` by anybody, and `scimward` with a password.
struct Encrypted {
    cluster: Cluster,
}

const RULES: &str = "hostssl postgres all 127.0.0.1/32 trust\n\
                     host template1 all 127.0.0.1/32 trust\n\
                     host scimward all 127.0.0.1/32 scram-sha-256\n";

/// Leads to this machine, but is no loopback address.
const REMOTE: &str = "0.0.0.0";

/// The certificate of an authority, and the authority. Its certificate is for `localhost` as well.
fn authority(name: &str) -> (String, Issuer<'static, KeyPair>) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(["localhost".to_owned()]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, name);
    let certificate = params.self_signed(&key).unwrap().pem();
    (certificate, Issuer::new(params, key))
}

impl Encrypted {
    fn start() -> Self {
        let (ca, issuer) = authority("ours");
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(["localhost".to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &issuer).unwrap().pem();
        Self::with(&certificate, &key, &ca)
    }

    /// Its certificate is that of the authority itself.
    fn its_own_authority() -> Self {
        let (ca, issuer) = authority("ours");
        Self::with(&ca, issuer.key(), &ca)
    }

    fn with(certificate: &str, key: &KeyPair, ca: &str) -> Self {
        let cluster = Cluster::prepared(|data| {
            std::fs::write(data.join("server.crt"), certificate).unwrap();
            write_key(&data.join("server.key"), key);
            std::fs::write(data.join("pg_hba.conf"), RULES).unwrap();
            "-c ssl=on"
        });
        std::fs::write(cluster.folder().join("ca.pem"), ca).unwrap();
        std::fs::write(cluster.folder().join("other.pem"), authority("other").0).unwrap();
        std::fs::write(cluster.folder().join("renewed.pem"), authority("ours").0).unwrap();
        Self { cluster }
    }

    /// scimward with this host and these parameters in its URL.
    fn scimward(&self, host: &str, parameters: &str) -> Scimward {
        let url = self.cluster.url().replace("127.0.0.1", host);
        Scimward::at(&format!("{url}?{parameters}"), self.cluster.folder())
            .with("SCIMWARD_LISTEN", "127.0.0.1:0")
    }

    /// Whether each connection of scimward is encrypted.
    fn encrypted(&self) -> Vec<String> {
        let query = "SELECT ssl.ssl FROM pg_stat_ssl ssl JOIN pg_stat_activity USING (pid) \
                     WHERE application_name = 'scimward'";
        self.cluster.ask("template1", query)
    }
}

/// PostgreSQL refuses a key that others could read.
fn write_key(file: &Path, key: &KeyPair) {
    std::fs::write(file, key.serialize_pem()).unwrap();
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o600)).unwrap();
}

#[test]
fn every_connection_is_encrypted_as_sslmode_says() {
    let server = Encrypted::start();
    for (host, parameters) in [
        ("127.0.0.1", "sslmode=prefer"),
        ("127.0.0.1", "sslmode=require"),
        ("127.0.0.1", "sslmode=require&sslrootcert=ca.pem"),
        ("127.0.0.1", "sslmode=verify-ca&sslrootcert=ca.pem"),
        ("localhost", "sslmode=verify-full&sslrootcert=ca.pem"),
    ] {
        let scimward = server.scimward(host, parameters);
        let token = generate(&scimward);
        let running = scimward.serve();
        ask(running.address, VALIDATE, &token).expect(200);
        Request::new("GET", "/readyz").send(running.address).expect(200);

        let encrypted = server.encrypted();

        assert!(encrypted.len() >= 2, "{parameters}: {encrypted:?}");
        assert!(encrypted.iter().all(|ssl| ssl == "t"), "{parameters}: {encrypted:?}");
        assert_eq!(running.stop().code, 0);
    }
}

#[test]
fn a_server_that_is_not_trusted_is_refused_with_cause_and_remedy() {
    let server = Encrypted::start();
    server.cluster.ask("template1", "CREATE DATABASE scimward");
    for (host, parameters, parts) in [
        (
            "127.0.0.1",
            "sslmode=verify-full&sslrootcert=ca.pem",
            ["not valid for name \"127.0.0.1\"", "only valid for", "sslmode=verify-ca"],
        ),
        ("localhost", "sslmode=verify-full&sslrootcert=other.pem", UNKNOWN),
        ("localhost", "sslmode=verify-ca&sslrootcert=other.pem", UNKNOWN),
        ("localhost", "sslmode=require&sslrootcert=other.pem", UNKNOWN),
        ("localhost", "sslmode=verify-full", UNKNOWN),
        (REMOTE, "connect_timeout=3", UNKNOWN),
        (REMOTE, "sslrootcert=other.pem", UNKNOWN),
        ("localhost", "hostaddr=0.0.0.0", UNKNOWN),
        (
            REMOTE,
            "sslrootcert=ca.pem",
            ["not valid for name \"0.0.0.0\"", "only valid for", "sslmode=verify-ca"],
        ),
        (
            "localhost",
            "sslmode=verify-full&sslrootcert=renewed.pem",
            ["certificate", "BadSignature", "sslrootcert=FILE"],
        ),
        (
            "localhost",
            "sslmode=verify-full&sslrootcert=none.pem",
            ["sslrootcert", "none.pem", "No such file"],
        ),
        (
            "localhost",
            "sslmode=verify-full&sslrootcert=data/server.key",
            ["sslrootcert", "data/server.key", "no certificate"],
        ),
        ("127.0.0.1", "sslmode=disable", ["pg_hba.conf", "no encryption", "sslmode=require"]),
        (
            "127.0.0.1",
            "sslmode=require&dbname=scimward",
            ["password authentication failed", "\"scimward\"", "SCIMWARD_DATABASE_URL"],
        ),
    ] {
        assert_refused(&server.scimward(host, parameters), &parts);
    }
}

/// As `openssl req -x509` makes it.
#[test]
fn a_certificate_that_is_its_own_authority_is_believed_if_it_is_named() {
    let own = Encrypted::its_own_authority();
    for (host, mode) in
        [("localhost", "verify-full"), ("127.0.0.1", "verify-ca"), ("127.0.0.1", "require")]
    {
        let scimward = own.scimward(host, &format!("sslmode={mode}&sslrootcert=ca.pem"));
        generate(&scimward);
    }
    let name = ["not valid for name \"127.0.0.1\"", "sslmode=verify-ca"];
    assert_refused(&own.scimward("127.0.0.1", "sslmode=verify-full&sslrootcert=ca.pem"), &name);
    let other = ["certificate", "sslrootcert=FILE"];
    for parameters in ["sslmode=verify-full", "sslmode=verify-full&sslrootcert=other.pem"] {
        assert_refused(&own.scimward("localhost", parameters), &other);
    }
    // The same name and another key.
    let renewed = "sslmode=verify-full&sslrootcert=renewed.pem";
    assert_refused(&own.scimward("localhost", renewed), &["certificate"]);
}

const UNKNOWN: [&str; 3] = ["certificate", "UnknownIssuer", "sslrootcert=FILE"];

/// Asserts that neither the server nor a command starts, and what both say.
fn assert_refused(scimward: &Scimward, parts: &[&str]) {
    let scimward = scimward.clone().with("SCIMWARD_DATABASE_WAIT", "0");
    for arguments in [&["serve"][..], &["token", "generate"]] {
        let ended = scimward.run(arguments);

        assert_eq!((ended.code, ended.stdout.as_str()), (1, ""), "{ended:?}");
        for part in parts {
            assert!(ended.stderr.contains(part), "{part}: {}", ended.stderr);
        }
        assert!(!ended.stderr.contains(SECRET), "{}", ended.stderr);
    }
}

#[test]
fn a_server_without_tls_is_refused_unless_that_is_allowed() {
    let cluster = Cluster::start();
    let scimward = |parameters: &str| {
        Scimward::at(&format!("{}?{parameters}", cluster.url()), cluster.folder())
    };

    for parameters in ["sslmode=require", "sslmode=verify-ca", "sslmode=verify-full"] {
        let parts = ["does not support TLS", "postgresql.conf", "sslmode=disable"];
        assert_refused(&scimward(parameters), &parts);
    }
    for parameters in ["sslmode=disable", "sslmode=prefer"] {
        assert_eq!(scimward(parameters).run(&["token", "show"]).code, 0, "{parameters}");
    }
}

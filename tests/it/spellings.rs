//! Paths that look like another one to a proxy, whose rules let them through.

use std::collections::BTreeSet;

use crate::support::app::TestApp;
use crate::support::database::{Database, Engine};
use crate::support::http::Request;

/// Pages, forms and probes.
const PATHS: [&str; 41] = [
    "/healthz",
    "/readyz",
    "/login",
    "/login/passkey",
    "/login/passkey/begin",
    "/login/second",
    "/login/second/begin",
    "/login/second/passkey",
    "/login/enrol",
    "/logout",
    "/setup",
    "/invitation",
    "/password",
    "/admin/authentication",
    "/admin/authentication/scim-token",
    "/admin/authentication/scim-token/closed",
    "/admin/authentication/state",
    "/admin/authentication/revoke",
    "/admin/identity-provider",
    "/admin/requests",
    "/admin/confirm",
    "/admin/confirm/begin",
    "/admin/confirm/passkey",
    "/admin/server-admins",
    "/admin/server-admins/invite",
    "/admin/server-admins/invite-again",
    "/admin/server-admins/withdraw",
    "/admin/server-admins/1",
    "/admin/server-admins/1/deactivate",
    "/admin/server-admins/1/password-link",
    "/admin/account",
    "/admin/account/password",
    "/admin/account/sessions",
    "/admin/api-keys",
    "/admin/account/passkeys",
    "/admin/account/passkeys/begin",
    "/admin/account/recovery-codes",
    "/admin/notifications",
    "/admin/activity",
    "/admin/activity/export.csv",
    "/admin/activity/export.json",
];
/// What some servers take for nothing, or for a step back.
const STEPS: [&str; 6] = ["/.", "/..;", "/x/..", "/;x", "/.;/", "/%2e"];

/// The path with every letter escaped, one after the other.
fn escaped(path: &str) -> Vec<String> {
    let letters = path.char_indices().skip(1);
    let escaped = letters.map(|(place, letter)| {
        let code = u32::from(letter);
        let code = if place % 2 == 0 { format!("%{code:02x}") } else { format!("%{code:02X}") };
        format!("{}{code}{}", &path[..place], &path[place + 1..])
    });
    escaped.collect()
}

/// The path with each of these before each of its slashes.
fn stepped(path: &str, steps: &[&str]) -> Vec<String> {
    let slashes = path.match_indices('/').map(|(place, _)| path.split_at(place));
    let stepped = |(before, after)| steps.iter().map(move |step| format!("{before}{step}{after}"));
    slashes.flat_map(stepped).collect()
}

/// The path with something behind it.
fn continued(path: &str) -> Vec<String> {
    let tails = ["/", "//", "/.", "/..", ";", ";x=1", ".", "%00", "%20", "%2f", "%3f", "%"];
    tails.iter().map(|tail| format!("{path}{tail}")).collect()
}

#[test]
fn pages_assets_and_probes_have_one_spelling() {
    let database = Database::fresh(Engine::Sqlite);
    let app = TestApp::with(&database, &[("SCIMWARD_METRICS_LISTEN", "127.0.0.1:0")]);
    let admin = app.admin("Ada");
    let login = app.visitor().get("/login").expect(200);
    let files = login.text().split(['"', '#']).filter(|text| text.starts_with("/static/"));
    let files: BTreeSet<&str> = files.collect();
    assert!(files.len() > 3, "{files:?}");

    for path in PATHS.iter().chain(&files) {
        assert_ne!(admin.get(path).status, 404, "{path}");
        let wrong = [escaped(path), stepped(path, &["/"]), stepped(path, &STEPS), continued(path)];
        for wrong in wrong.concat() {
            let answer = admin.get(&wrong);
            assert_eq!((answer.status, answer.header("Location")), (404, None), "{wrong}");
        }
    }
    for wrong in [stepped("/", &STEPS), vec!["//".to_owned()]].concat() {
        assert_eq!(admin.get(&wrong).status, 404, "{wrong}");
    }
    for wrong in [escaped("/metrics"), stepped("/metrics", &STEPS), continued("/metrics")].concat()
    {
        let answer = Request::new("GET", &wrong).send(app.metrics_address.expect("an address"));
        assert_eq!(answer.status, 404, "{wrong}");
    }
}

#[test]
fn a_path_for_machines_leads_nowhere_else() {
    let database = Database::fresh(Engine::Sqlite);
    let app = TestApp::start(&database);
    let token = app.generate(6);
    let client = app.scim(token.plain.expose());
    for path in ["/v1/token/validate", "/v1/openapi.json", "/scim/v2/Users", "/scim/v2/Schemas"] {
        client.get(path).expect(200);
        for wrong in stepped(path, &STEPS) {
            assert_eq!(client.get(&wrong).status, 404, "{wrong}");
        }
    }
    for path in ["/v1/token/validate", "/scim/v2/Users", "/scim/v2/Groups", "/forward-auth"] {
        // Clients join addresses carelessly: these mean the same, with a token.
        for same in [escaped(path), stepped(path, &["/"]), vec![format!("{path}/")]].concat() {
            let has_slash = same.to_lowercase().contains("%2f");
            let (without, with) = if has_slash { (404, 404) } else { (401, 200) };
            assert_eq!(app.visitor().get(&same).status, without, "{same}");
            assert_eq!(client.get(&same).status, with, "{same}");
        }
    }
    for page in ["login", "admin/authentication", "healthz"] {
        for outer in ["/scim/v2/..", "/v1/..;", "/oauth2/%2e%2e", "/scim/v2/Users/..%2f..%2f.."] {
            let answer = client.get(&format!("{outer}/{page}"));
            assert_eq!(answer.status, 404, "{outer} {page}");
            assert!(!answer.text().contains("<html"), "{outer} {page}");
        }
    }
}

//! RFC 7662 for applications.

use chrono::TimeDelta;

use super::*;

const PATH: &str = "/oauth2/introspect";
/// `app:application secret of 32 characters`.
const APP: &str = "Basic YXBwOmFwcGxpY2F0aW9uIHNlY3JldCBvZiAzMiBjaGFyYWN0ZXJz";
/// `two:the other secret of 32 characters`.
const TWO: &str = "Basic dHdvOnRoZSBvdGhlciBzZWNyZXQgb2YgMzIgY2hhcmFjdGVycw==";
const CHALLENGE: &str = r#"Basic realm="introspection", charset="UTF-8""#;

fn start() -> Contract {
    let clients =
        "app:application secret of 32 characters\ntwo:the other secret of 32 characters\n";
    Contract::start(&[("SCIMWARD_INTROSPECTION_CLIENTS", clients)])
}

fn form(authorization: &[&str], fields: &[(&str, &str)]) -> Request {
    let request = Request::new("POST", PATH).form(fields);
    authorization.iter().fold(request, |request, line| request.header("Authorization", line))
}

#[test]
fn an_application_learns_what_a_token_is_worth() {
    let contract = start();
    let base = format!("http://{}", contract.app.address);

    for caller in [APP, TWO] {
        let fields = [("token_type_hint", "x"), ("token", contract.token.as_str())];
        let response = contract.send(&form(&[caller], &fields)).expect(200);

        assert_eq!(response.header("Content-Type"), Some("application/json"));
        let expected = format!(
            r#"{{"active":true,"scope":"scim","client_id":"scim","token_type":"Bearer","exp":1810994580,"iat":1795356180,"iss":"{base}","aud":"{base}/scim/v2","jti":"{}"}}"#,
            contract.id
        );
        assert_eq!(response.text(), expected);
    }
}

#[test]
fn every_other_token_is_exactly_inactive() {
    let contract = start();
    let old = contract.token.clone();
    contract.app.generate(1);
    let cut = &old[..62];
    for token in ["", "x", " ", &old, cut, &format!("Bearer {old}"), &"a".repeat(4000)] {
        let response = contract.send(&form(&[APP], &[("token", token)])).expect(200);
        assert_eq!(response.text(), r#"{"active":false}"#, "{token}");
    }
}

#[test]
fn an_application_needs_a_credential_of_its_own() {
    let contract = start();
    let bearer = contract.bearer();
    let wrong: &[&[&str]] = &[
        &[],
        &["Basic YXBwOndyb25n"],
        &["Basic !"],
        &["Basic"],
        &[&bearer],
        &[APP, APP],
        &[APP, &bearer],
    ];
    for lines in wrong {
        let response = contract.send(&form(lines, &[("token", &contract.token)])).expect(401);
        assert_eq!(response.header("WWW-Authenticate"), Some(CHALLENGE));
        assert_eq!(response.text(), r#"{"error":"invalid_client"}"#);
    }
    let twice = [("token", contract.token.as_str()), ("client_secret", "x")];
    contract.send(&form(&[APP], &twice)).expect(401);
    // Escaped as in a form: RFC 6749 section 2.3.1.
    let escaped = "Basic YXBwOmFwcGxpY2F0aW9uK3NlY3JldCtvZiszMitjaGFyYWN0ZXJz";
    contract.send(&form(&[escaped], &[("token", "x")])).expect(200);
}

#[test]
fn a_malformed_question_is_refused() {
    let contract = start();
    let token = contract.token.as_str();
    for fields in [&[][..], &[("tokens", "x")], &[("token", "x"), ("token", "x")]] {
        let response = contract.send(&form(&[APP], fields)).expect(400);
        assert_eq!(response.text(), r#"{"error":"invalid_request"}"#);
        assert_eq!(response.header("Content-Type"), Some("application/json"));
    }
    let in_url = Request::new("POST", &format!("{PATH}?token={token}")).form(&[("token", token)]);
    contract.send(&in_url.header("Authorization", APP)).expect(400);
    let json = Request::new("POST", PATH).body("application/json", "{}");
    contract.send(&json.header("Authorization", APP)).expect(415);
    contract.send(&form(&[APP], &[("token", &"a".repeat(9000))])).expect(413);
    for method in ["GET", "HEAD", "PUT", "DELETE", "TRACE"] {
        let response = contract.send(&Request::new(method, PATH)).expect(405);
        assert_eq!(response.header("Allow"), Some("POST, OPTIONS"));
    }
    contract.send(&Request::new("OPTIONS", PATH)).expect(204);
}

/// The status of a question from `from`, and how long to wait.
fn guess(contract: &Contract, authorization: &str, from: &str) -> (u16, bool) {
    let request = form(&[authorization], &[("token", "x")]).header("X-Forwarded-For", from);
    let response = contract.send(&request);
    (response.status, response.header("Retry-After").is_some())
}

fn behind_proxy() -> Contract {
    let clients = "app:application secret of 32 characters,two:the other secret of 32 characters";
    Contract::start(&[
        ("SCIMWARD_INTROSPECTION_CLIENTS", clients),
        ("SCIMWARD_TRUSTED_PROXIES", "127.0.0.1"),
    ])
}

#[test]
fn a_source_that_guesses_learns_nothing_more_even_by_the_right_secret() {
    let contract = behind_proxy();
    let (wrong, escaped) = ("Basic YXBwOndyb25n", "Basic JTYxcHA6d3Jvbmc=");
    for number in 0..500 {
        let spelling = if number % 2 == 0 { wrong } else { escaped };
        assert_eq!(guess(&contract, spelling, "192.0.2.1"), (401, false), "{number}");
    }

    assert_eq!(guess(&contract, wrong, "192.0.2.1"), (429, true));
    assert_eq!(guess(&contract, escaped, "192.0.2.1"), (429, true));
    assert_eq!(guess(&contract, APP, "192.0.2.1"), (429, true));

    // Neither another source, nor another application behind the same proxy has to wait.
    assert_eq!(guess(&contract, APP, "192.0.2.2"), (200, false));
    assert_eq!(guess(&contract, TWO, "192.0.2.1"), (200, false));
    assert!(contract.reasons().contains(&(Refusal::UnknownApplication, 500)));
    assert!(contract.reasons().contains(&(Refusal::Throttled, 3)));

    contract.app.advance(TimeDelta::minutes(2));
    assert_eq!(guess(&contract, APP, "192.0.2.1"), (200, false));
}

#[test]
fn guesses_at_ids_that_do_not_exist_hinder_no_application() {
    let contract = behind_proxy();
    // `nobody:wrong`, and what holds no id at all.
    for number in 0..500 {
        let unknown = if number % 2 == 0 { "Basic bm9ib2R5Ondyb25n" } else { "Basic !" };
        assert_eq!(guess(&contract, unknown, "192.0.2.1").0, 401);
    }
    assert_eq!(guess(&contract, "Basic bm9ib2R5Ondyb25n", "192.0.2.1"), (429, true));
    for caller in [APP, TWO] {
        assert_eq!(guess(&contract, caller, "192.0.2.1"), (200, false));
    }
}

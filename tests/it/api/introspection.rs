//! RFC 7662 for applications.

use super::*;

const PATH: &str = "/oauth2/introspect";
/// `app:application secret`.
const APP: &str = "Basic YXBwOmFwcGxpY2F0aW9uIHNlY3JldA==";
/// `two:other`.
const TWO: &str = "Basic dHdvOm90aGVy";
const CHALLENGE: &str = r#"Basic realm="introspection", charset="UTF-8""#;

fn start() -> Contract {
    Contract::start(&[("SCIMWARD_INTROSPECTION_CLIENTS", "app:application secret,two:other")])
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
    let twice = [("token", contract.token.as_str()), ("client_secret", "application secret")];
    contract.send(&form(&[APP], &twice)).expect(401);
    // Escaped as in a form: RFC 6749 section 2.3.1.
    let escaped = "Basic YXBwOmFwcGxpY2F0aW9uK3NlY3JldA==";
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

#[test]
fn guessing_credentials_is_slowed_down_but_not_for_the_applications() {
    let contract = start();
    let wrong = form(&["Basic YXBwOndyb25n"], &[("token", "x")]);
    let statuses: Vec<u16> = (0..600).map(|_| wrong.send(contract.app.address).status).collect();
    assert_eq!((statuses[0], statuses[599]), (401, 429));

    contract.send(&form(&[APP], &[("token", &contract.token)])).expect(200);
    assert!(contract.reasons().contains(&(Refusal::UnknownApplication, 500)));
}

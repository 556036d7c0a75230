//! What every answer must carry; checked on each one that a test receives.

use super::http::{Request, Response};

/// Asserts the headers that belong to the kind of path that was asked.
pub(crate) fn check(request: &Request, response: &Response) {
    let target = request.target();
    let expect = |name: &str, value: &str| {
        assert_eq!(response.header(name), Some(value), "{name} of {target}");
    };
    expect("X-Content-Type-Options", "nosniff");
    expect("Cross-Origin-Resource-Policy", "same-origin");
    assert!(response.header("X-Request-Id").is_some(), "{target} has no X-Request-Id");
    assert_eq!(response.header("Server"), None, "{target} names its server");
    for (name, _) in &response.headers {
        let name = name.to_ascii_lowercase();
        assert!(!name.starts_with("access-control-"), "{target} allows other origins");
        assert_ne!(name, "x-powered-by", "{target}");
    }
    let policy = response.header("Content-Security-Policy").expect("a policy");
    for part in
        ["default-src 'none'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"]
    {
        assert!(policy.contains(part), "{target}: {policy}");
    }
    assert!(!policy.contains("unsafe"), "{target}: {policy}");
    if is_for_machines(target) {
        assert_eq!(response.header("Set-Cookie"), None, "{target} sets a cookie");
        expect("Cache-Control", "no-store");
        if response.status == 401 {
            assert!(response.header("WWW-Authenticate").is_some(), "{target} lacks a challenge");
        }
    } else if response.header("Content-Type").is_some_and(|kind| kind.starts_with("text/html")) {
        let referrer = response.header("Referrer-Policy");
        let keeps_silent = matches!(referrer, Some("no-referrer" | "same-origin"));
        assert!(keeps_silent, "{target} tells other sites where people come from: {referrer:?}");
        expect("Cross-Origin-Opener-Policy", "same-origin");
    }
}

fn is_for_machines(target: &str) -> bool {
    let first = target.split(['/', '?']).find(|segment| !segment.is_empty());
    matches!(first, Some("scim" | "v1" | "oauth2" | "forward-auth"))
}

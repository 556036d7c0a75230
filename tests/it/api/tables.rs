//! Every row of the tables.

use scimward::domain::network::UNKNOWN;

use super::*;

#[test]
fn a_valid_token_is_described_to_applications() {
    let contract = Contract::start(&[]);

    let response = contract.ask("GET", VALIDATE, &[&contract.bearer()]).expect(200);

    assert_eq!(response.header("Content-Type"), Some("application/json"));
    let expected = format!(
        r#"{{"active":true,"token_id":"{}","token_type":"Bearer","issued_at":"2026-11-22T14:03:00Z","expires_at":"2027-05-22T14:03:00Z","expires_in":15638400,"scope":"scim"}}"#,
        contract.id
    );
    assert_eq!(response.text(), expected);
}

#[test]
fn a_valid_token_opens_the_facade_and_the_proxy() {
    let contract = Contract::start(&[]);

    for path in [USERS, "/scim/v2/Groups", "//scim/v2//Users/", "/scim/v2/%55sers"] {
        let response = contract.ask("GET", path, &[&contract.bearer()]).expect(200);
        assert_eq!(response.header("Content-Type"), Some("application/scim+json"));
        let body = response.json();
        assert_eq!(body["totalResults"], 0);
        assert_eq!((&body["startIndex"], &body["itemsPerPage"]), (&1.into(), &0.into()));
        assert_eq!(body["Resources"].as_array().unwrap().len(), 0);
    }
    for path in [FORWARD_AUTH, "/forward-auth/any/path?x=y&access_token=z"] {
        for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"] {
            let response = contract.ask(method, path, &[&contract.bearer()]).expect(200);
            assert_eq!(response.header("X-Scim-Token-Id"), Some(contract.id.as_str()));
            let expires = response.header("X-Scim-Token-Expires");
            assert_eq!(expires, Some("2027-05-22T14:03:00Z"));
            assert_eq!(response.header("Content-Length"), Some("0"));
            assert!(response.body.is_empty());
        }
    }
}

#[test]
fn a_request_without_a_usable_token_gets_the_answer_of_its_row() {
    let contract = Contract::start(&[]);
    let (bearer, token) = (contract.bearer(), &contract.token);
    let long = format!("Bearer {}", "a".repeat(5000));
    let rows: &[(&[&str], &str)] = &[
        (&[], NO_TOKEN),
        (&["Basic eDp5"], NO_TOKEN),
        (&["non-token"], NO_TOKEN),
        (&[token], NO_TOKEN),
        (&[&format!("Bearer: {token}")], NO_TOKEN),
        (&["Bearer"], INVALID_TOKEN),
        (&["Bearer "], INVALID_TOKEN),
        (&["Bearer a b"], INVALID_TOKEN),
        (&["Bearer a,b"], INVALID_TOKEN),
        (&[&format!("Bearer {bearer}")], INVALID_TOKEN),
        (&[&format!("{bearer}, {bearer}")], INVALID_TOKEN),
        (&["Bearer scimw_short"], INVALID_TOKEN),
        (&[&format!("Bearer {}", token.to_lowercase())], INVALID_TOKEN),
        (&[&long], INVALID_TOKEN),
    ];
    for path in ENDPOINTS {
        for (lines, challenge) in rows {
            let response = contract.ask("GET", path, lines);
            assert_error(&response, 401, Some(challenge));
        }
    }
}

#[test]
fn more_than_one_token_is_a_malformed_request_except_to_a_proxy() {
    let contract = Contract::start(&[]);
    let bearer = contract.bearer();

    for path in [VALIDATE, USERS] {
        for lines in [&[bearer.as_str(), &bearer][..], &[&bearer, "x"], &["x", "x", "x"]] {
            assert_error(&contract.ask("GET", path, lines), 400, Some(INVALID_REQUEST));
        }
        let in_url = format!("{path}?a=b&access_token={}", contract.token);
        assert_error(&contract.ask("GET", &in_url, &[&bearer]), 400, Some(INVALID_REQUEST));
        assert_error(&contract.ask("GET", &in_url, &[]), 401, Some(NO_TOKEN));
    }
    let response = contract.ask("GET", FORWARD_AUTH, &[&bearer, &bearer]);
    assert_error(&response, 401, Some(INVALID_TOKEN));
    let in_url = format!("{FORWARD_AUTH}?access_token={}", contract.token);
    assert_error(&contract.ask("GET", &in_url, &[]), 401, Some(NO_TOKEN));
    contract.ask("GET", &in_url, &[&bearer]).expect(200);
}

#[test]
fn methods_are_answered_by_endpoint() {
    let contract = Contract::start(&[]);
    let bearer = contract.bearer();
    let allow = Some("GET, HEAD, OPTIONS");

    for path in [VALIDATE, USERS, "/scim/v2/Schemas", "/v1/openapi.json"] {
        let response = contract.ask("OPTIONS", path, &[]).expect(204);
        assert_eq!(response.header("Allow"), allow);
        for method in ["TRACE", "FOO"] {
            let response = contract.ask(method, path, &[&bearer]);
            assert_error(&response, 405, None);
            assert_eq!(response.header("Allow"), allow, "{method} {path}");
        }
    }
    for method in ["POST", "PUT", "PATCH", "DELETE"] {
        assert_error(&contract.ask(method, VALIDATE, &[]), 405, None);
        assert_error(&contract.ask(method, "/scim/v2/ResourceTypes/User", &[]), 405, None);
        for path in [USERS, "/scim/v2/Groups/17", "/scim/v2/Bulk", "/scim/v2/.search"] {
            assert_error(&contract.ask(method, path, &[]), 401, Some(NO_TOKEN));
            assert_error(&contract.ask(method, path, &[&bearer]), 501, None);
        }
    }
    assert_error(&contract.ask("TRACE", FORWARD_AUTH, &[&bearer]), 405, None);
    assert_error(&contract.ask("GET", "/scim/v2/Me", &[&bearer]), 501, None);
    assert_error(&contract.ask("OPTIONS", FORWARD_AUTH, &[]), 401, Some(NO_TOKEN));
}

#[test]
fn paths_that_lead_nowhere_are_not_found_after_authentication() {
    let contract = Contract::start(&[]);
    let bearer = contract.bearer();

    for path in ["/scim/v2", "/scim/v2/Nothing", "/scim/v2/Users/1/2", "/scim/v2/users"] {
        assert_error(&contract.ask("GET", path, &[]), 401, Some(NO_TOKEN));
        assert_error(&contract.ask("GET", path, &[&bearer]), 404, None);
    }
    assert_error(&contract.ask("GET", "/scim/v2/Users/17", &[&bearer]), 404, None);
    for path in ["/scim/v9/Users", "/v1/nothing", "/v1", "/oauth2/introspect", "/oauth2//x"] {
        assert_error(&contract.ask("GET", path, &[&bearer]), 404, None);
    }
}

#[test]
fn head_is_answered_as_get_without_a_body() {
    let contract = Contract::start(&[]);
    let bearer = contract.bearer();

    for path in [VALIDATE, USERS, FORWARD_AUTH, "/scim/v2/Schemas", "/v1/openapi.json"] {
        for lines in [&[][..], &[bearer.as_str()], &["Bearer x"]] {
            let get = contract.ask("GET", path, lines);
            let head = contract.ask("HEAD", path, lines);

            assert!(head.body.is_empty());
            assert_eq!(head.status, get.status);
            for name in ["Content-Length", "Content-Type", "WWW-Authenticate"] {
                assert_eq!(head.header(name), get.header(name), "{name} of {path}");
            }
        }
    }
}

#[test]
fn a_token_from_a_network_that_is_not_allowed_is_forbidden() {
    let contract = Contract::start(&[
        ("SCIMWARD_CLIENT_NETWORKS", "10.0.0.0/8, 2001:db8::/32"),
        ("SCIMWARD_TRUSTED_PROXIES", "127.0.0.1"),
    ]);
    let ask = |path: &str, from: &str, authorization: &str| {
        let request = Request::new("GET", path).header("X-Forwarded-For", from);
        contract.send(&request.header("Authorization", authorization))
    };

    for path in ENDPOINTS {
        ask(path, "10.1.2.3", &contract.bearer()).expect(200);
        ask(path, "198.51.100.1, 2001:db8::1", &contract.bearer()).expect(200);
        assert_error(&ask(path, "10.1.2.3, 198.51.100.1", &contract.bearer()), 403, None);
        assert_error(&ask(path, "198.51.100.1", "Bearer x"), 401, Some(INVALID_TOKEN));
    }
    assert_eq!(contract.reasons(), [(Refusal::BadChecksum, 3), (Refusal::WrongNetwork, 3)]);
}

#[test]
fn a_client_whose_address_cannot_be_read_is_in_no_network() {
    let contract = Contract::start(&[
        ("SCIMWARD_CLIENT_NETWORKS", "127.0.0.0/8, 203.0.113.0/24, ::/0"),
        ("SCIMWARD_TRUSTED_PROXIES", "127.0.0.1"),
    ]);
    let ask = |path: &str, lines: &[&[u8]]| {
        let mut request = format!(
            "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\
            Authorization: {}\r\n",
            contract.bearer()
        )
        .into_bytes();
        for line in lines {
            request.extend([b"X-Forwarded-For: ", *line, b"\r\n"].concat());
        }
        crate::support::http::raw(contract.app.address, &[&*request, b"\r\n"].concat())
    };
    let unreadable: &[&[&[u8]]] = &[
        &[b"203.0.113.7\xff"],
        &[b"\x80"],
        &[b""],
        &[b"203.0.113.7,"],
        &[b"203.0.113.7", b"_hidden"],
        &[b"203.0.113.7, unknown"],
        &[b"::"],
    ];
    for path in ENDPOINTS {
        ask(path, &[b"203.0.113.7"]).expect(200);
        ask(path, &[b"\xff, 203.0.113.7"]).expect(200);
        for lines in unreadable {
            assert_error(&ask(path, lines), 403, None);
        }
    }
    contract.app.upkeep();
    let told = contract.app.recent_refusals();
    let told: Vec<_> = told.iter().map(|group| (group.from.unwrap(), group.count)).collect();
    assert_eq!(told, [(UNKNOWN, 21)]);
}

#[test]
fn switches_change_what_is_accepted_and_offered() {
    let contract = Contract::start(&[
        ("SCIMWARD_ACCEPT_BARE_TOKEN", "true"),
        ("SCIMWARD_CONNECTION_TEST", "false"),
        ("SCIMWARD_PUBLIC_URL", "https://scim.example.com"),
    ]);

    let response = contract.ask("GET", VALIDATE, &[&contract.token]).expect(200);
    assert!(response.header("Strict-Transport-Security").unwrap().contains("max-age="));
    assert_error(&contract.ask("GET", VALIDATE, &[&contract.token[1..]]), 401, Some(NO_TOKEN));
    for path in [USERS, "/scim/v2/Groups/17"] {
        assert_error(&contract.ask("GET", path, &[&contract.bearer()]), 404, None);
        assert_error(&contract.ask("POST", path, &[&contract.bearer()]), 404, None);
    }
    let types = contract.ask("GET", "/scim/v2/ResourceTypes", &[]).expect(200).json();
    assert_eq!(types["totalResults"], 0);
}

#[test]
fn nothing_of_a_request_comes_back() {
    let clients = "app:application secret of 32 characters";
    let contract = Contract::start(&[("SCIMWARD_INTROSPECTION_CLIENTS", clients)]);
    let mark = "zqxjkvmark";
    let (path, query) =
        (format!("/{mark}"), format!("?filter={mark}&startIndex=4711&{mark}={mark}"));
    for base in
        [VALIDATE, USERS, FORWARD_AUTH, "/scim/v2/Schemas", "/scim/v9", "/oauth2/introspect"]
    {
        for authorization in [contract.bearer(), format!("Bearer {mark}"), mark.to_owned()] {
            for method in ["GET", "POST", mark] {
                let request = Request::new(method, &format!("{base}{path}{query}"))
                    .header("Host", &format!("{mark}.example"))
                    .header("X-Request-Id", mark)
                    .header("X-Forwarded-Host", mark)
                    .header("X-Scim-Token-Id", mark)
                    .header("Origin", &format!("https://{mark}.example"))
                    .header("Accept", mark)
                    .header("Authorization", &authorization);
                let response = contract.send(&request);

                let all = format!("{:?} {}", response.headers, response.text());
                assert!(!all.contains(mark) && !all.contains("4711"), "{all}");
                assert!(!all.contains(&contract.token), "{all}");
            }
        }
    }
}

#[test]
fn the_probes_of_identity_providers_pass() {
    let contract = Contract::start(&[]);
    let probes = [
        "/scim/v2/Users?startIndex=1&count=2",
        "/scim/v2/Users?count=1&startIndex=1",
        "/scim/v2/Users?aadOptscim062020&filter=userName+eq+%225e0f%22",
        "/scim/v2/Users/?filter=userName%20eq%20%22x%22&startIndex=1",
        "/scim/v2/Groups?excludedAttributes=members&filter=displayName+eq+%22x%22",
        "/scim/v2/ServiceProviderConfig",
    ];
    for probe in probes {
        let request = Request::new("GET", probe)
            .header("Accept", "text/plain")
            .header("Accept-Charset", "utf-8")
            .header("Content-Type", "application/scim+json; charset=utf-8")
            .header("User-Agent", "Okta SCIM Client 1.0.0");
        let good = contract.send(&request.clone().header("Authorization", &contract.bearer()));
        assert_eq!(good.expect(200).header("Content-Type"), Some("application/scim+json"));
        let bad = contract.send(&request.header("Authorization", "Bearer non-token"));
        assert_error(&bad, 401, Some(INVALID_TOKEN));
    }
}

//! The documents that describe the service.

use super::*;

const PATHS: [&str; 6] = [
    "/scim/v2/ServiceProviderConfig",
    "/scim/v2/ResourceTypes",
    "/scim/v2/ResourceTypes/User",
    "/scim/v2/Schemas",
    "/scim/v2/Schemas/urn:ietf:params:scim:schemas:core:2.0:User",
    "/scim/v2/Schemas/urn%3Aietf%3Aparams%3Ascim%3Aschemas%3Acore%3A2.0%3AGroup",
];

#[test]
fn documents_are_public_but_a_presented_token_is_checked() {
    let contract = Contract::start(&[]);
    for path in PATHS {
        let public = contract.ask("GET", path, &[]).expect(200);
        assert_eq!(public.header("Content-Type"), Some("application/scim+json"));
        assert!(!public.text().contains("null"));
        contract.ask("GET", path, &[&contract.bearer()]).expect(200);
        for wrong in ["Bearer x", "Basic eDp5", "non-token"] {
            assert_error(&contract.ask("GET", path, &[wrong]), 401, Some(INVALID_TOKEN));
        }
        let bearer = contract.bearer();
        let twice = contract.ask("GET", path, &[&bearer, &bearer]);
        assert_error(&twice, 400, Some(INVALID_REQUEST));
        let filtered = format!("{path}?filter=name+eq+1");
        assert_error(&contract.ask("GET", &filtered, &[]), 403, None);
        contract.ask("GET", &format!("{path}?startIndex=2&count=0&sortBy=x"), &[]).expect(200);
    }
    for path in ["/scim/v2/Schemas/x", "/scim/v2/ResourceTypes/users"] {
        assert_error(&contract.ask("GET", path, &[]), 404, None);
    }
}

#[test]
fn every_location_leads_to_its_document_under_the_public_url() {
    let contract = Contract::start(&[("SCIMWARD_PUBLIC_URL", "https://scim.example.com")]);
    for path in ["/scim/v2/ResourceTypes", "/scim/v2/Schemas"] {
        let list = contract.ask("GET", path, &[]).expect(200).json();
        let items = list["Resources"].as_array().unwrap();
        assert_eq!(list["totalResults"], items.len());
        for item in items {
            let location = item["meta"]["location"].as_str().unwrap();
            let path = location.strip_prefix("https://scim.example.com").unwrap();
            assert_eq!(&contract.ask("GET", path, &[]).expect(200).json(), item);
        }
    }
    let config = contract.ask("GET", PATHS[0], &[]).expect(200).json();
    let scheme = &config["authenticationSchemes"][0];
    assert_eq!(scheme["type"], "oauthbearertoken");
    assert_eq!(scheme["specUri"], "http://www.rfc-editor.org/info/rfc6750");
    for member in ["patch", "bulk", "filter", "changePassword", "sort", "etag"] {
        assert!(config[member]["supported"].is_boolean(), "{member}");
    }
}

#[test]
fn the_open_api_description_names_this_server() {
    let contract = Contract::start(&[("SCIMWARD_PUBLIC_URL", "https://scim.example.com")]);

    let response = contract.ask("GET", "/v1/openapi.json", &[]).expect(200);

    assert_eq!(response.header("Content-Type"), Some("application/json"));
    let description = response.json();
    assert_eq!(description["openapi"], "3.1.0");
    assert_eq!(description["servers"][0]["url"], "https://scim.example.com");
    for path in [VALIDATE, FORWARD_AUTH, "/oauth2/introspect"] {
        assert!(description["paths"][path].is_object(), "{path}");
    }
}

#[test]
fn schemas_and_resource_types_leave_nothing_out() {
    fn check(schema: &str, attributes: &serde_json::Value) {
        for attribute in attributes.as_array().expect("attributes") {
            let place = format!("{schema}: {attribute}");
            for text in ["name", "type", "description", "mutability", "returned", "uniqueness"] {
                assert!(attribute[text].is_string(), "{text} is missing, {place}");
            }
            for flag in ["multiValued", "required", "caseExact"] {
                assert!(attribute[flag].is_boolean(), "{flag} is missing, {place}");
            }
            let is = |kind: &str| attribute["type"] == kind;
            assert_eq!(attribute["referenceTypes"].is_array(), is("reference"), "{place}");
            assert_eq!(attribute["subAttributes"].is_array(), is("complex"), "{place}");
            if is("complex") {
                check(schema, &attribute["subAttributes"]);
            }
        }
    }
    let contract = Contract::start(&[]);
    let list = |path: &str| contract.ask("GET", path, &[]).expect(200).json()["Resources"].take();
    let (schemas, types) = (list("/scim/v2/Schemas"), list("/scim/v2/ResourceTypes"));
    for schema in schemas.as_array().unwrap() {
        let id = schema["id"].as_str().unwrap();
        assert_eq!(schema["schemas"][0], "urn:ietf:params:scim:schemas:core:2.0:Schema", "{id}");
        assert!(schema["name"].is_string() && schema["description"].is_string(), "{id}");
        assert_eq!(schema["meta"]["resourceType"], "Schema", "{id}");
        check(id, &schema["attributes"]);
    }
    for kind in types.as_array().unwrap() {
        for text in ["id", "name", "description", "endpoint", "schema"] {
            assert!(kind[text].is_string(), "{text} is missing: {kind}");
        }
        assert!(kind["schemaExtensions"].is_array(), "{kind}");
        assert_eq!(kind["meta"]["resourceType"], "ResourceType", "{kind}");
        let schemas = schemas.as_array().unwrap();
        assert!(schemas.iter().any(|schema| schema["id"] == kind["schema"]), "{kind}");
    }
}

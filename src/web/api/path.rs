//! Which endpoint a path belongs to.
//!
//! Clients join base URL and path carelessly: doubled and trailing slashes and escaped letters mean
//! the same resource, in place and without a redirect, because clients drop credentials on one.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// What a path addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Route {
    /// `/v1/token/validate`.
    Validate,
    /// `/v1/admin/token`.
    AdminToken,
    /// `/v1/openapi.json`.
    OpenApi,
    /// `/oauth2/introspect`.
    Introspect,
    /// `/forward-auth` and everything below it.
    ForwardAuth,
    /// Below `/scim/v2`.
    Scim(ScimResource),
    /// A document below `/scim/v2` that describes the service; an item of it by its id.
    Discovery(DiscoveryDocument, Option<String>),
    /// Nothing, with and without credentials.
    Nowhere,
}

/// Resources below `/scim/v2` that need a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ScimResource {
    /// `/Users` or `/Groups`.
    Collection,
    /// One user or group.
    Item,
    /// `/Me`, `/Bulk` and `/.search`: in the standard, but not offered here.
    NotOffered,
    /// Not in the standard.
    Unknown,
}

/// What describes the service (RFC 7644 section 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DiscoveryDocument {
    /// What is supported.
    ServiceProviderConfig,
    /// The types of resources.
    ResourceTypes,
    /// Their attributes.
    Schemas,
}

/// What `path` addresses; none if it belongs to the pages.
pub(crate) fn route(path: &str) -> Option<Route> {
    // By far the most frequent paths are spelled as documented.
    match path {
        "/v1/token/validate" => return Some(Route::Validate),
        "/scim/v2/Users" | "/scim/v2/Groups" => return Some(Route::Scim(ScimResource::Collection)),
        "/forward-auth" => return Some(Route::ForwardAuth),
        _ => {}
    }
    let segments: Vec<Cow<'_, str>> = segments(path).collect();
    let segments: Vec<&str> = segments.iter().map(AsRef::as_ref).collect();
    match &*segments {
        ["v1", "token", "validate"] => Some(Route::Validate),
        ["v1", "admin", "token"] => Some(Route::AdminToken),
        ["v1", "openapi.json"] => Some(Route::OpenApi),
        ["oauth2", "introspect"] => Some(Route::Introspect),
        ["forward-auth", ..] => Some(Route::ForwardAuth),
        ["scim", "v2", rest @ ..] => Some(scim(rest)),
        ["scim" | "v1" | "oauth2", ..] => Some(Route::Nowhere),
        _ => None,
    }
}

/// Whether a path belongs to the API: it is never answered with a page.
pub fn owns(path: &str) -> bool {
    let first = segments(path).next();
    matches!(first.as_deref(), Some("scim" | "v1" | "oauth2" | "forward-auth"))
}

fn segments(path: &str) -> impl Iterator<Item = Cow<'_, str>> {
    let parts = path.split('/').filter(|part| !part.is_empty());
    parts.map(|part| percent_decode_str(part).decode_utf8_lossy())
}

fn scim(rest: &[&str]) -> Route {
    let (document, rest) = match rest {
        ["ServiceProviderConfig", rest @ ..] => (DiscoveryDocument::ServiceProviderConfig, rest),
        ["ResourceTypes", rest @ ..] => (DiscoveryDocument::ResourceTypes, rest),
        ["Schemas", rest @ ..] => (DiscoveryDocument::Schemas, rest),
        rest => return Route::Scim(resource(rest)),
    };
    match (document, rest) {
        (document, []) => Route::Discovery(document, None),
        (document, [id]) => Route::Discovery(document, Some((*id).to_owned())),
        _ => Route::Scim(ScimResource::Unknown),
    }
}

fn resource(rest: &[&str]) -> ScimResource {
    match rest {
        ["Users" | "Groups"] => ScimResource::Collection,
        ["Me", ..] | ["Bulk" | ".search"] | ["Users" | "Groups", ".search"] => {
            ScimResource::NotOffered
        }
        ["Users" | "Groups", _] => ScimResource::Item,
        _ => ScimResource::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_path_means_the_same() {
        for (paths, route) in [
            (
                &["/v1/token/validate", "//v1//token/validate/", "/%76%31/token/validat%65"][..],
                Some(Route::Validate),
            ),
            (
                &["/scim/v2/Users", "/scim/v2/Users/", "//scim/v2//Users", "/scim/v2/%55sers"],
                Some(Route::Scim(ScimResource::Collection)),
            ),
            (
                &["/scim/v2/Groups/17", "/scim/v2/Users/a%2Fb"],
                Some(Route::Scim(ScimResource::Item)),
            ),
            (
                &["/scim/v2/Me", "/scim/v2/Bulk", "/scim/v2/.search", "/scim/v2/Users/.search"],
                Some(Route::Scim(ScimResource::NotOffered)),
            ),
            (
                &[
                    "/scim/v2",
                    "/scim/v2/",
                    "/scim/v2/users",
                    "/scim/v2/Users/1/2",
                    "/scim/v2/\u{0}",
                ],
                Some(Route::Scim(ScimResource::Unknown)),
            ),
            (
                &[
                    "/forward-auth",
                    "/forward-auth/",
                    "/forward-auth/any/path%2f",
                    "//forward-auth/x",
                ],
                Some(Route::ForwardAuth),
            ),
            (&["/v1/admin/token", "/v1//admin/token/"], Some(Route::AdminToken)),
            (&["/v1/openapi.json"], Some(Route::OpenApi)),
            (&["/oauth2/introspect", "/oauth2/introspect/"], Some(Route::Introspect)),
            (
                &["/scim", "/scim/v9/Users", "/v1", "/v1/admin", "/oauth2/token"],
                Some(Route::Nowhere),
            ),
            (&["/", "", "/admin", "/forward-authentication", "/SCIM/v2/Users", "/%2Fscim"], None),
        ] {
            for path in paths {
                assert_eq!(super::route(path), route, "{path}");
                assert_eq!(owns(path), route.is_some(), "{path}");
            }
        }
    }

    #[test]
    fn discovery_documents_have_items() {
        let id = "urn:ietf:params:scim:schemas:core:2.0:User";
        for (path, route) in [
            ("/scim/v2/Schemas".to_owned(), Route::Discovery(DiscoveryDocument::Schemas, None)),
            (
                format!("/scim/v2/Schemas/{id}"),
                Route::Discovery(DiscoveryDocument::Schemas, Some(id.to_owned())),
            ),
            (
                format!("/scim/v2/Schemas/{}", id.replace(':', "%3A")),
                Route::Discovery(DiscoveryDocument::Schemas, Some(id.to_owned())),
            ),
            (
                "/scim/v2/ResourceTypes/User/".to_owned(),
                Route::Discovery(DiscoveryDocument::ResourceTypes, Some("User".to_owned())),
            ),
            ("/scim/v2/Schemas/a/b".to_owned(), Route::Scim(ScimResource::Unknown)),
        ] {
            assert_eq!(super::route(&path), Some(route), "{path}");
        }
    }
}

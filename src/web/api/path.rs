//! What a path means to machines.
//!
//! Clients join base URL and path carelessly: doubled and trailing slashes and escaped letters mean
//! the same resource, in place and without a redirect, because clients drop credentials on one.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// What is addressed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    /// `/v1/token/validate`.
    Validate,
    /// `/v1/openapi.json`.
    OpenApi,
    /// `/oauth2/introspect`.
    Introspect,
    /// `/forward-auth` and everything below it.
    ForwardAuth,
    /// Below `/scim/v2`.
    Scim(Scim),
    /// A document below `/scim/v2` that describes the service; an item of it by its id.
    Discovery(Document, Option<String>),
    /// A path of machines that leads nowhere, without credentials too.
    Nowhere,
}

/// Resources below `/scim/v2` that need a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scim {
    /// `/Users` or `/Groups`.
    Collection,
    /// One user or group.
    Item,
    /// `/Me`, `/Bulk` and `/.search`: of SCIM, but not offered here.
    NotOffered,
    /// Not of SCIM.
    Unknown,
}

/// What describes the service (RFC 7644 section 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Document {
    /// What is supported.
    ServiceProviderConfig,
    /// The types of resources.
    ResourceTypes,
    /// Their attributes.
    Schemas,
}

/// What `path` addresses; nothing if it does not belong to machines.
pub(crate) fn target(path: &str) -> Option<Target> {
    // By far the most frequent paths are spelled as documented.
    match path {
        "/v1/token/validate" => return Some(Target::Validate),
        "/scim/v2/Users" | "/scim/v2/Groups" => return Some(Target::Scim(Scim::Collection)),
        "/forward-auth" => return Some(Target::ForwardAuth),
        _ => {}
    }
    let segments: Vec<Cow<'_, str>> = segments(path).collect();
    let segments: Vec<&str> = segments.iter().map(AsRef::as_ref).collect();
    match &*segments {
        ["v1", "token", "validate"] => Some(Target::Validate),
        ["v1", "openapi.json"] => Some(Target::OpenApi),
        ["oauth2", "introspect"] => Some(Target::Introspect),
        ["forward-auth", ..] => Some(Target::ForwardAuth),
        ["scim", "v2", rest @ ..] => Some(scim(rest)),
        ["scim" | "v1" | "oauth2", ..] => Some(Target::Nowhere),
        _ => None,
    }
}

/// Whether a path belongs to machines, so that they never get a page.
pub fn owns(path: &str) -> bool {
    let first = segments(path).next();
    matches!(first.as_deref(), Some("scim" | "v1" | "oauth2" | "forward-auth"))
}

fn segments(path: &str) -> impl Iterator<Item = Cow<'_, str>> {
    let parts = path.split('/').filter(|part| !part.is_empty());
    parts.map(|part| percent_decode_str(part).decode_utf8_lossy())
}

fn scim(rest: &[&str]) -> Target {
    let (document, rest) = match rest {
        ["ServiceProviderConfig", rest @ ..] => (Document::ServiceProviderConfig, rest),
        ["ResourceTypes", rest @ ..] => (Document::ResourceTypes, rest),
        ["Schemas", rest @ ..] => (Document::Schemas, rest),
        rest => return Target::Scim(resource(rest)),
    };
    match (document, rest) {
        (document, []) => Target::Discovery(document, None),
        (document, [id]) => Target::Discovery(document, Some((*id).to_owned())),
        _ => Target::Scim(Scim::Unknown),
    }
}

fn resource(rest: &[&str]) -> Scim {
    match rest {
        ["Users" | "Groups"] => Scim::Collection,
        ["Me", ..] | ["Bulk" | ".search"] | ["Users" | "Groups", ".search"] => Scim::NotOffered,
        ["Users" | "Groups", _] => Scim::Item,
        _ => Scim::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_path_means_the_same() {
        for (paths, target) in [
            (
                &["/v1/token/validate", "//v1//token/validate/", "/%76%31/token/validat%65"][..],
                Some(Target::Validate),
            ),
            (
                &["/scim/v2/Users", "/scim/v2/Users/", "//scim/v2//Users", "/scim/v2/%55sers"],
                Some(Target::Scim(Scim::Collection)),
            ),
            (&["/scim/v2/Groups/17", "/scim/v2/Users/a%2Fb"], Some(Target::Scim(Scim::Item))),
            (
                &["/scim/v2/Me", "/scim/v2/Bulk", "/scim/v2/.search", "/scim/v2/Users/.search"],
                Some(Target::Scim(Scim::NotOffered)),
            ),
            (
                &[
                    "/scim/v2",
                    "/scim/v2/",
                    "/scim/v2/users",
                    "/scim/v2/Users/1/2",
                    "/scim/v2/\u{0}",
                ],
                Some(Target::Scim(Scim::Unknown)),
            ),
            (
                &[
                    "/forward-auth",
                    "/forward-auth/",
                    "/forward-auth/any/path%2f",
                    "//forward-auth/x",
                ],
                Some(Target::ForwardAuth),
            ),
            (&["/v1/openapi.json"], Some(Target::OpenApi)),
            (&["/oauth2/introspect", "/oauth2/introspect/"], Some(Target::Introspect)),
            (&["/scim", "/scim/v9/Users", "/v1", "/oauth2/token"], Some(Target::Nowhere)),
            (&["/", "", "/admin", "/forward-authentication", "/SCIM/v2/Users", "/%2Fscim"], None),
        ] {
            for path in paths {
                assert_eq!(super::target(path), target, "{path}");
                assert_eq!(owns(path), target.is_some(), "{path}");
            }
        }
    }

    #[test]
    fn discovery_documents_have_items() {
        let id = "urn:ietf:params:scim:schemas:core:2.0:User";
        for (path, target) in [
            ("/scim/v2/Schemas".to_owned(), Target::Discovery(Document::Schemas, None)),
            (
                format!("/scim/v2/Schemas/{id}"),
                Target::Discovery(Document::Schemas, Some(id.to_owned())),
            ),
            (
                format!("/scim/v2/Schemas/{}", id.replace(':', "%3A")),
                Target::Discovery(Document::Schemas, Some(id.to_owned())),
            ),
            (
                "/scim/v2/ResourceTypes/User/".to_owned(),
                Target::Discovery(Document::ResourceTypes, Some("User".to_owned())),
            ),
            ("/scim/v2/Schemas/a/b".to_owned(), Target::Scim(Scim::Unknown)),
        ] {
            assert_eq!(super::target(&path), Some(target), "{path}");
        }
    }
}

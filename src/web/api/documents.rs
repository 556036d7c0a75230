//! The documents that describe the service (RFC 7643 sections 5 to 7), made once at the start.
//!
//! They differ by configuration alone. Locations are built from the public URL, never from a
//! request's `Host`.

use actix_web::web::Bytes;
use serde_json::{Map, Value, json};

use super::path::DiscoveryDocument;
use crate::web::Site;

const OPENAPI: &str = include_str!("documents/openapi.json");
const SERVICE_PROVIDER_CONFIG: &str = include_str!("documents/service_provider_config.json");
const RESOURCE_TYPES: &str = include_str!("documents/resource_types.json");
const SCHEMAS: &str = include_str!("documents/schemas.json");

/// The documents, ready to be sent.
pub(crate) struct Documents {
    openapi: Bytes,
    service_provider_config: Bytes,
    resource_types: ListResponse,
    schemas: ListResponse,
}

/// A list (RFC 7644 section 3.4.2) and its items by their ids.
struct ListResponse {
    whole: Bytes,
    items: Vec<(String, Bytes)>,
}

impl Documents {
    /// Describes the service at this site; users and groups only exist for a connection test.
    pub(crate) fn new(site: &Site) -> Self {
        let filled = |text: &str| text.replace("{public_url}", site.public_url.as_str());
        let mut config: Map<String, Value> = parsed(&filled(SERVICE_PROVIDER_CONFIG));
        let (mut types, mut schemas) = (parsed(&filled(RESOURCE_TYPES)), parsed(&filled(SCHEMAS)));
        if !site.connection_test {
            config.insert("filter".to_owned(), json!({"supported": false, "maxResults": 0}));
            (types, schemas) = (Vec::new(), Vec::new());
        }
        Self {
            openapi: filled(OPENAPI).into(),
            service_provider_config: bytes(&config.into()),
            resource_types: ListResponse::new(&types),
            schemas: ListResponse::new(&schemas),
        }
    }

    /// The description of what is not SCIM, as OpenAPI 3.1.
    pub(crate) fn openapi(&self) -> Bytes {
        self.openapi.clone()
    }

    /// A document, or the item of it with this id.
    pub(crate) fn get(&self, document: DiscoveryDocument, id: Option<&str>) -> Option<Bytes> {
        match (document, id) {
            (DiscoveryDocument::ServiceProviderConfig, None) => {
                Some(self.service_provider_config.clone())
            }
            (DiscoveryDocument::ServiceProviderConfig, Some(_)) => None,
            (DiscoveryDocument::ResourceTypes, id) => self.resource_types.get(id),
            (DiscoveryDocument::Schemas, id) => self.schemas.get(id),
        }
    }
}

impl ListResponse {
    fn new(items: &[Value]) -> Self {
        let whole = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
            "totalResults": items.len(),
            "startIndex": 1,
            "itemsPerPage": items.len(),
            "Resources": items,
        });
        let id =
            |item: &Value| item.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
        let items = items.iter().map(|item| (id(item), bytes(item))).collect();
        Self { whole: bytes(&whole), items }
    }

    fn get(&self, id: Option<&str>) -> Option<Bytes> {
        let Some(id) = id else { return Some(self.whole.clone()) };
        self.items.iter().find(|(known, _)| known == id).map(|(_, item)| item.clone())
    }
}

/// A text of this crate, which the tests have seen parsed.
fn parsed<T: Default + serde::de::DeserializeOwned>(text: &str) -> T {
    serde_json::from_str(text).unwrap_or_default()
}

fn bytes(document: &Value) -> Bytes {
    document.to_string().into()
}

//! The documents that describe the service (RFC 7643 sections 5 to 7), made once at the start.
//!
//! They differ by configuration alone. Locations are built from the public URL, never from a
//! request's `Host`.

use actix_web::web::Bytes;
use serde_json::{Value, json};

use super::path::Document;
use crate::web::Site;

const LIST: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";
const CONFIG: &str = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig";
const RESOURCE_TYPE: &str = "urn:ietf:params:scim:schemas:core:2.0:ResourceType";
const SCHEMA: &str = "urn:ietf:params:scim:schemas:core:2.0:Schema";
const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";

const OPENAPI: &str = include_str!("openapi.json");

/// The documents as they are sent.
pub(crate) struct Documents {
    openapi: Bytes,
    config: Bytes,
    resource_types: List,
    schemas: List,
}

/// A list and its items by their ids.
struct List {
    whole: Bytes,
    items: Vec<(String, Bytes)>,
}

impl Documents {
    /// Describes the service at this site. Users and groups are only offered for a connection test.
    pub(crate) fn new(site: &Site) -> Self {
        let base = site.public_url.join("/scim/v2");
        let (types, schemas) = if site.connection_test {
            (vec![resource_type("User", USER), resource_type("Group", GROUP)], schemas())
        } else {
            (Vec::new(), Vec::new())
        };
        let config = located(service_provider_config(site), "ServiceProviderConfig", &base);
        Self {
            openapi: OPENAPI.replace("{public_url}", site.public_url.as_str()).into(),
            config: bytes(&config),
            resource_types: List::new(types, "ResourceType", &format!("{base}/ResourceTypes")),
            schemas: List::new(schemas, "Schema", &format!("{base}/Schemas")),
        }
    }

    /// The description of what is not SCIM, as `OpenAPI` 3.1.
    pub(crate) fn openapi(&self) -> Bytes {
        self.openapi.clone()
    }

    /// A document, or the item of it with this id.
    pub(crate) fn get(&self, document: Document, id: Option<&str>) -> Option<Bytes> {
        match (document, id) {
            (Document::ServiceProviderConfig, None) => Some(self.config.clone()),
            (Document::ServiceProviderConfig, Some(_)) => None,
            (Document::ResourceTypes, id) => self.resource_types.get(id),
            (Document::Schemas, id) => self.schemas.get(id),
        }
    }
}

impl List {
    fn new(items: Vec<(&str, Value)>, resource_type: &str, location: &str) -> Self {
        let locate = |(id, item): (&str, Value)| {
            (id.to_owned(), located(item, resource_type, &format!("{location}/{id}")))
        };
        let items: Vec<(String, Value)> = items.into_iter().map(locate).collect();
        let whole = json!({
            "schemas": [LIST],
            "totalResults": items.len(),
            "startIndex": 1,
            "itemsPerPage": items.len(),
            "Resources": items.iter().map(|(_, item)| item).collect::<Vec<_>>(),
        });
        let items = items.into_iter().map(|(id, item)| (id, bytes(&item))).collect();
        Self { whole: bytes(&whole), items }
    }

    fn get(&self, id: Option<&str>) -> Option<Bytes> {
        let Some(id) = id else { return Some(self.whole.clone()) };
        self.items.iter().find(|(known, _)| known == id).map(|(_, item)| item.clone())
    }
}

fn bytes(document: &Value) -> Bytes {
    document.to_string().into()
}

/// The document with its `meta`.
fn located(mut document: Value, resource_type: &str, location: &str) -> Value {
    let location = if document.get("id").is_some() {
        location.to_owned()
    } else {
        format!("{location}/{resource_type}")
    };
    with(&mut document, "meta", json!({"resourceType": resource_type, "location": location}));
    document
}

fn with(object: &mut Value, name: &str, value: Value) {
    if let Some(object) = object.as_object_mut() {
        object.insert(name.to_owned(), value);
    }
}

fn service_provider_config(site: &Site) -> Value {
    let no = json!({"supported": false});
    let most = if site.connection_test { 200 } else { 0 };
    json!({
        "schemas": [CONFIG],
        "patch": no,
        "bulk": {"supported": false, "maxOperations": 0, "maxPayloadSize": 0},
        "filter": {"supported": site.connection_test, "maxResults": most},
        "changePassword": no,
        "sort": no,
        "etag": no,
        "authenticationSchemes": [{
            "type": "oauthbearertoken",
            "name": "OAuth Bearer Token",
            "description": "The SCIM token in the Authorization header, after the word Bearer.",
            "specUri": "http://www.rfc-editor.org/info/rfc6750",
            "primary": true,
        }],
    })
}

fn resource_type(name: &'static str, schema: &str) -> (&'static str, Value) {
    let document = json!({
        "schemas": [RESOURCE_TYPE],
        "id": name,
        "name": name,
        "endpoint": format!("/{name}s"),
        "description": format!("{name}s, always empty: they answer a connection test"),
        "schema": schema,
    });
    (name, document)
}

fn schemas() -> Vec<(&'static str, Value)> {
    let mut user_name = attribute("userName", "string", "The name with which the user logs in");
    with(&mut user_name, "required", json!(true));
    with(&mut user_name, "uniqueness", json!("server"));
    let parts = [
        attribute("formatted", "string", "The full name as it is displayed"),
        attribute("familyName", "string", "The family name"),
        attribute("givenName", "string", "The given name"),
    ];
    let user = [
        user_name,
        complex("name", "The parts of the user's name", false, &parts),
        attribute("displayName", "string", "The name that is shown to others"),
        attribute("active", "boolean", "Whether the user may log in"),
        complex("emails", "The user's e-mail addresses", true, &value_parts("An e-mail address")),
    ];
    let mut display_name = attribute("displayName", "string", "The group's name");
    with(&mut display_name, "required", json!(true));
    let members = complex("members", "Who belongs to the group", true, &value_parts("A user's id"));
    vec![
        (USER, schema(USER, "User", "User account", &user)),
        (GROUP, schema(GROUP, "Group", "Group of users", &[display_name, members])),
    ]
}

fn value_parts(value: &str) -> [Value; 3] {
    [
        attribute("value", "string", value),
        attribute("type", "string", "What kind of value it is"),
        attribute("display", "string", "The value as it is displayed"),
    ]
}

fn schema(id: &str, name: &str, description: &str, attributes: &[Value]) -> Value {
    json!({
        "schemas": [SCHEMA],
        "id": id,
        "name": name,
        "description": description,
        "attributes": attributes,
    })
}

fn complex(name: &str, description: &str, multi_valued: bool, parts: &[Value]) -> Value {
    let mut attribute = attribute(name, "complex", description);
    with(&mut attribute, "multiValued", json!(multi_valued));
    with(&mut attribute, "subAttributes", json!(parts));
    attribute
}

/// An attribute with the characteristics that RFC 7643 section 7 makes the default.
fn attribute(name: &str, kind: &str, description: &str) -> Value {
    json!({
        "name": name,
        "type": kind,
        "multiValued": false,
        "description": description,
        "required": false,
        "caseExact": false,
        "mutability": "readWrite",
        "returned": "default",
        "uniqueness": "none",
    })
}

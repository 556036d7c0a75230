//! What the web layer knows of its surroundings.

use std::sync::OnceLock;

use chrono_tz::Tz;
use secrecy::SecretSlice;

use crate::domain::identity_provider::scim_url::ScimUrl;
use crate::domain::introspection_client::IntrospectionClients;
use crate::domain::network::Networks;
use crate::domain::network::public_url::PublicUrl;
use crate::service::Services;

/// What is configured about requests and answers.
#[derive(Debug, Clone)]
pub struct Site {
    /// The product's name on pages.
    pub product_name: String,
    /// Where people and clients reach scimward.
    pub public_url: PublicUrl,
    /// Where the identity provider sends its requests, if it is known.
    pub scim_base_url: Option<ScimUrl>,
    /// The zone whose calendar days count.
    pub timezone: Tz,
    /// Proxies whose `X-Forwarded-For` counts.
    pub trusted_proxies: Networks,
    /// The only networks from which the token is accepted.
    pub client_networks: Option<Networks>,
    /// Whether `/Users` and `/Groups` answer a connection test.
    pub connection_test: bool,
    /// Whether a token without `Bearer ` is accepted.
    pub accept_bare_token: bool,
    /// Whether every request is logged.
    pub access_log: bool,
    /// Who may ask the introspection endpoint.
    pub introspection_clients: IntrospectionClients,
}

/// What every handler can reach.
pub struct Shared {
    /// The use cases.
    pub services: Services,
    /// The settings.
    pub site: Site,
    /// Signs session cookies: 64 bytes. Absent until the database is ready, and nothing asks the
    /// database before.
    pub cookie_key: OnceLock<SecretSlice<u8>>,
}

impl Shared {
    /// Whether the database is ready.
    pub fn is_ready(&self) -> bool {
        self.cookie_key.get().is_some()
    }
}

//! Choosing the identity provider whose words pages and mails use.

use super::authority::Authorized;
use super::{Failure, Resources};
use crate::domain::activity::Kind;
use crate::domain::admin::actor::Author;
use crate::domain::identity_provider::{Choice, IdentityProvider};
use crate::store::identity_provider as stored;
use crate::store::{self, Lock, Transaction};

/// The choice, which is one for the installation.
#[derive(Clone)]
pub struct IdentityProviders {
    resources: Resources,
}

impl IdentityProviders {
    /// Works on `resources`.
    pub const fn new(resources: Resources) -> Self {
        Self { resources }
    }

    /// The identity provider that was chosen.
    pub async fn chosen(&self) -> Result<Option<IdentityProvider>, Failure> {
        let choice = self.resources.store.read(stored::get).await?;
        Ok(choice.map(|choice| choice.provider))
    }

    /// Chooses an identity provider; says whether it is another one than before.
    pub async fn choose(&self, provider: IdentityProvider, by: Author) -> Result<bool, Failure> {
        let kind = Kind::IdentityProviderChosen;
        let chosen = move |conn: &mut Transaction, by: &Authorized| {
            if stored::get(conn)?.is_some_and(|choice| choice.provider == provider) {
                return Ok(false);
            }
            stored::set(conn, &Choice { provider, by: by.actor.clone(), at: by.now })?;
            store::activity::record(conn, &by.event(kind).about(provider.guide().choice))?;
            Ok(true)
        };
        self.resources.write_as(by, Lock::Admins, kind, chosen).await
    }
}

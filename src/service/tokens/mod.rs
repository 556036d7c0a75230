//! Generating, replacing and revoking the SCIM token.

mod changes;
mod replacing;
mod settling;
mod waiting;

use std::sync::Arc;

use secrecy::SecretString;

pub use self::changes::{
    CurrentToken, Expected, Form, Generate, GenerateError, Generated, RevokeError, Revoked,
    RevokedOld,
};
pub use self::waiting::WaitError;
use super::authority::Authorized;
use super::mails::Outbox;
use super::usage::Usage;
use super::validation::verification_cache::VerificationCache;
use super::{Failure, Resources};
use crate::domain::activity::Kind;
use crate::domain::admin::actor::Author;
use crate::domain::admin::code::SecretCode;
use crate::domain::mail::about::About;
use crate::domain::mail::kind::MailKind;
use crate::domain::token::secret::{PlainToken, TokenId};
use crate::domain::token::{Token, TokenHistory};
use crate::store::{self, Lock, Transaction};

/// Generates, revokes and describes tokens.
#[derive(Clone)]
pub struct Tokens {
    resources: Resources,
    usage: Arc<Usage>,
    cache: VerificationCache,
    outbox: Outbox,
}

impl Tokens {
    /// Works on `resources`, asks `usage` for what this process has seen, puts generated tokens into
    /// `cache`, and mails about them into `outbox`.
    pub(crate) const fn new(
        resources: Resources,
        usage: Arc<Usage>,
        cache: VerificationCache,
        outbox: Outbox,
    ) -> Self {
        Self { resources, usage, cache, outbox }
    }

    /// Generates a token and revokes the one before, or begins to keep it, in one transaction. When
    /// this returns, no instance accepts what was revoked.
    ///
    /// An old token that is kept already stays until its end if the new one was never used.
    ///
    /// # Errors
    /// [`GenerateError`]; unless it is a [`Failure`] with an unknown outcome, nothing has changed.
    pub async fn generate(&self, wanted: Generate) -> Result<Generated, GenerateError> {
        let plain = PlainToken::generate(|bytes| self.resources.entropy.fill(bytes));
        let secret = SecretString::from(plain.expose());
        let hash = self.resources.token_hasher.hash(secret).await.map_err(Failure::from)?;
        let Generate { lifespan, current, by, form } = wanted;
        self.settle(current).await?;
        let (id, stored) = (plain.id().clone(), hash.clone());
        let outbox = self.outbox.clone();
        let replaced = move |conn: &mut Transaction, by: &Authorized| {
            let about = About::Token(id.clone());
            let token = replacing::new_token(id, stored, lifespan, by);
            let replaced = replacing::replace(conn, token, current, form.as_ref(), by)?;
            outbox.insert_for_everybody(conn, MailKind::Generated, &about, by.now)?;
            Ok::<_, GenerateError>(replaced)
        };
        let replaced =
            self.resources.write_as(by, Lock::Tokens, Kind::TokenGenerated, replaced).await?;
        self.cache.remember(plain.id(), plain.expose(), &hash);
        self.outbox.wake();
        let replacing::Replacement { token, replaced, old, ended } = replaced;
        Ok(Generated { plain, token, replaced, old, ended })
    }

    /// Revokes the current token without a replacement, and the old one beside it. `expected` is the
    /// token that the page showed, if a page asks.
    pub async fn revoke(
        &self,
        expected: Option<TokenId>,
        by: Author,
    ) -> Result<Revoked, RevokeError> {
        let revoked = move |conn: &mut Transaction, by: &Authorized| {
            replacing::revoke(conn, expected.as_ref(), by)
        };
        let revoked =
            self.resources.write_as(by, Lock::Tokens, Kind::TokenRevoked, revoked).await?;
        self.outbox.wake();
        Ok(revoked)
    }

    /// Revokes the old token that is kept beside the current one. `expected` is the one that the page
    /// showed, if a page asks.
    pub async fn revoke_old(
        &self,
        expected: Option<TokenId>,
        by: Author,
    ) -> Result<RevokedOld, RevokeError> {
        let revoked = move |conn: &mut Transaction, by: &Authorized| {
            replacing::revoke_old(conn, expected.as_ref(), by)
        };
        let revoked =
            self.resources.write_as(by, Lock::Tokens, Kind::OldTokenRevoked, revoked).await?;
        self.outbox.wake();
        Ok(revoked)
    }

    /// Notes that the window which showed the token of this form was closed before it was copied.
    pub async fn not_copied(&self, form: SecretCode, by: Author) -> Result<(), Failure> {
        let noted = move |conn: &mut Transaction, by: &Authorized| {
            if let Some(id) = store::tokens::used_request(conn, &form.digest())? {
                store::tokens::uses::not_copied(conn, &id, by.now)?;
            }
            Ok::<_, Failure>(())
        };
        self.resources.write_after(by, Lock::Tokens, Kind::TokenGenerated, noted).await
    }

    /// The newest token and those before it that may still be sent.
    pub async fn history(&self) -> Result<TokenHistory, Failure> {
        Ok(self.resources.store.read(store::tokens::history).await?)
    }

    /// The token with this id, revoked or not.
    pub async fn by_id(&self, id: TokenId) -> Result<Option<Token>, Failure> {
        Ok(self.resources.store.read(move |conn| store::tokens::by_id(conn, &id)).await?)
    }
}

//! Generating, replacing and revoking the SCIM token.

use std::sync::Arc;

use chrono::TimeDelta;
use secrecy::SecretString;
use tokio::sync::Notify;

use super::authority::Authorized;
use super::failure::change_errors;
use super::validation::verification_cache::VerificationCache;
use super::{Failure, Resources};
use crate::domain::activity::Kind;
use crate::domain::admin::actor::Author;
use crate::domain::admin::code::SecretCode;
use crate::domain::mail::about::About;
use crate::domain::mail::kind::MailKind;
use crate::domain::token::lifespan::Lifespan;
use crate::domain::token::secret::{PhcString, PlainToken, TokenId};
use crate::domain::token::{Token, TokenHistory};
use crate::store::{self, Conn, Lock, Transaction};

/// Tokens that one admin may generate on the page in an hour.
const HOURLY_LIMIT: i64 = 20;

/// Generates, revokes and describes tokens.
#[derive(Clone)]
pub struct Tokens {
    resources: Resources,
    cache: VerificationCache,
    new_mail: Arc<Notify>,
}

/// What to generate.
#[derive(Debug)]
pub struct Generate {
    /// How long the token lives.
    pub lifespan: Lifespan,
    /// Who asks.
    pub by: Author,
    /// Present if a form asks.
    pub form: Option<Form>,
}

/// What a form knows that the command line does not.
#[derive(Debug)]
pub struct Form {
    /// The form's single-use id.
    pub request: SecretCode,
    /// The unrevoked token that the page showed, if any.
    pub replaces: Option<TokenId>,
}

/// A token that was just generated: shown once, then dropped.
#[derive(Debug)]
pub struct Generated {
    /// The token in full.
    pub plain: PlainToken,
    /// Its record.
    pub token: Token,
    /// The token that was revoked with it.
    pub replaced: Option<TokenId>,
}

/// Why no token was generated.
#[derive(Debug, thiserror::Error)]
pub enum GenerateError {
    /// Someone else generated or revoked a token after the page was shown.
    #[error("somebody else changed the token in the meantime")]
    TokenChanged {
        /// The state now.
        history: Box<TokenHistory>,
    },
    /// This form has generated a token before; it cannot be shown again.
    #[error("this request was already completed")]
    RequestAlreadyUsed,
    /// Twenty tokens in the last hour.
    #[error("too many tokens were generated in the last hour")]
    RateLimited,
    /// The server failed.
    #[error(transparent)]
    Failed(#[from] Failure),
}

/// Why no token was revoked.
#[derive(Debug, thiserror::Error)]
pub enum RevokeError {
    /// No token is unrevoked.
    #[error("there is no token to revoke")]
    NoToken,
    /// The page showed another token than the one that is unrevoked now.
    #[error("somebody else changed the token in the meantime")]
    TokenChanged,
    /// The server failed.
    #[error(transparent)]
    Failed(#[from] Failure),
}

change_errors!(GenerateError, RevokeError);

impl Tokens {
    /// Works on `resources`, puts generated tokens into `cache`, and notifies `new_mail` of the mails
    /// about them.
    pub const fn new(
        resources: Resources,
        cache: VerificationCache,
        new_mail: Arc<Notify>,
    ) -> Self {
        Self { resources, cache, new_mail }
    }

    /// Generates a token and revokes the one before in one transaction. When this returns, no
    /// instance accepts the old token.
    ///
    /// # Errors
    /// [`GenerateError`]; unless it is a [`Failure`] with an unknown outcome, nothing has changed.
    pub async fn generate(&self, wanted: Generate) -> Result<Generated, GenerateError> {
        let plain = PlainToken::generate(|bytes| self.resources.entropy.fill(bytes));
        let secret = SecretString::from(plain.expose());
        let hash = self.resources.token_hasher.hash(secret).await.map_err(Failure::from)?;
        let Generate { lifespan, by, form } = wanted;
        let (id, stored) = (plain.id().clone(), hash.clone());
        let replaced = move |conn: &mut Transaction, by: &Authorized| {
            let token = new_token(id, stored, lifespan, by);
            replace(conn, token, form.as_ref(), by)
        };
        let (token, replaced) =
            self.resources.write_as(by, Lock::Tokens, Kind::TokenGenerated, replaced).await?;
        self.cache.remember(plain.id(), plain.expose(), &hash);
        self.new_mail.notify_one();
        Ok(Generated { plain, token, replaced })
    }

    /// Revokes the unrevoked token without a replacement. `expected` is the token that the page
    /// showed, if a page asks.
    pub async fn revoke(
        &self,
        expected: Option<TokenId>,
        by: Author,
    ) -> Result<TokenId, RevokeError> {
        let revoked = move |conn: &mut Transaction, by: &Authorized| {
            let id = store::tokens::revoke(conn, &by.actor, None, by.now)?;
            let id = id.ok_or(RevokeError::NoToken)?;
            if expected.is_some_and(|expected| expected != id) {
                return Err(RevokeError::TokenChanged);
            }
            let event = by.event(Kind::TokenRevoked).about_token(id.clone());
            store::activity::record(conn, &event)?;
            Ok(id)
        };
        let id = self.resources.write_as(by, Lock::Tokens, Kind::TokenRevoked, revoked).await?;
        self.new_mail.notify_one();
        Ok(id)
    }

    /// Notes that the window which showed the token of this form was closed before it was copied.
    pub async fn not_copied(&self, form: SecretCode, by: Author) -> Result<(), Failure> {
        let noted = move |conn: &mut Transaction, by: &Authorized| {
            if let Some(id) = store::tokens::used_request(conn, &form.digest())? {
                store::tokens::not_copied(conn, &id, by.now)?;
            }
            Ok::<_, Failure>(())
        };
        self.resources.write_as(by, Lock::Tokens, Kind::TokenGenerated, noted).await
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

fn new_token(id: TokenId, hash: PhcString, lifespan: Lifespan, by: &Authorized) -> Token {
    Token {
        id,
        hash: Some(hash),
        lifespan,
        generated_at: by.now,
        generated_by: by.actor.clone(),
        generated_from: by.source().clone(),
        expires_at: lifespan.expiry(by.now),
        uncopied_at: None,
        revocation: None,
        first_used_at: None,
        last_use: None,
        late_use: None,
    }
}

/// The body of the transaction: checks what the form says, revokes, inserts.
fn replace(
    conn: &mut Transaction,
    token: Token,
    form: Option<&Form>,
    by: &Authorized,
) -> Result<(Token, Option<TokenId>), GenerateError> {
    if let Some(form) = form {
        check_form(conn, form, by)?;
    }
    let replaced = store::tokens::revoke(conn, &by.actor, Some(&token.id), by.now)?;
    store::tokens::insert(conn, &token)?;
    if let Some(form) = form {
        store::tokens::use_request(conn, &form.request.digest(), &token.id, by.now)?;
    }
    let event = by
        .event(Kind::TokenGenerated)
        .about_token(token.id.clone())
        .with_detail(token.lifespan.to_string());
    let event = match &replaced {
        Some(replaced) => event.about(replaced.as_str()),
        None => event,
    };
    store::activity::record(conn, &event)?;
    store::mails::insert_for_admins(
        conn,
        MailKind::Generated,
        &About::Token(token.id.clone()),
        by.now,
    )?;
    Ok((token, replaced))
}

fn check_form(conn: &mut Conn, form: &Form, by: &Authorized) -> Result<(), GenerateError> {
    if store::tokens::used_request(conn, &form.request.digest())?.is_some() {
        return Err(GenerateError::RequestAlreadyUsed);
    }
    let history = store::tokens::history(conn)?;
    if history.unrevoked().map(|token| &token.id) != form.replaces.as_ref() {
        return Err(GenerateError::TokenChanged { history: Box::new(history) });
    }
    if let Some(admin) = by.actor.admin_id() {
        // A clock that ran ahead has noted some for a later hour: they do not count.
        let hour_ago = by.now - TimeDelta::hours(1);
        if store::tokens::count_generated(conn, admin, hour_ago, by.now)? >= HOURLY_LIMIT {
            return Err(GenerateError::RateLimited);
        }
    }
    Ok(())
}

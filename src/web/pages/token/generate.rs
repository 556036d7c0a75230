//! Generating a token: the only answers that ever hold one.
//!
//! The script of the page asks for JSON; without the script the answer to the form is a page. Both
//! are the answer to the POST itself, never a redirect, and nothing of the token is kept.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde_json::json;

use super::card::in_one_line;
use super::form::{GenerateFields, breaks_sync, option_text};
use super::next::{self, NextSteps};
use super::revoke_old::OldToken;
use crate::domain::admin::actor::Actor;
use crate::domain::admin::code::SecretCode;
use crate::domain::identity_provider::IdentityProvider;
use crate::domain::token::lifespan::Lifespan;
use crate::domain::token::secret::TokenId;
use crate::domain::token::{Token, TokenHistory};
use crate::service::mails::BannerFacts;
use crate::service::tokens::{CurrentToken, Expected, Form, Generate, GenerateError, Generated};
use crate::web::Shared;
use crate::web::error::PageError;
use crate::web::pages::error_page::wants_json;
use crate::web::pages::layout::time::{Moment, ago, utc_text};
use crate::web::pages::layout::{self, Layout, Section};
use crate::web::pages::names::Names;
use crate::web::pages::paths::{HOME, go_to};
use crate::web::session::{self, Flash, SignedIn, SignedInForm};

/// A form that can be acted on.
struct GenerateRequest {
    lifespan: Lifespan,
    request_id: String,
    replaces: Option<TokenId>,
    /// Whether the page showed that the current token is in use.
    shown_in_use: bool,
    current: CurrentToken,
    confirmed: bool,
}

impl GenerateFields {
    fn parse(self) -> Result<GenerateRequest, PageError> {
        let incomplete = || PageError::BadRequest("The form is incomplete.");
        let lifespan = self.months.parse().map_err(|_invalid| PageError::InvalidLifespan)?;
        let replaces = match &*self.replaces {
            "" => None,
            id => Some(TokenId::parse(id).map_err(|_malformed| incomplete())?),
        };
        // A shorter id than ours could be repeated by chance.
        if !(22..=64).contains(&self.request_id.len()) {
            return Err(incomplete());
        }
        let current = match &*self.current {
            "" | "revoke" => CurrentToken::Revoke,
            "keep" => CurrentToken::Keep,
            _ => {
                let why =
                    "The form says neither that the current token is revoked nor that it is kept.";
                return Err(PageError::BadRequest(why));
            }
        };
        let confirmed = self.confirm == "replace";
        let shown_in_use = confirmed || self.used == "yes";
        let request_id = self.request_id;
        Ok(GenerateRequest { lifespan, request_id, replaces, shown_in_use, current, confirmed })
    }
}

/// `POST /admin/authentication/scim-token`.
pub(crate) async fn generate(
    shared: web::Data<Shared>,
    request: HttpRequest,
    form: SignedInForm<GenerateFields>,
) -> Result<HttpResponse, PageError> {
    let SignedInForm { me, fields } = form;
    let json = wants_json(request.headers());
    let wanted = fields.parse()?;
    if !json && !wanted.confirmed && wanted.current == CurrentToken::Revoke {
        let known = shared.services.mails.banner_facts().await?;
        let endangered = breaks_sync(&known.history, me.now);
        if let Some(current) =
            endangered.filter(|token| wanted.replaces.as_ref() == Some(&token.id))
        {
            return Ok(confirm(&shared, &me, &known, current, &wanted));
        }
    }
    // Read before: afterwards nothing may keep the token from being shown.
    let provider = shared.services.identity_provider.chosen().await?;
    let generated = shared.services.tokens.generate(Generate {
        lifespan: wanted.lifespan,
        current: wanted.current,
        by: me.author(),
        form: Some(Form {
            request: SecretCode::presented(&me.form_id(&wanted.request_id)),
            replaces: Expected::Exactly(wanted.replaces),
            knows_of_use: wanted.shown_in_use,
        }),
    });
    match generated.await {
        Ok(generated) if json => Ok(show_to_script(&shared, &me, &generated, provider)),
        Ok(generated) => Ok(show_page(&shared, &me, &generated, provider)),
        Err(GenerateError::TokenChanged { history }) => {
            let names = Names::new(&shared.services.admins.list().await?, me.admin.id);
            Ok(changed(&me, &names, &history, json))
        }
        Err(GenerateError::UsedMeanwhile) => Ok(used_meanwhile(&me, json)),
        Err(GenerateError::RequestAlreadyUsed(_)) => Ok(already_used(&me, json)),
        Err(GenerateError::NothingToKeep) => Ok(nothing_to_keep(&me, json)),
        Err(GenerateError::RateLimited) => Err(PageError::RateLimited),
        Err(GenerateError::Failed(failure)) => Err(failure.into()),
    }
}

/// The answer to the script; the notice is for the page that is loaded when the dialog is closed.
fn show_to_script(
    shared: &Shared,
    me: &SignedIn,
    generated: &Generated,
    provider: Option<IdentityProvider>,
) -> HttpResponse {
    let expiry = utc_text(generated.token.expires_at);
    let title = format!("New SCIM token generated. It expires on {expiry}.");
    let flash = Flash::done_marked(title, next::in_short(provider));
    me.leave(&flash.with_link(next::link(provider)));
    let mut answer = HttpResponse::Created();
    session::shows_secret(&mut answer, shared);
    answer.json(json!({
        "token": generated.plain.expose(),
        "token_id": generated.token.id.as_str(),
        "expires_at": Moment::new(generated.token.expires_at).iso,
        "expires_text": expiry,
        "kept": generated.old.as_ref().map(|old| old.id.as_str()),
        "old_revoked": generated.ended.as_ref().map(TokenId::as_str),
        "old_text": generated.old.as_ref().map(still_works),
        "unsaved_text": generated.old.as_ref().map(generate_before_its_end),
    }))
}

/// `7F3K2M9d still works until 26 Nov 2026, 09:40 UTC at the latest`
fn still_works(old: &Token) -> String {
    format!("{} still works until {} at the latest", old.id, latest_end(old))
}

fn generate_before_its_end(old: &Token) -> String {
    let (id, until) = (&old.id, latest_end(old));
    format!("The old token {id} keeps working until {until}; generate another one before then.")
}

fn latest_end(old: &Token) -> String {
    utc_text(old.latest_end().unwrap_or(old.expires_at))
}

#[derive(Template)]
#[template(path = "token/generated.html")]
struct GeneratedPage<'a> {
    layout: Layout,
    token: &'a str,
    token_id: &'a str,
    expires: Moment,
    /// What is said of the old token, if it stays valid.
    old: Option<String>,
    next: NextSteps,
}

/// The answer without the script.
fn show_page(
    shared: &Shared,
    me: &SignedIn,
    generated: &Generated,
    provider: Option<IdentityProvider>,
) -> HttpResponse {
    let view = GeneratedPage {
        layout: Layout::without_notices(shared, me, Section::Authentication),
        token: generated.plain.expose(),
        token_id: generated.token.id.as_str(),
        expires: Moment::new(generated.token.expires_at),
        old: generated.old.as_ref().map(still_works),
        next: NextSteps::new(provider, &shared.site),
    };
    let mut answer = HttpResponse::Ok();
    session::shows_secret(&mut answer, shared);
    layout::page(answer, &view)
}

#[derive(Template)]
#[template(path = "token/replace.html")]
struct ReplacePage {
    layout: Layout,
    current: String,
    lifespan: String,
    request_id: String,
    replaces: String,
    months: u8,
    old: Option<OldToken>,
}

/// Without the script: the question that comes before a replacement that stops the sync.
fn confirm(
    shared: &Shared,
    me: &SignedIn,
    known: &BannerFacts,
    current: &Token,
    wanted: &GenerateRequest,
) -> HttpResponse {
    let view = ReplacePage {
        layout: Layout::with(shared, me, Section::Authentication, known),
        current: in_one_line(current, me.now),
        lifespan: option_text(wanted.lifespan, me.now),
        request_id: wanted.request_id.clone(),
        replaces: current.id.to_string(),
        months: wanted.lifespan.months(),
        old: OldToken::new(&known.history, me.now),
    };
    layout::page(HttpResponse::Ok(), &view)
}

/// Somebody was faster: the reader must see the new state before deciding again.
fn changed(me: &SignedIn, names: &Names, history: &TokenHistory, json: bool) -> HttpResponse {
    let Some(token) = &history.newest else { return already_used(me, json) };
    let (actor, at, verb, change) = match &token.revocation {
        Some(revocation) => (&revocation.by, revocation.at, "revoked the token", "revoked"),
        None => (&token.generated_by, token.generated_at, "generated a new token", "generated"),
    };
    let is_mine = names.is_me(actor);
    let by = match actor {
        _ if is_mine => "You".to_owned(),
        Actor::CommandLine => "Somebody at the command line".to_owned(),
        actor => names.text(actor),
    };
    let at_text = format!("{}, {}", at.format("%H:%M UTC"), ago(me.now, at));
    if !json {
        me.leave(&Flash::warning(
            format!("No token was generated. {by} {verb} at {at_text}."),
            "This page shows the state now. Talk to each other before you replace the token.",
        ));
        return go_to(HOME);
    }
    let change = if is_mine && change == "generated" { "generated_by_you" } else { change };
    HttpResponse::Conflict().json(json!({
        "error": "token_changed",
        "generated": false,
        "change": change,
        "by": by,
        "at_text": at_text,
    }))
}

/// The page showed a token that nobody had used; the one that is loaded next has the choice.
fn used_meanwhile(me: &SignedIn, json: bool) -> HttpResponse {
    if json {
        return HttpResponse::Conflict().json(json!({ "error": "token_used", "generated": false }));
    }
    me.leave(&Flash::warning(
        "No token was generated. The current token is in use now.",
        "It was used for the first time after this page had been opened. Choose below what becomes \
         of it.",
    ));
    go_to(HOME)
}

/// This form has generated its token already; the value cannot be shown again.
fn already_used(me: &SignedIn, json: bool) -> HttpResponse {
    if json {
        return HttpResponse::Conflict()
            .json(json!({ "error": "request_already_used", "generated": true }));
    }
    me.leave(&Flash::warning(
        "This request was already completed. The token cannot be displayed again.",
        "If you did not copy it, generate another one and enter that one in your identity provider.",
    ));
    go_to(HOME)
}

/// The page showed a token in use; meanwhile it has expired.
fn nothing_to_keep(me: &SignedIn, json: bool) -> HttpResponse {
    const WHY: &str = "There is no live token that has been used: nothing to keep.";
    if json {
        return HttpResponse::Conflict()
            .json(json!({ "error": "nothing_to_keep", "generated": false, "message": WHY }));
    }
    me.leave(&Flash::warning("No token was generated.", WHY));
    go_to(HOME)
}

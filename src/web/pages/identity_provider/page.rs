//! `Admin Settings → Identity provider`: which one it is, what to enter there, and what to do there.

use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use crate::domain::identity_provider::{
    GENERAL, Guide, IdentityProvider, TEST_FAILS, Value, named,
};
use crate::domain::token::{Token, TokenStatus};
use crate::service::mails::BannerFacts;
use crate::web::Shared;
use crate::web::error::PageError;
use crate::web::pages::layout::time::{Moment, utc_date};
use crate::web::pages::layout::{self, Layout, Section};
use crate::web::pages::names::Names;
use crate::web::pages::paths::{IDENTITY_PROVIDER, go_to};
use crate::web::session::{Flash, SignedIn, SignedInForm};

#[derive(Template)]
#[template(path = "identity_provider/page.html")]
struct ProviderPage {
    layout: Layout,
    options: Vec<ProviderOption>,
    choice: Option<ChoiceNote>,
    guide: &'static Guide,
    is_okta: bool,
    fields: Vec<FieldRow>,
    steps: [String; 2],
    fails: Vec<(String, String)>,
}

/// An identity provider to choose.
struct ProviderOption {
    code: &'static str,
    text: &'static str,
    selected: bool,
}

/// Who has chosen, and when.
struct ChoiceNote {
    by: String,
    at: Moment,
}

/// A field of the identity provider.
struct FieldRow {
    name: &'static str,
    note: String,
    kind: FieldKind,
}

/// What belongs into it.
enum FieldKind {
    /// A text that can be copied.
    Entered(String),
    /// A text of a list.
    Chosen(&'static str),
    /// The base URL, which is not configured.
    Unknown,
    /// The token, with what is known of the current one.
    Token { id: String, expiry: String },
}

/// `GET /admin/identity-provider`.
pub(crate) async fn page(
    shared: web::Data<Shared>,
    me: SignedIn,
) -> Result<HttpResponse, PageError> {
    let kept = me.take_kept::<ChoiceFields>(IDENTITY_PROVIDER);
    let known = shared.services.mails.banner_facts().await?;
    let provider = known.provider();
    let guide = provider.map_or(GENERAL, IdentityProvider::guide);
    let option = |one: &IdentityProvider| ProviderOption {
        code: one.guide().code,
        text: one.guide().choice,
        selected: match &kept {
            Some(kept) => kept.idp == one.guide().code,
            None => provider == Some(*one),
        },
    };
    let base_url = shared.site.scim_base_url.as_ref().map(ToString::to_string);
    let fields = guide.fields.iter().map(|field| {
        let reported = if field.is_reported { "reported by customers" } else { "" };
        let notes = [field.note, reported].into_iter().filter(|note| !note.is_empty());
        FieldRow {
            name: field.name,
            note: notes.collect::<Vec<_>>().join(", "),
            kind: FieldKind::new(field.value, base_url.as_deref(), &known),
        }
    });
    let fails =
        TEST_FAILS.iter().map(|(says, remedy)| ((*says).to_owned(), named(remedy, provider)));
    let view = ProviderPage {
        options: IdentityProvider::ALL.iter().map(option).collect(),
        choice: ChoiceNote::new(&shared, &known, &me).await?,
        guide,
        is_okta: guide.name == IdentityProvider::Okta.guide().name,
        fields: fields.collect(),
        steps: guide.steps(),
        fails: fails.collect(),
        layout: Layout::with(&shared, &me, Section::IdentityProvider, &known),
    };
    Ok(layout::page(HttpResponse::Ok(), &view))
}

impl ChoiceNote {
    async fn new(
        shared: &Shared,
        known: &BannerFacts,
        me: &SignedIn,
    ) -> Result<Option<Self>, PageError> {
        let Some(choice) = &known.chosen else { return Ok(None) };
        let names = Names::new(&shared.services.admins.list().await?, me.admin.id);
        let by = if names.is_me(&choice.by) { "You".to_owned() } else { names.text(&choice.by) };
        Ok(Some(Self { by, at: Moment::day(choice.at) }))
    }
}

impl FieldKind {
    fn new(value: Value, base_url: Option<&str>, known: &BannerFacts) -> Self {
        match value {
            Value::BaseUrl => {
                base_url.map_or(Self::Unknown, |base_url| Self::Entered(base_url.to_owned()))
            }
            Value::Entered(text) => Self::Entered(text.to_owned()),
            Value::Chosen(text) => Self::Chosen(text),
            Value::Token => {
                let live = |token: &&Token| token.status(known.now) == TokenStatus::Active;
                let token = known.history.newest.as_ref().filter(live);
                Self::Token {
                    id: token.map(|token| token.id.to_string()).unwrap_or_default(),
                    expiry: token.map(|token| utc_date(token.expires_at)).unwrap_or_default(),
                }
            }
        }
    }
}

/// What the form sends.
#[derive(Deserialize)]
pub(crate) struct ChoiceFields {
    #[serde(default)]
    idp: String,
}

/// `POST /admin/identity-provider`.
pub(crate) async fn choose(
    shared: web::Data<Shared>,
    form: SignedInForm<ChoiceFields>,
) -> Result<HttpResponse, PageError> {
    let SignedInForm { me, fields } = form;
    let Ok(provider) = fields.idp.parse::<IdentityProvider>() else {
        me.leave(&Flash::warning(
            "Nothing was changed.",
            "Choose an identity provider of the list.",
        ));
        return Ok(go_to(IDENTITY_PROVIDER));
    };
    let is_new = shared.services.identity_provider.choose(provider, me.author()).await?;
    let choice = provider.guide().choice;
    me.leave(&if is_new {
        Flash::done(
            format!("Chosen: {choice}."),
            "The token window and the mails use its words from now on.",
        )
    } else {
        Flash::done(format!("{choice} was chosen already."), "Nothing was changed.")
    });
    Ok(go_to(IDENTITY_PROVIDER))
}

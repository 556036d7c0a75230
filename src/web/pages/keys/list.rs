//! `Admin Settings → API keys`.

use actix_web::{HttpResponse, HttpResponseBuilder, web};
use askama::Template;
use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use serde::Deserialize;

use crate::domain::keys::scope::Scope;
use crate::domain::keys::validity::Validity;
use crate::domain::keys::{ApiKey, KeyStatus};
use crate::domain::network::agent::short_name;
use crate::domain::network::source::address_text;
use crate::web::Shared;
use crate::web::error::PageError;
use crate::web::pages::layout::time::{Moment, ago, countdown, utc_date};
use crate::web::pages::layout::{self, Badge, Layout, Section};
use crate::web::pages::names::Names;
use crate::web::pages::paths::API_KEYS;
use crate::web::session::SignedIn;

/// From so long before its end a key wants attention.
const ENDS_SOON: TimeDelta = TimeDelta::days(15);

#[derive(Template)]
#[template(path = "keys/list.html")]
struct ListPage {
    layout: Layout,
    keys: Vec<KeyLine>,
    form: KeyForm,
    command: String,
}

/// A key in the list.
struct KeyLine {
    id: String,
    name: String,
    badge: Option<Badge>,
    /// Whether it has ended: then nothing can be done about it.
    has_ended: bool,
    by: String,
    created: Moment,
    scope: &'static str,
    expires: Moment,
    expires_note: String,
    is_urgent: bool,
    last_used: Option<LastUsed>,
}

/// When a key was used, and where from.
struct LastUsed {
    when: String,
    from: String,
    caller: String,
}

/// The form that makes a key, as it was filled in.
pub(crate) struct KeyForm {
    /// Works for one key.
    request_id: String,
    name: String,
    name_error: Option<String>,
    scopes: Vec<ScopeOption>,
    validities: Vec<ValidityOption>,
}

struct ScopeOption {
    value: &'static str,
    name: &'static str,
    hint: &'static str,
    selected: bool,
}

struct ValidityOption {
    months: u8,
    text: String,
    selected: bool,
}

/// What the form sends, and what is wrong with it.
#[derive(Default, Deserialize)]
pub(crate) struct KeyFields {
    #[serde(default)]
    pub(crate) request_id: String,
    #[serde(default)]
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) scope: String,
    #[serde(default)]
    pub(crate) months: String,
    #[serde(skip)]
    pub(crate) name_error: Option<String>,
}

/// `GET /admin/api-keys`.
pub(crate) async fn page(
    shared: web::Data<Shared>,
    me: SignedIn,
) -> Result<HttpResponse, PageError> {
    let fields = me.take_kept(API_KEYS).unwrap_or_default();
    show(&shared, &me, fields, HttpResponse::Ok()).await
}

/// The page with the form as it was filled in.
pub(crate) async fn show(
    shared: &Shared,
    me: &SignedIn,
    fields: KeyFields,
    answer: HttpResponseBuilder,
) -> Result<HttpResponse, PageError> {
    let keys = shared.services.keys.list().await?;
    let names = Names::new(&shared.services.admins.list().await?, me.admin.id);
    let zone = shared.site.timezone;
    let url = shared.site.public_url.join("/v1/admin/token");
    let view = ListPage {
        layout: Layout::load(shared, me, Section::ApiKeys).await?,
        keys: keys.iter().map(|key| KeyLine::new(key, &names, zone, me.now)).collect(),
        form: KeyForm::new(fields, shared.services.random_text(), me.now),
        command: format!("read -rs KEY\ncurl -sS -H @- {url} <<< \"Authorization: Bearer $KEY\""),
    };
    Ok(layout::page(answer, &view))
}

impl KeyLine {
    fn new(key: &ApiKey, names: &Names, zone: Tz, now: DateTime<Utc>) -> Self {
        let status = key.status(now);
        let ends_soon = key.expires_at - now <= ENDS_SOON;
        let is_live = matches!(status, KeyStatus::Active | KeyStatus::Stopped);
        Self {
            id: key.id.to_string(),
            name: key.name.to_string(),
            badge: badge(status, ends_soon),
            has_ended: !is_live,
            by: maker(key, names),
            created: Moment::day(key.created_at),
            scope: key.scope.name(),
            expires: Moment::day(key.expires_at),
            expires_note: match &key.revocation {
                Some(end) => format!("revoked {}", ago(now, end.at)),
                None => countdown(now, key.expires_at, zone),
            },
            is_urgent: is_live && ends_soon,
            last_used: key.last_use.as_ref().map(|last| LastUsed {
                when: ago(now, last.at),
                from: address_text(last.from),
                caller: short_name(last.agent.as_deref()),
            }),
        }
    }
}

fn badge(status: KeyStatus, ends_soon: bool) -> Option<Badge> {
    match status {
        KeyStatus::Active => ends_soon.then(|| Badge::new("attention", "clock", "Expires soon")),
        KeyStatus::Stopped => Some(Badge::new("attention", "circle-slash", "Stopped")),
        KeyStatus::Expired => Some(Badge::new("neutral", "clock", "Expired")),
        KeyStatus::Revoked => Some(Badge::new("neutral", "circle-slash", "Revoked")),
    }
}

/// `Ada Lovelace (you)`
fn maker(key: &ApiKey, names: &Names) -> String {
    match &key.created_by {
        maker if names.is_me(maker) => format!("{} (you)", maker.name()),
        maker => names.text(maker),
    }
}

impl KeyForm {
    fn new(fields: KeyFields, request_id: String, now: DateTime<Utc>) -> Self {
        let chosen = fields.scope.parse().unwrap_or(Scope::Read);
        let months = fields.months.parse().unwrap_or(Validity::DEFAULT);
        let scope = |scope: Scope| ScopeOption {
            value: scope.as_str(),
            name: scope.name(),
            hint: hint(scope),
            selected: scope == chosen,
        };
        let validity = |validity: Validity| ValidityOption {
            months: validity.months(),
            text: format!("{validity} (until {})", utc_date(validity.expiry(now))),
            selected: validity == months,
        };
        Self {
            request_id,
            name: fields.name,
            name_error: fields.name_error,
            scopes: Scope::ALL.map(scope).into(),
            validities: Validity::ALL.map(validity).into(),
        }
    }
}

const fn hint(scope: Scope) -> &'static str {
    match scope {
        Scope::Read => "Expiry, last use and sync health. Never the token.",
        Scope::Replace => {
            "Everything above, and generate or revoke the SCIM token. Keep it as safe as the token \
             itself."
        }
    }
}

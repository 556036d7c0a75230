//! What all pages have around their content, as the templates need it.

mod banner;
mod navigation;
pub(super) mod notice;
pub(super) mod text;
pub(super) mod time;

use actix_web::{HttpResponse, HttpResponseBuilder};
use askama::Template;
use chrono::{DateTime, Utc};

use self::navigation::{NavItem, navigation};
pub(super) use self::navigation::{Section, page_name};
use self::notice::Notice;
pub(super) use self::notice::limited;
use self::text::{initials, unindented};
use self::time::utc_text;
use crate::service::mails::BannerFacts;
use crate::web::error::PageError;
use crate::web::pages::sync::notice::title_prefix;
use crate::web::session::SignedIn;
use crate::web::{Shared, assets};

/// What a page has around its content; the reader's part is empty without a login.
#[derive(Default)]
pub(super) struct Layout {
    /// The product's name.
    pub(super) product: String,
    /// The host under which people reach it.
    pub(super) host: String,
    /// What the URLs of assets begin with.
    pub(super) assets: &'static str,
    /// What the title begins with while sync does not work.
    pub(super) title_prefix: &'static str,
    /// When the page was made.
    pub(super) printed: String,
    /// The reader's name.
    pub(super) name: String,
    /// Two letters of it.
    pub(super) initials: String,
    /// The reader's address.
    pub(super) email: String,
    /// What every form carries.
    pub(super) csrf: String,
    /// The navigation.
    pub(super) nav: Vec<NavItem>,
    /// Messages and warnings at the top.
    pub(super) notices: Vec<Notice>,
}

/// A word with an icon and a colour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Badge {
    /// `neutral`, `success`, `attention` or `danger`.
    pub(super) tone: &'static str,
    pub(super) icon: &'static str,
    pub(super) text: String,
}

impl Badge {
    pub(super) fn new(tone: &'static str, icon: &'static str, text: impl Into<String>) -> Self {
        Self { tone, icon, text: text.into() }
    }
}

impl Layout {
    /// Around pages that need no login.
    pub(super) fn plain(shared: &Shared, now: DateTime<Utc>) -> Self {
        Self {
            product: shared.site.product_name.clone(),
            host: shared.site.public_url.authority().to_owned(),
            assets: assets::prefix(),
            printed: utc_text(now),
            ..Self::default()
        }
    }

    /// Around a page behind the login, without messages and warnings.
    pub(super) fn without_notices(shared: &Shared, me: &SignedIn, section: Section) -> Self {
        Self {
            name: me.admin.name.to_string(),
            initials: initials(me.admin.name.as_str()),
            email: me.admin.email.to_string(),
            csrf: me.csrf.clone(),
            nav: navigation(section),
            ..Self::plain(shared, me.now)
        }
    }

    /// Around a page behind the login whose handler has read what the banners need.
    pub(super) fn with(
        shared: &Shared,
        me: &SignedIn,
        section: Section,
        known: &BannerFacts,
    ) -> Self {
        let flash = me.take_flash().map(Notice::from);
        let zone = shared.site.timezone;
        let expiry = banner::expiry(known, section, zone);
        let certificate = banner::certificate(known.certificate.as_ref(), me.now, zone);
        let mail = banner::no_mail(&known.health, section);
        let health = known.sync.health;
        // What works needs no telling, and no writing.
        let is_new = me.sees_first(title_prefix(health));
        let sync = banner::sync(known, section, me.admin.id, is_new);
        let warnings = expiry.into_iter().chain(certificate).chain(mail);
        let notices = flash.into_iter().chain(sync).chain(warnings).collect();
        let title_prefix = title_prefix(health);
        Self { title_prefix, notices, ..Self::without_notices(shared, me, section) }
    }

    /// Around any other page behind the login.
    pub(super) async fn load(
        shared: &Shared,
        me: &SignedIn,
        section: Section,
    ) -> Result<Self, PageError> {
        let known = shared.services.mails.banner_facts().await?;
        Ok(Self::with(shared, me, section, &known))
    }
}

/// A page as an answer.
pub(super) fn page(mut answer: HttpResponseBuilder, view: &impl Template) -> HttpResponse {
    match view.render() {
        Ok(html) => answer.content_type("text/html; charset=utf-8").body(unindented(&html)),
        Err(error) => {
            tracing::error!(%error, "a template cannot be rendered");
            HttpResponse::InternalServerError().finish()
        }
    }
}

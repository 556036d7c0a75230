//! `Admin Settings → Authentication`: the SCIM token.

use actix_web::{HttpResponse, web};
use askama::Template;

use super::card::{TokenCard, in_one_line};
use super::form::GenerateForm;
use crate::domain::activity::Kind;
use crate::domain::token::refusal::RecentRefusals;
use crate::web::Shared;
use crate::web::error::PageError;
use crate::web::pages::activity::feed::{self, FeedEntry};
use crate::web::pages::activity::sentence::Part;
use crate::web::pages::admins::card::AdminsCard;
use crate::web::pages::layout::time::utc_text;
use crate::web::pages::layout::{self, Layout, Section};
use crate::web::pages::mails::card::MailCard;
use crate::web::pages::names::Names;
use crate::web::session::SignedIn;

/// Entries on the card `Recent activity`.
const RECENT: usize = 5;
/// They would fill that card.
const LEFT_OUT: [Kind; 3] = [Kind::LoggedIn, Kind::LoggedOut, Kind::LoginFailed];
/// Groups of refused requests on this page; the Activity page has all.
const REFUSED: usize = 5;

#[derive(Template)]
#[template(path = "token/page.html")]
struct AuthenticationPage {
    layout: Layout,
    card: TokenCard,
    form: GenerateForm,
    /// The current token, for the confirmations.
    current: String,
    base_url: String,
    mails: MailCard,
    people: AdminsCard,
    refused_title: String,
    /// What was refused in that time.
    refused: Vec<FeedEntry>,
    feed: Vec<FeedEntry>,
}

/// `GET /admin/authentication`.
pub(crate) async fn page(
    shared: web::Data<Shared>,
    me: SignedIn,
) -> Result<HttpResponse, PageError> {
    let services = &shared.services;
    let overview = services.mails.overview(None).await?;
    let refused = services.usage.recent_refusals().await?;
    let kinds = Kind::ALL.iter().copied().filter(|kind| !LEFT_OUT.contains(kind));
    let recent = services.activity.recent(kinds.collect(), RECENT).await?;
    let (history, now) = (&overview.banner.history, me.now);
    let mails = MailCard::new(&overview, shared.site.timezone);
    let names = Names::new(&overview.admins, me.admin.id);
    let view = AuthenticationPage {
        layout: Layout::with(&shared, &me, Section::Authentication, &overview.banner),
        card: TokenCard::new(history, &mails, &names, now, shared.site.timezone),
        form: GenerateForm::new(history, services.random_text(), now),
        current: history.unrevoked().map(|token| in_one_line(token, now)).unwrap_or_default(),
        base_url: shared.site.public_url.join("/scim/v2"),
        people: AdminsCard::new(&overview.admins, &overview.banner.health, me.admin.id, now),
        mails,
        refused_title: refused_title(&refused),
        refused: feed::refused(refused.groups.get(..REFUSED).unwrap_or(&refused.groups), now),
        feed: feed::entries(&recent, &names, now),
    };
    Ok(layout::page(HttpResponse::Ok(), &view))
}

fn refused_title(refused: &RecentRefusals) -> String {
    match refused.cut_at {
        None => "Refused in the last 24 hours".to_owned(),
        Some(since) => format!("Refused since {}", utc_text(since)),
    }
}

//! `Admin Settings → Authentication`: the SCIM token.

use actix_web::{HttpResponse, web};
use askama::Template;

use super::card::{TokenCard, in_one_line};
use super::form::{Caution, GenerateFields, GenerateForm};
use super::next::NextSteps;
use super::revoke_old::OldToken;
use super::valid_tokens::ValidTokens;
use crate::domain::activity::Kind;
use crate::domain::requests::series::Step;
use crate::domain::token::Token;
use crate::service::mails::BannerFacts;
use crate::web::Shared;
use crate::web::error::PageError;
use crate::web::pages::activity::feed::{self, FeedEntry};
use crate::web::pages::activity::sentence::Part;
use crate::web::pages::admins::card::AdminsCard;
use crate::web::pages::layout::notice::Notice;
use crate::web::pages::layout::time::utc_text;
use crate::web::pages::layout::{self, Layout, Section};
use crate::web::pages::mails::card::MailCard;
use crate::web::pages::names::Names;
use crate::web::pages::paths::GENERATE;
use crate::web::pages::requests::card::RequestsCard;
use crate::web::pages::sync::live::done;
use crate::web::pages::sync::refused::RefusedCard;
use crate::web::session::{Link, SignedIn};

/// Entries on the card `Recent activity`.
const RECENT: usize = 5;
/// They would fill that card.
const LEFT_OUT: [Kind; 4] = [Kind::LoggedIn, Kind::ProofGiven, Kind::LoggedOut, Kind::LoginFailed];

#[derive(Template)]
#[template(path = "token/page.html")]
struct AuthenticationPage {
    layout: Layout,
    card: TokenCard,
    form: GenerateForm,
    /// The current token, for the confirmations.
    current: String,
    /// The old token beside it.
    old: Option<OldToken>,
    valid: Option<ValidTokens>,
    next: NextSteps,
    mails: MailCard,
    people: AdminsCard,
    requests: RequestsCard,
    refused: Option<RefusedCard>,
    feed: Vec<FeedEntry>,
}

/// `GET /admin/authentication`.
pub(crate) async fn page(
    shared: web::Data<Shared>,
    me: SignedIn,
) -> Result<HttpResponse, PageError> {
    let services = &shared.services;
    let kept = me.take_kept::<GenerateFields>(GENERATE);
    services.tokens.show_new_use().await;
    let overview = services.mails.overview(None).await?;
    let refused = RefusedCard::new(&overview.banner.sync, overview.banner.provider(), me.now);
    // What stands on that card is not said twice.
    let is_left_out = |kind: &Kind| {
        LEFT_OUT.contains(kind) || (refused.is_some() && *kind == Kind::RequestsRefused)
    };
    let kinds = Kind::ALL.iter().copied().filter(|kind| !is_left_out(kind));
    let recent = services.activity.recent(kinds.collect(), RECENT).await?;
    let requests = services.requests.overview(Step::Day).await;
    let (history, now) = (&overview.banner.history, me.now);
    let mails = MailCard::new(&overview, shared.site.timezone);
    let names = Names::new(&overview.admins, me.admin.id);
    let mut layout = Layout::with(&shared, &me, Section::Authentication, &overview.banner);
    layout.notices.splice(0..0, generation(&overview.banner));
    let was_used = history.newest.iter().chain(&history.predecessors).any(Token::was_used);
    let view = AuthenticationPage {
        layout,
        card: TokenCard::new(&overview.banner, &mails, &names, shared.site.timezone),
        form: GenerateForm::new(history, kept.as_ref(), services.random_text(), now),
        current: history.unrevoked().map(|token| in_one_line(token, now)).unwrap_or_default(),
        old: OldToken::new(history, now),
        valid: ValidTokens::new(history, now),
        next: NextSteps::new(overview.banner.provider(), &shared.site),
        people: AdminsCard::new(
            &overview.admins,
            &overview.banner.health,
            me.admin.id,
            services.mails.outgoing().extra,
            now,
        ),
        mails,
        requests: RequestsCard::new(requests, was_used, now),
        refused,
        feed: feed::entries(&recent, &names, now),
    };
    Ok(layout::page(HttpResponse::Ok(), &view))
}

/// What has become of a token that was just generated: that it was closed uncopied is said until it
/// is used or replaced.
fn generation(known: &BannerFacts) -> Option<Notice> {
    let BannerFacts { history, now, .. } = known;
    let token = history.unrevoked()?;
    if let Some((title, text)) = done(token, known) {
        return Some(Notice {
            tone: "success",
            icon: "check-circle-fill",
            role: Some("status"),
            takes_focus: false,
            title,
            text,
            marked: false,
            link: None,
        });
    }
    let is_unknown = token.uncopied_at.is_some() && !token.was_used() && *now < token.expires_at;
    let text = if let Some(old) = history.old(*now) {
        let until = utc_text(old.latest_end().unwrap_or(old.expires_at));
        format!(
            "Nobody can display it again. The old token {} still works until {until}. Generate \
             another token before then.",
            old.id
        )
    } else if history.predecessors.is_empty() {
        "Nobody can display it again. Generate another token.".to_owned()
    } else {
        "Nobody can display it again, and the previous token no longer works. SCIM sync stands \
         still until you generate another token and enter it in your identity provider."
            .to_owned()
    };
    is_unknown.then(|| Notice {
        tone: "attention",
        icon: "alert",
        role: Some("status"),
        takes_focus: true,
        title: "The window was closed before the new token was copied".to_owned(),
        text,
        marked: false,
        link: Some(Link::new("#gen-h", "Generate another token")),
    })
}

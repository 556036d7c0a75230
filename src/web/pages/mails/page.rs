//! `Admin Settings → Notifications`: every mail about the newest token, and a test mail.

use actix_web::{HttpResponse, web};
use askama::Template;

use super::card::{Outgoing, about, summary};
use crate::domain::calendar::{date, date_text};
use crate::domain::mail::Occasion;
use crate::domain::mail::milestone::{Milestone, Schedule};
use crate::service::mails::{Delivery, Entry, Overview, State};
use crate::web::Shared;
use crate::web::error::PageError;
use crate::web::pages::layout::time::{Moment, utc_text};
use crate::web::pages::layout::{self, Badge, Layout, Section};
use crate::web::pages::paths::{NOTIFICATIONS, go_to};
use crate::web::session::{Flash, NoFields, SignedIn, SignedInForm};

/// Recipients that are listed for each mail; those with trouble come first.
const SHOWN: usize = 8;

#[derive(Template)]
#[template(path = "mails/page.html")]
struct Page {
    layout: Layout,
    outgoing: Outgoing,
    folder: Option<String>,
    time: String,
    zone: String,
    groups: Vec<Group>,
    empty: &'static str,
}

/// The mails about one occasion.
struct Group {
    title: String,
    badge: Badge,
    mails: Vec<Mail>,
    more: usize,
}

/// A mail to one recipient.
struct Mail {
    name: String,
    address: String,
    answer: Option<String>,
    verb: &'static str,
    at: Moment,
    badge: Badge,
}

/// `GET /admin/notifications`.
pub(crate) async fn page(
    shared: web::Data<Shared>,
    me: SignedIn,
) -> Result<HttpResponse, PageError> {
    let notices = &shared.services.mails;
    let overview = notices.overview(None).await?;
    let schedule = notices.schedule();
    let view = Page {
        layout: Layout::with(&shared, &me, Section::Notifications, &overview.banner),
        outgoing: Outgoing::new(&overview, schedule.zone),
        folder: overview
            .banner
            .health
            .directory
            .as_ref()
            .map(|folder| folder.display().to_string()),
        time: schedule.time.format("%H:%M").to_string(),
        zone: schedule.zone.name().to_owned(),
        groups: groups(&overview, schedule),
        empty: if overview.banner.history.newest.is_some() {
            "There is nobody to tell: no Server Admin is active."
        } else {
            "There is no token, so no mail is planned."
        },
    };
    Ok(layout::page(HttpResponse::Ok(), &view))
}

/// `POST /admin/notifications/test`.
pub(crate) async fn test(
    shared: web::Data<Shared>,
    form: SignedInForm<NoFields>,
) -> Result<HttpResponse, PageError> {
    let me = form.me;
    let email = &me.admin.email;
    me.leave(&match shared.services.mails.test_admin(&me.admin).await? {
        Delivery::Accepted(answer) => Flash::done(
            format!("Test mail sent to {email}."),
            format!("The mail server answered: {answer}"),
        ),
        Delivery::WrittenToFile(sentence) => Flash::warning(
            "The test mail was written to a file and reaches nobody.",
            format!("No mail server is configured. {sentence}"),
        ),
        Delivery::Refused(answer) => Flash::warning(
            format!("The test mail to {email} was not delivered."),
            format!("The mail server's answer, or what kept it from answering: {answer}"),
        ),
    });
    Ok(go_to(NOTIFICATIONS))
}

fn groups(overview: &Overview, schedule: Schedule) -> Vec<Group> {
    let milestones = Milestone::ALL.into_iter().map(Occasion::Expiry);
    let occasions = milestones.chain([Occasion::Generated, Occasion::StillUsed]);
    occasions.filter_map(|occasion| group(overview, occasion, schedule)).collect()
}

fn group(overview: &Overview, occasion: Occasion, schedule: Schedule) -> Option<Group> {
    let mut entries = about(overview, occasion);
    let first = entries.first()?;
    let title = match occasion.milestone() {
        Some(milestone) => {
            format!("{milestone}: {}", date_text(date(first.due_at, schedule.zone)))
        }
        None => occasion.to_string(),
    };
    let badge = summary(&entries);
    entries.sort_by_key(|entry| rank(&entry.state));
    Some(Group {
        title,
        badge,
        more: entries.len().saturating_sub(SHOWN),
        mails: entries.into_iter().take(SHOWN).map(mail).collect(),
    })
}

/// What needs attention comes first.
const fn rank(state: &State) -> u8 {
    match state {
        State::Failed { .. } => 0,
        State::Retrying { .. } => 1,
        State::Sending | State::Due => 2,
        _ => 3,
    }
}

fn mail(entry: &Entry) -> Mail {
    let (verb, at, answer, badge) = match &entry.state {
        State::Planned => {
            ("Planned for", entry.due_at, None, Badge::new("neutral", "clock", "Scheduled"))
        }
        State::Due | State::Sending => {
            ("Due since", entry.due_at, None, Badge::new("neutral", "sync", "Sending"))
        }
        State::Retrying { answer, next_try_at } => (
            "Planned for",
            entry.due_at,
            Some(format!("Next try {}. Last answer: {answer}", utc_text(*next_try_at))),
            Badge::new("attention", "sync", "Retrying"),
        ),
        State::Sent { at } => ("Sent", *at, None, Badge::new("success", "check", "Sent")),
        State::Failed { at, answer } => {
            ("Failed", *at, Some(answer.clone()), Badge::new("danger", "alert", "Failed"))
        }
        State::Superseded => {
            ("Planned for", entry.due_at, None, Badge::new("neutral", "skip", "Superseded"))
        }
        State::Cancelled => {
            ("Planned for", entry.due_at, None, Badge::new("neutral", "circle-slash", "Cancelled"))
        }
    };
    let (name, address) = match &entry.name {
        Some(name) => (name.clone(), entry.address.clone()),
        None => (entry.address.clone(), String::new()),
    };
    Mail { name, address, answer, verb, at: Moment::new(at), badge }
}

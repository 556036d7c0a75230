//! `Admin Settings → Notifications`: every mail about the newest token, and a test mail.

use actix_web::{HttpResponse, web};
use askama::Template;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::Deserialize;

use super::card::{badge, combined_badge, of_kind};
use super::settings::MailSettings;
use super::webhooks::WebhookRow;
use crate::domain::calendar::{date, date_text};
use crate::domain::mail::kind::MailKind;
use crate::domain::mail::milestone::{Milestone, Schedule};
use crate::domain::sync::alarms::Alarm;
use crate::service::mails::{Delivery, ListedMail, MailOverview, MailStatus, TestError};
use crate::web::Shared;
use crate::web::error::PageError;
use crate::web::pages::layout::time::{Moment, zoned_text};
use crate::web::pages::layout::{self, Badge, Layout, Section, limited};
use crate::web::pages::paths::{NOTIFICATIONS, go_to};
use crate::web::session::{Flash, NoFields, SignedIn, SignedInForm};

/// Recipients that are listed for each mail; those with trouble come first.
const SHOWN: usize = 20;

#[derive(Template)]
#[template(path = "mails/page.html")]
struct MailsPage {
    layout: Layout,
    settings: MailSettings,
    me: String,
    webhooks: Vec<WebhookRow>,
    groups: Vec<MailGroup>,
    empty: &'static str,
}

/// The mails of one kind.
struct MailGroup {
    /// What stands in the address of the page to see all recipients.
    code: String,
    title: String,
    /// Whose mail it is.
    subject: Option<String>,
    badge: Badge,
    mails: Vec<MailRow>,
    more: usize,
}

/// A mail to one recipient.
struct MailRow {
    name: String,
    address: String,
    answer: Option<String>,
    verb: &'static str,
    at: Moment,
    badge: Badge,
}

/// What the address of the page says.
#[derive(Deserialize)]
pub(crate) struct Query {
    /// The group of which all recipients are listed.
    #[serde(default)]
    mail: String,
}

/// `GET /admin/notifications?mail=...`.
pub(crate) async fn page(
    shared: web::Data<Shared>,
    me: SignedIn,
    query: web::Query<Query>,
) -> Result<HttpResponse, PageError> {
    let mails = &shared.services.mails;
    let overview = mails.overview(None).await?;
    let webhooks = mails.webhook_overview().await?;
    let schedule = mails.schedule();
    let extra = mails.outgoing().extra;
    let view = MailsPage {
        layout: Layout::with(&shared, &me, Section::Notifications, &overview.banner),
        settings: MailSettings::new(mails, &overview, me.now),
        me: me.admin.email.to_string(),
        webhooks: webhooks.into_iter().map(WebhookRow::from).collect(),
        groups: groups(&overview, schedule, &extra, &query.mail),
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
    let sent = match shared.services.mails.test_own(me.author()).await {
        Ok(sent) => sent,
        Err(TestError::HourlyLimit(limit)) => {
            me.leave(&limited("No test mail was sent.", limit));
            return Ok(go_to(NOTIFICATIONS));
        }
        Err(TestError::Failed(failure)) => return Err(failure.into()),
    };
    me.leave(&match sent {
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

fn groups(
    overview: &MailOverview,
    schedule: Schedule,
    extra: &[String],
    opened: &str,
) -> Vec<MailGroup> {
    let list = List { zone: schedule.zone, extra, opened };
    let milestones = Milestone::ALL.into_iter().map(MailKind::Expiry);
    let others = [MailKind::Generated, MailKind::StillUsed, MailKind::Alarm(Alarm::Revoked)];
    let kinds = milestones.chain(others);
    let about_token = kinds.filter_map(|kind| {
        let mails = of_kind(overview, kind);
        let first = mails.first()?;
        let title = match kind.milestone() {
            Some(_) => titled(kind, first.due_at, schedule),
            None => kind.to_string(),
        };
        Some(list.group((kind.as_str().to_owned(), title), None, mails))
    });
    let about_events = overview.events.iter().map(|event| {
        let title = titled(event.kind, event.at, schedule);
        let code = format!("{}-{}", event.kind.as_str(), event.at.timestamp());
        list.group((code, title), event.subject.clone(), event.mails.iter().collect())
    });
    about_token.chain(about_events).collect()
}

/// `15 days before: 4 Dec 2026`
fn titled(kind: MailKind, at: DateTime<Utc>, schedule: Schedule) -> String {
    format!("{kind}: {}", date_text(date(at, schedule.zone)))
}

/// How the groups list their recipients.
struct List<'a> {
    zone: Tz,
    /// The addresses of teams.
    extra: &'a [String],
    /// The group of which all recipients are listed.
    opened: &'a str,
}

impl List<'_> {
    fn group(
        &self,
        (code, title): (String, String),
        subject: Option<String>,
        mut mails: Vec<&ListedMail>,
    ) -> MailGroup {
        let badge = combined_badge(&mails);
        mails.sort_by_key(|mail| rank(&mail.status));
        let shown = if code == self.opened { mails.len() } else { SHOWN };
        MailGroup {
            code,
            title,
            subject,
            badge,
            more: mails.len().saturating_sub(shown),
            mails: mails.into_iter().take(shown).map(|mail| self.row(mail)).collect(),
        }
    }

    fn row(&self, mail: &ListedMail) -> MailRow {
        let (verb, at, answer) = match &mail.status {
            MailStatus::Planned
            | MailStatus::ReachesNobody
            | MailStatus::Superseded
            | MailStatus::Cancelled => ("Planned for", mail.due_at, None),
            MailStatus::Due | MailStatus::Sending => ("Due since", mail.due_at, None),
            MailStatus::Retrying { answer, next_try_at } => {
                let next = zoned_text(*next_try_at, self.zone);
                let answer = format!("Next try {next}. Last answer: {answer}");
                ("Planned for", mail.due_at, Some(answer))
            }
            MailStatus::Sent { at } => ("Sent", *at, None),
            MailStatus::Written { at, sentence } => ("Written", *at, Some(sentence.clone())),
            MailStatus::Failed { at, answer } => ("Failed", *at, Some(answer.clone())),
        };
        let (name, address) = match &mail.name {
            Some(name) => (name.clone(), mail.address.clone()),
            None if self.extra.contains(&mail.address) => {
                (mail.address.clone(), "team address".to_owned())
            }
            None => (mail.address.clone(), String::new()),
        };
        let at = Moment::in_zone(at, self.zone);
        MailRow { name, address, answer, verb, at, badge: badge(&mail.status) }
    }
}

/// What needs attention comes first.
const fn rank(status: &MailStatus) -> u8 {
    match status {
        MailStatus::Failed { .. } => 0,
        MailStatus::Retrying { .. } => 1,
        MailStatus::Sending | MailStatus::Due => 2,
        _ => 3,
    }
}

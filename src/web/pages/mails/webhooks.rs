//! The card of the webhooks on the Notifications page, and trying one.

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use crate::domain::mail::MailState;
use crate::domain::mail::kind::MailKind;
use crate::domain::mail::recipient::WebhookId;
use crate::service::mails::{Called, LastCall, WebhookError, WebhookOverview};
use crate::web::Shared;
use crate::web::error::PageError;
use crate::web::pages::layout::time::{Moment, utc_text};
use crate::web::pages::layout::{Badge, limited};
use crate::web::pages::paths::{NOTIFICATIONS, go_to};
use crate::web::session::{Flash, SignedInForm};

/// The longest answer of a webhook in a badge, in characters.
const BADGE_LENGTH: usize = 40;

/// A webhook.
pub(crate) struct WebhookRow {
    pub(crate) id: String,
    pub(crate) host: String,
    pub(crate) format: String,
    pub(crate) last: Option<CallRow>,
    pub(crate) is_stopped: bool,
}

/// Its latest call.
pub(crate) struct CallRow {
    pub(crate) at: Moment,
    pub(crate) about: String,
    pub(crate) badge: Badge,
    /// What else there is to say.
    pub(crate) note: Option<String>,
}

/// Which webhook to try.
#[derive(Deserialize)]
pub(crate) struct TestFields {
    #[serde(default)]
    webhook: String,
}

impl From<WebhookOverview> for WebhookRow {
    fn from(webhook: WebhookOverview) -> Self {
        let WebhookOverview { id, host, format, last, is_stopped } = webhook;
        let last = last.map(|last| call_row(&last, is_stopped));
        Self { id: id.to_string(), host, format, last, is_stopped }
    }
}

fn call_row(call: &LastCall, is_stopped: bool) -> CallRow {
    let (badge, note) = match &call.state {
        MailState::Sent { answer, .. } => (Badge::new("success", "check", answer.clone()), None),
        MailState::Retrying { answer, next_try_at, .. } => {
            let (short, long) = shortened(answer);
            let next = utc_text(*next_try_at);
            let note = match long {
                Some(long) => format!("{long}; next try at {next}"),
                None => format!("Next try at {next}"),
            };
            (Badge::new("attention", "sync", format!("{short}, trying again")), Some(note))
        }
        MailState::Failed { answer, .. } => {
            let (short, long) = shortened(answer);
            let end = if is_stopped { "stopped until the next start" } else { "given up" };
            (Badge::new("danger", "alert", format!("{short}, {end}")), long.map(str::to_owned))
        }
        MailState::Waiting => (Badge::new("neutral", "clock", "Waiting"), None),
    };
    // It was no mail.
    let about = if call.kind == MailKind::Test { "Test".to_owned() } else { call.kind.to_string() };
    CallRow { at: Moment::new(call.at), about, badge, note }
}

/// The status alone, and all of an answer that says more.
fn shortened(answer: &str) -> (&str, Option<&str>) {
    let status = answer.split(':').next().unwrap_or_default();
    // A host can begin with digits too.
    let number = status.split(' ').next().unwrap_or_default();
    let is_number = number.len() == 3 && number.bytes().all(|byte| byte.is_ascii_digit());
    let is_status = is_number && status.chars().count() <= BADGE_LENGTH;
    match is_status {
        true if status.len() == answer.len() => (status, None),
        true => (status, Some(answer)),
        false => ("No answer", Some(answer)),
    }
}

/// `POST /admin/notifications/webhooks/test`.
pub(crate) async fn test(
    shared: web::Data<Shared>,
    form: SignedInForm<TestFields>,
) -> Result<HttpResponse, PageError> {
    let SignedInForm { me, fields } = form;
    let id = WebhookId::stored(fields.webhook);
    let called = match shared.services.mails.test_webhook(&id, me.author()).await {
        Ok(called) => called,
        Err(WebhookError::HourlyLimit(limit)) => {
            me.leave(&limited("No test was sent.", limit));
            return Ok(go_to(NOTIFICATIONS));
        }
        Err(WebhookError::Unknown) => return Err(PageError::NotFound),
        Err(WebhookError::Failed(failure)) => return Err(failure.into()),
    };
    let Called { host, answer, is_delivered } = called;
    me.leave(&if is_delivered {
        Flash::done(format!("Test sent to {host}."), format!("It answered: {answer}"))
    } else {
        Flash::warning(
            format!("The test was not delivered to {host}."),
            format!("The webhook's answer, or what kept it from answering: {answer}"),
        )
    });
    Ok(go_to(NOTIFICATIONS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_badge_has_the_status_alone() {
        let long = format!("{}: x", "4".repeat(60));
        for (answer, short, more) in [
            ("200 OK", "200 OK", false),
            ("404 Not Found: no_service", "404 Not Found", true),
            ("ops.example.com cannot be reached: refused", "No answer", true),
            ("127.0.0.1:9000 cannot be reached: refused", "No answer", true),
            ("[::1]:9000 cannot be reached: refused", "No answer", true),
            ("500", "500", false),
            ("Not called: it answered 410 Gone before.", "No answer", true),
            (&long, "No answer", true),
        ] {
            assert_eq!(shortened(answer), (short, more.then_some(answer)), "{answer}");
        }
    }
}

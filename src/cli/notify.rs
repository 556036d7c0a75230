//! `scimward notify`: sends the mails that are due, or lists them as they stand at some time.

use std::process::ExitCode;

use chrono::{DateTime, NaiveDateTime, Utc};
use chrono_tz::Tz;
use clap::Args;
use serde_json::{Value, json};

use super::error::CommandError;
use super::open::open;
use super::output::{OutputFormat, note};
use crate::config::Flags;
use crate::domain::calendar::{self, rfc3339};
use crate::service::Services;
use crate::service::mails::{ListedMail, MailOverview, MailStatus, SendReport};

#[derive(Debug, Args)]
pub(super) struct Command {
    /// List the mails and how they stand; send and change nothing
    #[arg(long)]
    dry_run: bool,
    /// With --dry-run: as it would be at this time, such as 2027-05-07T09:00:00Z or, in the
    /// configured zone, "2027-05-07 09:00"
    #[arg(long, value_name = "TIME", requires = "dry_run")]
    at: Option<TimeArg>,
    #[command(flatten)]
    format: OutputFormat,
}

/// A time as an argument.
#[derive(Debug, Clone)]
enum TimeArg {
    Instant(DateTime<Utc>),
    Local(NaiveDateTime),
}

impl std::str::FromStr for TimeArg {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Ok(instant) = text.parse::<DateTime<Utc>>() {
            return Ok(Self::Instant(instant));
        }
        let text = text.replacen('T', " ", 1);
        let formats = ["%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M"];
        let read = |format| NaiveDateTime::parse_from_str(&text, format).ok();
        formats
            .into_iter()
            .find_map(read)
            .map(Self::Local)
            .ok_or("write 2027-05-07T09:00:00Z, or \"2027-05-07 09:00\" in the configured zone")
    }
}

impl TimeArg {
    fn in_zone(&self, zone: Tz) -> DateTime<Utc> {
        match self {
            Self::Instant(instant) => *instant,
            Self::Local(local) => calendar::instant(local.date(), local.time(), zone),
        }
    }
}

/// Runs the command.
pub(super) async fn run(command: Command, flags: &Flags) -> Result<ExitCode, CommandError> {
    let app = open(flags).await?;
    if !command.dry_run {
        return send(&app.services, &command.format).await;
    }
    let at = command.at.map(|at| at.in_zone(app.services.mails.schedule().zone));
    let overview = app.services.mails.overview(at).await?;
    if !command.format.json {
        note_what_is_missing(&overview);
    }
    command.format.print(
        || overview_json(&overview),
        || listed(&overview).map(line).collect::<Vec<_>>().join("\n"),
    )?;
    Ok(ExitCode::SUCCESS)
}

async fn send(services: &Services, format: &OutputFormat) -> Result<ExitCode, CommandError> {
    let report = services.mails.send_now().await?;
    let after = services.mails.overview(None).await?;
    let SendReport { due, sent, failed, nobody_to_tell, .. } = report;
    let open: Vec<_> = after.all().filter(|mail| mail.status.is_open()).collect();
    // Another instance has these in hand: it sends them, or tries again.
    let elsewhere = open.iter().filter(|mail| mail.status == MailStatus::Sending).count();
    let left = open.len() - elsewhere;
    format.print(
        || json!({ "due": due, "sent": sent, "failed": failed, "left": left, "elsewhere": elsewhere }),
        || match elsewhere {
            0 => format!("{due} due, {sent} sent, {failed} failed, {left} left"),
            _ => format!(
                "{due} due, {sent} sent, {failed} failed, {left} left, {elsewhere} being sent by \
                 another instance"
            ),
        },
    )?;
    if nobody_to_tell {
        note("There is nobody to tell: no Server Admin is active.");
    }
    if let Some(directory) = after.banner.health.directory.as_ref().filter(|_| sent > 0) {
        note(&format!(
            "No mail server is configured: mails were written to {}.",
            directory.display()
        ));
    }
    for mail in open {
        note(&line(mail));
    }
    let done = failed == 0 && left == 0 && !nobody_to_tell;
    Ok(if done { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn note_what_is_missing(overview: &MailOverview) {
    let has_token = overview.banner.history.newest.is_some();
    if !has_token {
        note("There is no token, so nothing is planned.");
    }
    if overview.mails.iter().all(ListedMail::is_for_webhook) && has_token {
        note("There is nobody to tell: no Server Admin is active.");
    }
}

/// Every mail, with those about silence and outages that may come.
fn listed(overview: &MailOverview) -> impl Iterator<Item = &ListedMail> {
    overview.all().chain(&overview.next)
}

/// Status, mail, recipient and due time; the mail server's answer where there is one.
fn line(mail: &ListedMail) -> String {
    let ListedMail { kind, due_at, status, .. } = mail;
    let recipient = mail.shown_recipient();
    let (status_word, due) = (status.word(), rfc3339(*due_at));
    let line = format!("{status_word:<17}  {:<24}  {recipient}  {due}", kind.to_string());
    match status {
        MailStatus::Retrying { answer, next_try_at } => {
            format!("{line}  next try {}: {answer}", rfc3339(*next_try_at))
        }
        MailStatus::Failed { answer, .. } => format!("{line}  {answer}"),
        MailStatus::Sent { at } => format!("{line}  sent {}", rfc3339(*at)),
        MailStatus::Written { at, .. } => format!("{line}  written {}", rfc3339(*at)),
        _ => line,
    }
}

fn overview_json(overview: &MailOverview) -> Value {
    let mails = listed(overview).map(|mail| {
        let (at, answer) = match &mail.status {
            MailStatus::Retrying { answer, next_try_at } => (Some(*next_try_at), Some(answer)),
            MailStatus::Failed { answer, at } => (Some(*at), Some(answer)),
            MailStatus::Sent { at } => (Some(*at), None),
            MailStatus::Written { at, sentence } => (Some(*at), Some(sentence)),
            _ => (None, None),
        };
        let at = at.map(rfc3339);
        let only = |status: &str| at.clone().filter(|_| mail.status.as_str() == status);
        json!({
            "state": mail.status.as_str(),
            "mail": mail.kind.as_str(),
            "recipient": mail.shown_recipient(),
            "due_at": rfc3339(mail.due_at),
            "sent_at": only("sent"),
            "written_at": only("written"),
            "failed_at": only("failed"),
            "next_try_at": only("retrying"),
            "answer": answer,
        })
    });
    json!({ "at": rfc3339(overview.banner.now), "mails": mails.collect::<Vec<_>>() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_an_instant_or_local() {
        for (text, expected) in [
            ("2027-05-07T09:00:00Z", Some("2027-05-07T09:00:00Z")),
            ("2027-05-07T09:00:00+02:00", Some("2027-05-07T07:00:00Z")),
            ("2027-05-07 09:00", Some("2027-05-07T07:00:00Z")),
            ("2027-05-07T09:00:30", Some("2027-05-07T07:00:30Z")),
            ("2027-05-07", None),
            ("tomorrow", None),
        ] {
            let instant = text.parse::<TimeArg>().ok().map(|at| at.in_zone(Tz::Europe__Berlin));

            assert_eq!(instant, expected.map(|text| text.parse().unwrap()), "{text}");
        }
    }
}

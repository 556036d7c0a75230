//! What is configured about mails, as people may see it: never a login.

use chrono::{DateTime, NaiveDate, Utc};

use super::card::OutgoingMail;
use crate::domain::calendar;
use crate::domain::mail::milestone::Schedule;
use crate::service::mails::{MailOverview, Mails, Outgoing};
use crate::web::pages::layout::text::enumerated;

/// The card `Settings`.
pub(crate) struct MailSettings {
    pub(crate) server: Option<String>,
    /// The folder that takes its place.
    pub(crate) folder: String,
    /// Whether mails leave.
    pub(crate) outgoing: OutgoingMail,
    pub(crate) from: String,
    pub(crate) recipients: String,
    /// What the further recipients get.
    pub(crate) extra: &'static str,
    pub(crate) time: String,
    /// The same in UTC, if that differs.
    pub(crate) utc: Option<String>,
}

impl MailSettings {
    /// The settings at `now`.
    pub(crate) fn new(mails: &Mails, overview: &MailOverview, now: DateTime<Utc>) -> Self {
        let Outgoing { server, from, extra } = mails.outgoing();
        let Schedule { zone, time } = mails.schedule();
        let health = &overview.banner.health;
        let folder = health.directory.as_ref().map(|folder| folder.display().to_string());
        let admins = format!("All active Server Admins ({})", health.active_admins);
        let notes = match extra.len() {
            0 => "",
            1 => "The team address gets all mails but invitations and password links.",
            _ => "The team addresses get all mails but invitations and password links.",
        };
        let today = calendar::date(now, zone);
        let instant = calendar::instant(today, time, zone);
        let utc = in_utc(instant, today);
        Self {
            server,
            folder: folder.unwrap_or_default(),
            outgoing: OutgoingMail::new(overview, zone),
            from,
            recipients: enumerated([admins].into_iter().chain(extra)),
            extra: notes,
            time: format!("{} in {}", time.format("%H:%M"), zone.name()),
            utc: (utc != format!("today {} UTC", time.format("%H:%M"))).then_some(utc),
        }
    }
}

/// `today 08:00 UTC`; in some zones it is another day.
fn in_utc(at: DateTime<Utc>, today: NaiveDate) -> String {
    let time = at.format("%H:%M UTC");
    match at.date_naive().signed_duration_since(today).num_days() {
        0 => format!("today {time}"),
        ..0 => format!("{time} of the day before"),
        _ => format!("{time} of the day after"),
    }
}

#[cfg(test)]
mod tests {
    use chrono::NaiveTime;
    use chrono_tz::Tz;

    use super::*;

    #[test]
    fn the_time_of_day_is_told_in_utc() {
        let today: NaiveDate = "2027-03-07".parse().unwrap();
        let nine: NaiveTime = "09:00:00".parse().unwrap();
        for (zone, text) in [
            (Tz::Europe__Berlin, "today 08:00 UTC"),
            (Tz::Pacific__Auckland, "20:00 UTC of the day before"),
            (Tz::Pacific__Honolulu, "today 19:00 UTC"),
        ] {
            assert_eq!(in_utc(calendar::instant(today, nine, zone), today), text);
        }
        let late: NaiveTime = "20:00:00".parse().unwrap();
        let honolulu = calendar::instant(today, late, Tz::Pacific__Honolulu);
        assert_eq!(in_utc(honolulu, today), "06:00 UTC of the day after");
    }
}

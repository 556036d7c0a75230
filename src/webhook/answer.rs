//! What a receiver's answer means, and what is kept of it: one line without our secrets.

use chrono::{DateTime, TimeDelta, Utc};

use super::client::Received;
use crate::domain::masking::{MASK, fit_for_log};
use crate::mail::echo::without;

/// The longest wait that a receiver may ask for.
const LONGEST_WAIT: TimeDelta = TimeDelta::hours(6);

/// What has become of a try; the answer says what the receiver said, or why it said nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The receiver took it.
    Delivered(String),
    /// Trying again may help.
    Later {
        /// The answer.
        answer: String,
        /// How long to wait, if the receiver asks for it.
        wait: Option<TimeDelta>,
    },
    /// Trying again would not help.
    Refused(String),
    /// The receiver is gone and wants nothing more.
    Gone(String),
}

/// Judges an answer at `now`. `spoken`, parts of the URL, are cut out of what is kept of it.
pub(super) fn judge(received: &Received, spoken: &[String], now: DateTime<Utc>) -> Outcome {
    let Received { status, reason, body, retry_after } = received;
    let line = format!("{status} {reason}");
    let line = line.trim_end();
    let said = spoken.iter().fold(body.clone(), |said, part| unspoken(&said, part));
    let said = fit_for_log(said.trim());
    let with_body = if said.is_empty() { line.to_owned() } else { format!("{line}: {said}") };
    match status {
        200..=299 => Outcome::Delivered(line.to_owned()),
        300..=399 => Outcome::Refused(format!(
            "{line}: redirects are not followed, so configure the URL to which it leads"
        )),
        410 => Outcome::Gone(line.to_owned()),
        429 => {
            let wait = retry_after.as_deref().and_then(|text| wait(text, now));
            Outcome::Later { answer: with_body, wait }
        }
        400..=499 if *status != 408 => Outcome::Refused(with_body),
        _ => Outcome::Later { answer: with_body, wait: None },
    }
}

/// `said` without a part of the URL: where it stands as in a URL, and anywhere if it is no word.
fn unspoken(said: &str, part: &str) -> String {
    let said = ['/', '='].iter().fold(said.to_owned(), |said, mark| {
        said.replace(&format!("{mark}{part}"), &format!("{mark}{MASK}"))
    });
    let is_word = !part.bytes().any(|byte| byte.is_ascii_digit());
    if is_word { said } else { without(&said, part) }
}

/// Seconds, or a date (RFC 9110 section 10.2.3).
fn wait(text: &str, now: DateTime<Utc>) -> Option<TimeDelta> {
    let text = text.trim();
    let wait = if text.bytes().all(|byte| byte.is_ascii_digit()) && !text.is_empty() {
        // More digits than fit are a long time too.
        TimeDelta::try_seconds(text.parse().unwrap_or(i64::MAX)).unwrap_or(LONGEST_WAIT)
    } else {
        DateTime::parse_from_rfc2822(text).ok()?.to_utc() - now
    };
    Some(wait.clamp(TimeDelta::zero(), LONGEST_WAIT))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<Utc> {
        "2026-12-04T09:00:00Z".parse().unwrap()
    }

    fn judged(status: u16, body: &str, retry_after: Option<&str>) -> Outcome {
        let received = Received {
            status,
            reason: "Reason".to_owned(),
            body: body.to_owned(),
            retry_after: retry_after.map(str::to_owned),
        };
        judge(&received, &["B0SECRETx1".to_owned()], now())
    }

    #[test]
    fn an_answer_is_taken_put_off_refused_or_the_end() {
        let later = |status, wait| Outcome::Later { answer: format!("{status} Reason"), wait };
        for status in [200, 202, 204, 299] {
            let taken = Outcome::Delivered(format!("{status} Reason"));
            assert_eq!(judged(status, "ignored", None), taken);
        }
        for status in [300, 301, 302, 307, 308] {
            let outcome = judged(status, "", None);
            assert!(matches!(outcome, Outcome::Refused(_)), "{outcome:?}");
        }
        for status in [400, 401, 403, 404, 405, 413, 422] {
            assert_eq!(judged(status, "", None), Outcome::Refused(format!("{status} Reason")));
        }
        for status in [408, 500, 502, 503, 504, 599, 100, 600] {
            assert_eq!(judged(status, "", Some("7")), later(status, None));
        }
        assert_eq!(judged(410, "", None), Outcome::Gone("410 Reason".to_owned()));
        for (text, seconds) in [
            (None, None),
            (Some("120"), Some(120)),
            (Some(" 0 "), Some(0)),
            (Some("99999999999999999999999"), Some(6 * 3600)),
            (Some("Fri, 04 Dec 2026 09:05:00 GMT"), Some(300)),
            (Some("Fri, 04 Dec 2026 08:00:00 GMT"), Some(0)),
            (Some("-5"), None),
            (Some("soon"), None),
            (Some(""), None),
        ] {
            let wait = seconds.map(TimeDelta::seconds);
            assert_eq!(judged(429, "", text), later(429, wait), "{text:?}");
        }
    }

    #[test]
    fn words_of_our_url_are_not_kept_either() {
        let received = Received {
            status: 404,
            reason: "Not Found".to_owned(),
            body: r#"Cannot POST /hooks/correct-horse?key=battery (hooks) {"u":"\/correct-horse"}"#
                .to_owned(),
            retry_after: None,
        };
        let spoken = ["correct-horse", "battery"].map(str::to_owned);

        let judged = judge(&received, &spoken, now());

        let said = r#"404 Not Found: Cannot POST /hooks/***?key=*** (hooks) {"u":"\/***"}"#;
        assert_eq!(judged, Outcome::Refused(said.to_owned()));
    }

    #[test]
    fn what_a_receiver_repeats_is_kept_without_secrets() {
        let body = "no\r\n\u{1b}hook b0secretX1, token scimw_W8pG2wXc";
        let Outcome::Refused(answer) = judged(404, body, None) else { panic!("not refused") };
        assert!(answer.starts_with("404 Reason: no"), "{answer}");
        for hidden in ["b0secret", "scimw", "\u{1b}", "\n"] {
            assert!(!answer.contains(hidden), "{answer}");
        }
    }
}

//! Texts that become values, where the type has no parser of its own or its error says too little.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use chrono::{NaiveTime, TimeDelta};
use chrono_tz::Tz;
use tracing::Level;

use crate::domain::admin::person::EmailAddress;
use crate::domain::sync::silence::SilenceRule;
use crate::domain::visible::is_invisible;
use crate::telemetry::LogFormat;

/// A century and a half is long enough, and no calculation with it fails.
const DAYS: &str = "a whole number of days from 1 to 65535";

pub(super) fn address(text: &str) -> Result<SocketAddr, String> {
    trimmed(text, "an address and a port, such as 127.0.0.1:8080 or [::1]:8080")
}

pub(super) fn flag(text: &str) -> Result<bool, String> {
    trimmed(text, "true or false")
}

pub(super) fn days(text: &str) -> Result<TimeDelta, String> {
    let days = trimmed::<u16>(text, DAYS)?;
    if days == 0 {
        return Err(format!("{text:?} is not {DAYS}: the activity would be removed at once"));
    }
    Ok(TimeDelta::days(days.into()))
}

pub(super) fn keep_alive(text: &str) -> Result<Duration, String> {
    seconds(text, 1..=3600)
}

pub(super) fn database_wait(text: &str) -> Result<Duration, String> {
    seconds(text, 0..=86_400)
}

fn seconds(text: &str, range: RangeInclusive<u64>) -> Result<Duration, String> {
    let seconds = text.trim().parse().ok().filter(|seconds| range.contains(seconds));
    let seconds = seconds.ok_or_else(|| {
        format!("{text:?} is not a number of seconds, {} to {}", range.start(), range.end())
    });
    seconds.map(Duration::from_secs)
}

pub(super) fn silence(text: &str) -> Result<SilenceRule, String> {
    trimmed(text, "auto, off, or a number of days from 1 to 365")
}

pub(super) fn zone(text: &str) -> Result<Tz, String> {
    trimmed(text, "a time zone, such as Europe/Berlin")
}

fn trimmed<T: FromStr>(text: &str, expected: &str) -> Result<T, String> {
    text.trim().parse().map_err(|_unreadable| format!("{text:?} is not {expected}"))
}

pub(super) fn path(text: &str) -> Result<PathBuf, Infallible> {
    text.parse()
}

pub(super) fn email_addresses(text: &str) -> Result<Vec<EmailAddress>, String> {
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    parts.map(|part| part.parse().map_err(|error| format!("{part:?}: {error}"))).collect()
}

pub(super) fn time_of_day(text: &str) -> Result<NaiveTime, String> {
    NaiveTime::parse_from_str(text, "%H:%M")
        .map_err(|_unreadable| format!("{text:?} is not a time of day, such as 09:00"))
}

pub(super) fn log_level(text: &str) -> Result<Level, String> {
    match text {
        "error" => Ok(Level::ERROR),
        "warn" => Ok(Level::WARN),
        "info" => Ok(Level::INFO),
        "debug" => Ok(Level::DEBUG),
        "trace" => Ok(Level::TRACE),
        _ => Err(format!("{text:?} is not one of error, warn, info, debug and trace")),
    }
}

pub(super) fn log_format(text: &str) -> Result<LogFormat, String> {
    match text {
        "text" => Ok(LogFormat::Text),
        "json" => Ok(LogFormat::Json),
        _ => Err(format!("{text:?} is neither text nor json")),
    }
}

pub(super) fn product_name(text: &str) -> Result<String, &'static str> {
    let name = text.trim();
    if name.is_empty() || name.chars().count() > 60 || name.chars().any(is_invisible) {
        return Err(
            "the name must have 1 to 60 characters, none of them a line break or invisible",
        );
    }
    Ok(name.to_owned())
}

//! Failed logins in the activity list: strangers cause them, so they cost a bounded number of rows.
//!
//! Those of one source and hour are one entry with a count and the addresses that were tried. When
//! there are very many sources, those of further ones are counted together.

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::activity::timeline::Cursor;
use crate::domain::activity::tried::add_address;
use crate::domain::activity::{Event, Kind, Recorded};
use crate::domain::admin::actor::Actor;
use crate::domain::admin::person::EmailAddress;
use crate::domain::network::source::Source;
use crate::domain::network::source_network;
use crate::store::{Conn, StoreError, activity};

/// Sources that have an entry of their own within an hour.
const SOURCES: usize = 200;
/// The seconds of an hour.
const HOUR: i64 = 60 * 60;

/// The address that was tried, as it is recorded and logged.
pub(super) fn shown(email: Option<&EmailAddress>) -> &str {
    email.map_or("an unreadable address", EmailAddress::as_str)
}

/// Records a failed login with this address, if it is one.
pub(crate) fn record(
    conn: &mut Conn,
    email: Option<&EmailAddress>,
    source: &Source,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let email = shown(email);
    let entries = of_hour(conn, now)?;
    let network = |source: &Source| source.address.map(source_network);
    let of = |from| entries.iter().find(|entry| network(&entry.event.source) == from);
    let own = of(network(source));
    let is_apart = own.is_some() || entries.len() < SOURCES;
    let (entry, source) =
        if is_apart { (own, source.clone()) } else { (of(None), Source::default()) };
    let tried = entry.and_then(|entry| entry.event.subject.as_deref()).unwrap_or_default();
    let event =
        Event::new(now, Kind::LoginFailed, Actor::System, source).about(add_address(tried, email));
    activity::count(conn, entry.map(|entry| entry.id), &event)?;
    Ok(())
}

/// The entries of this hour, newest first.
fn of_hour(conn: &mut Conn, now: DateTime<Utc>) -> Result<Vec<Recorded>, StoreError> {
    let begin = now - TimeDelta::seconds(now.timestamp().rem_euclid(HOUR));
    let end = Cursor { at: begin + TimeDelta::seconds(HOUR), id: 0 };
    let mut entries = activity::page(conn, Some(end), &[Kind::LoginFailed], SOURCES + 1)?;
    entries.retain(|entry| entry.event.at >= begin);
    Ok(entries)
}

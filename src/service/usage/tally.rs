//! Requests that are not yet written, by hour and by caller and day.

use std::collections::BTreeMap;
use std::net::IpAddr;

use chrono::{DateTime, Utc};

use crate::domain::requests::caller::CallerEntry;
use crate::domain::requests::callers::Callers;
use crate::domain::requests::hours::HourCount;
use crate::domain::requests::{Outcome, day, hour};
use crate::domain::token::secret::TokenId;
use crate::store::requests::{callers, hours};
use crate::store::{Conn, StoreError};

/// Counts requests.
#[derive(Debug, Clone, Default)]
pub(super) struct Tally {
    hours: BTreeMap<DateTime<Utc>, HourCount>,
    days: BTreeMap<DateTime<Utc>, Callers>,
}

impl Tally {
    /// Counts a request of a token, an address and a name.
    pub(super) fn count(
        &mut self,
        caller: (Option<&TokenId>, IpAddr, Option<&str>),
        outcome: Outcome,
        now: DateTime<Utc>,
    ) {
        self.hours.entry(hour(now)).or_default().add(outcome, now);
        self.days.entry(day(now)).or_default().count(caller, outcome, now);
    }

    /// Adds what was counted elsewhere.
    pub(super) fn absorb(&mut self, other: Self) {
        for (hour, count) in other.hours {
            let known = self.hours.entry(hour).or_default();
            *known = known.plus(count);
        }
        for (day, callers) in other.days {
            let known = self.days.entry(day).or_default();
            for entry in callers.entries() {
                known.add(entry);
            }
        }
    }

    /// Adds everything to what is stored, and a row for every hour in which this process `ran`; returns
    /// the callers that were accepted for the first time with their token.
    pub(super) fn write(
        mut self,
        conn: &mut Conn,
        ran: Vec<DateTime<Utc>>,
    ) -> Result<Vec<CallerEntry>, StoreError> {
        for hour in ran {
            self.hours.entry(hour).or_default();
        }
        for (hour, count) in self.hours {
            hours::add(conn, hour, count)?;
        }
        let mut new = Vec::new();
        for (day, callers) in self.days {
            new.append(&mut write_day(conn, day, callers)?);
        }
        Ok(new)
    }
}

fn write_day(
    conn: &mut Conn,
    day: DateTime<Utc>,
    counted: Callers,
) -> Result<Vec<CallerEntry>, StoreError> {
    let stored = callers::of_day(conn, day)?;
    let mut new = Vec::new();
    let mut all = stored.clone();
    for mut entry in counted.entries() {
        let today = stored.iter().find(|known| known.caller == entry.caller);
        let before = match today {
            None => callers::earlier(conn, &entry.caller, day)?,
            Some(_) => None,
        };
        let was_accepted = today.is_some_and(|known| known.count.accepted > 0)
            || before.is_some_and(|before| before.was_accepted);
        if entry.count.accepted > 0 && !was_accepted && !entry.caller.is_others() {
            new.push(entry.clone());
        }
        if let Some(before) = before {
            entry.count.first_at = before.first_at;
        }
        all.push(entry);
    }
    // Who is known for longer came first.
    all.sort_by_key(|entry| entry.count.first_at);
    let mut merged = Callers::default();
    for entry in all {
        merged.add(entry);
    }
    let merged: Vec<_> = merged.entries().collect();
    callers::replace(conn, day, &stored, &merged)?;
    new.retain(|new| merged.iter().any(|kept| kept.caller == new.caller));
    Ok(new)
}

//! Requests by hour.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use crate::domain::requests::hours::{HourCount, RunningHour};
use crate::store::database::connection::Conn;
use crate::store::error::StoreError;
use crate::store::row::{instant, seconds};
use crate::store::schema::request_hours as hours;

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = hours, treat_none_as_null = true)]
struct Row {
    hour: i64,
    accepted: i64,
    refused: i64,
    first_accepted_at: Option<i64>,
    last_accepted_at: Option<i64>,
}

/// Adds to the requests of an hour; without any, says that an instance ran. The transaction must hold
/// [`super::super::Lock::Usage`].
pub fn add(conn: &mut Conn, hour: DateTime<Utc>, count: HourCount) -> Result<(), StoreError> {
    let stored = hours::table.find(seconds(hour)).select(Row::as_select());
    let Some(stored) = stored.first::<Row>(conn).optional()? else {
        let row = Row::from(RunningHour { hour, count });
        diesel::insert_into(hours::table).values(row).execute(conn)?;
        return Ok(());
    };
    if count == HourCount::default() {
        return Ok(());
    }
    let stored = RunningHour::try_from(stored)?;
    let row = Row::from(RunningHour { hour, count: stored.count.plus(count) });
    diesel::update(hours::table.find(row.hour)).set(&row).execute(conn)?;
    Ok(())
}

/// Every hour since `since` in which an instance ran, in order.
pub fn since(conn: &mut Conn, since: DateTime<Utc>) -> Result<Vec<RunningHour>, StoreError> {
    let rows = hours::table
        .filter(hours::hour.ge(seconds(since)))
        .order(hours::hour.asc())
        .select(Row::as_select())
        .load::<Row>(conn)?;
    rows.into_iter().map(RunningHour::try_from).collect()
}

/// The first hour that was counted and is still kept.
pub fn first(conn: &mut Conn) -> Result<Option<DateTime<Utc>>, StoreError> {
    let hour = hours::table.order(hours::hour.asc()).select(hours::hour).first(conn);
    hour.optional()?.map(instant).transpose()
}

/// The first hour in which a request was accepted, of those that are kept.
pub fn first_accepted(conn: &mut Conn) -> Result<Option<DateTime<Utc>>, StoreError> {
    let accepted = hours::table.filter(hours::first_accepted_at.is_not_null());
    let hour = accepted.order(hours::hour.asc()).select(hours::hour).first(conn);
    hour.optional()?.map(instant).transpose()
}

/// The last hour before `hour` in which a request was accepted.
pub fn accepted_before(
    conn: &mut Conn,
    hour: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>, StoreError> {
    let accepted = hours::table.filter(hours::first_accepted_at.is_not_null());
    let before = accepted.filter(hours::hour.lt(seconds(hour))).order(hours::hour.desc());
    let hour = before.select(hours::hour).first(conn);
    hour.optional()?.map(instant).transpose()
}

/// How many hours from `first` until the one of `last` had an instance that ran.
pub fn count(
    conn: &mut Conn,
    first: DateTime<Utc>,
    last: DateTime<Utc>,
) -> Result<i64, StoreError> {
    let between = hours::hour.ge(seconds(first)).and(hours::hour.lt(seconds(last)));
    Ok(hours::table.filter(between).count().get_result(conn)?)
}

impl From<RunningHour> for Row {
    fn from(RunningHour { hour, count }: RunningHour) -> Self {
        Self {
            hour: seconds(hour),
            accepted: i64::try_from(count.accepted).unwrap_or(i64::MAX),
            refused: i64::try_from(count.refused).unwrap_or(i64::MAX),
            first_accepted_at: count.accepted_at.map(|(first, _)| seconds(first)),
            last_accepted_at: count.accepted_at.map(|(_, last)| seconds(last)),
        }
    }
}

impl TryFrom<Row> for RunningHour {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let accepted_at = match (row.first_accepted_at, row.last_accepted_at) {
            (Some(first), Some(last)) => Some((instant(first)?, instant(last)?)),
            _ => None,
        };
        let count = HourCount {
            accepted: u64::try_from(row.accepted).unwrap_or_default(),
            refused: u64::try_from(row.refused).unwrap_or_default(),
            accepted_at,
        };
        Ok(Self { hour: instant(row.hour)?, count })
    }
}

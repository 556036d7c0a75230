//! Mails: one row for each recipient of each.

mod record;
pub mod sending;

use chrono::{DateTime, Utc};
use diesel::dsl::{auto_type, max, min};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};

use self::record::{Row, parse};
use super::database::connection::Conn;
use super::error::StoreError;
use super::row::{instant, seconds};
use super::schema::{mails, server_admins};
use crate::domain::admin::person::AdminId;
use crate::domain::mail::about::{About, EventKey};
use crate::domain::mail::kind::MailKind;
use crate::domain::mail::milestone::{Milestone, StartedMilestone};
use crate::domain::mail::recipient::{Recipient, WebhookId};
use crate::domain::mail::{Mail, MailId};
use crate::domain::token::secret::TokenId;

/// The stored form of any webhook, as a pattern.
const WEBHOOKS: &str = "webhook:%";

/// How mails have fared lately.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LastResults {
    /// When the mail server last accepted a mail.
    pub sent_at: Option<DateTime<Utc>>,
    /// When a mail last failed permanently.
    pub failed_at: Option<DateTime<Utc>>,
}

/// Adds a mail for every active Server Admin; returns how many.
///
/// # Errors
/// [`StoreError::Conflict`] if one of them has it already.
pub fn insert_for_admins(
    conn: &mut Conn,
    kind: MailKind,
    about: &About,
    due_at: DateTime<Utc>,
) -> Result<usize, StoreError> {
    let active = server_admins::table.filter(server_admins::active.eq(true)).select((
        kind.as_str().into_sql::<Text>(),
        about.token().map(TokenId::as_str).into_sql::<Nullable<Text>>(),
        about.event().map(EventKey::as_str).into_sql::<Nullable<Text>>(),
        server_admins::id.nullable(),
        server_admins::email,
        seconds(due_at).into_sql::<BigInt>(),
        0_i64.into_sql::<BigInt>(),
    ));
    Ok(diesel::insert_into(mails::table)
        .values(active)
        .into_columns((
            mails::kind,
            mails::token_id,
            mails::event,
            mails::admin_id,
            mails::address,
            mails::due_at,
            mails::attempts,
        ))
        .execute(conn)?)
}

/// Adds a mail for one recipient.
///
/// # Errors
/// [`StoreError::Conflict`] if the recipient has it already.
pub fn insert(
    conn: &mut Conn,
    kind: MailKind,
    about: &About,
    recipient: &Recipient,
    due_at: DateTime<Utc>,
) -> Result<MailId, StoreError> {
    let id = diesel::insert_into(mails::table)
        .values((
            mails::kind.eq(kind.as_str()),
            mails::token_id.eq(about.token().map(TokenId::as_str)),
            mails::event.eq(about.event().map(EventKey::as_str)),
            mails::admin_id.eq(recipient.admin().map(|id| id.0)),
            mails::address.eq(recipient.to_string()),
            mails::due_at.eq(seconds(due_at)),
            mails::attempts.eq(0),
        ))
        .returning(mails::id)
        .get_result(conn)?;
    Ok(MailId(id))
}

/// Whether a mail of this kind about the same exists, to any recipient.
pub fn exists(conn: &mut Conn, kind: MailKind, about: &About) -> Result<bool, StoreError> {
    any(conn, kind, about, "")
}

/// Whether a mail of this kind about the same exists, to a person.
pub fn exists_for_people(
    conn: &mut Conn,
    kind: MailKind,
    about: &About,
) -> Result<bool, StoreError> {
    any(conn, kind, about, WEBHOOKS)
}

/// Whether there is such a mail to a recipient whose stored form is not like `others`.
fn any(conn: &mut Conn, kind: MailKind, about: &About, others: &str) -> Result<bool, StoreError> {
    let of_kind = mails::table.filter(mails::kind.eq(kind.as_str())).select(mails::id).into_boxed();
    let same = match about {
        About::Token(id) => of_kind.filter(mails::token_id.eq(id.as_str())),
        About::Event(key) => of_kind.filter(mails::event.eq(key.as_str())),
        About::Request => return Ok(false),
    };
    let same = same.filter(mails::address.not_like(others));
    Ok(same.first::<i64>(conn).optional()?.is_some())
}

/// When the first mail of this kind about an event became due.
pub fn due_at(
    conn: &mut Conn,
    kind: MailKind,
    event: &EventKey,
) -> Result<Option<DateTime<Utc>>, StoreError> {
    let of_kind = mails::table.filter(mails::kind.eq(kind.as_str()));
    let first = of_kind.filter(mails::event.eq(event.as_str())).select(min(mails::due_at));
    first.first::<Option<i64>>(conn)?.map(instant).transpose()
}

/// The milestones of which at least one mail was sent, each with the time of the first.
pub fn started_milestones(
    conn: &mut Conn,
    token: &TokenId,
) -> Result<Vec<StartedMilestone>, StoreError> {
    let rows: Vec<(String, Option<i64>)> = mails::table
        .filter(mails::token_id.eq(token.as_str()))
        .group_by(mails::kind)
        .select((mails::kind, min(mails::sent_at)))
        .load(conn)?;
    let started = rows.into_iter().filter_map(|(kind, sent_at)| {
        let milestone = kind.parse::<MailKind>().ok()?.milestone()?;
        Some(instant(sent_at?).map(|at| StartedMilestone { milestone, at }))
    });
    started.collect()
}

/// The milestones of which at least one mail was sent or has failed.
pub fn settled_milestones(conn: &mut Conn, token: &TokenId) -> Result<Vec<Milestone>, StoreError> {
    let kinds: Vec<String> = mails::table
        .filter(mails::token_id.eq(token.as_str()))
        .filter(mails::sent_at.is_not_null().or(mails::failed_at.is_not_null()))
        .select(mails::kind)
        .distinct()
        .load(conn)?;
    let milestones = kinds.iter().filter_map(|kind| kind.parse::<MailKind>().ok()?.milestone());
    Ok(milestones.collect())
}

/// Makes the mails of a kind about the same mails of another kind.
pub fn set_kind(
    conn: &mut Conn,
    was: MailKind,
    is: MailKind,
    about: &About,
) -> Result<(), StoreError> {
    let token = about.token().map(TokenId::as_str);
    let same = mails::table.filter(mails::kind.eq(was.as_str()).and(mails::token_id.eq(token)));
    diesel::update(same).set(mails::kind.eq(is.as_str())).execute(conn)?;
    Ok(())
}

/// The mail with this key.
pub fn by_id(conn: &mut Conn, id: MailId) -> Result<Option<Mail>, StoreError> {
    let row = mails::table.find(id.0).select(Row::as_select()).first::<Row>(conn);
    row.optional()?.map(Mail::try_from).transpose()
}

/// All mails about a token, in the order in which they were added.
pub fn of_token(conn: &mut Conn, token: &TokenId) -> Result<Vec<Mail>, StoreError> {
    let rows = mails::table
        .filter(mails::token_id.eq(token.as_str()))
        .order(mails::id.asc())
        .select(Row::as_select())
        .load(conn)?;
    parse(rows)
}

/// All mails about an event, in the order in which they were added.
pub fn of_event(conn: &mut Conn, event: &EventKey) -> Result<Vec<Mail>, StoreError> {
    let rows = mails::table
        .filter(mails::event.eq(event.as_str()))
        .order(mails::id.asc())
        .select(Row::as_select())
        .load(conn)?;
    parse(rows)
}

/// The newest mail to each active Server Admin that was sent, or could not be.
pub fn newest_of_admins(conn: &mut Conn) -> Result<Vec<Mail>, StoreError> {
    // One look into the index for each admin, however many mails there are.
    let newest = mails::table
        .filter(mails::admin_id.eq(server_admins::id.nullable()))
        .filter(tried())
        .order(mails::id.desc())
        .select(mails::id)
        .single_value();
    let newest: Vec<Option<i64>> =
        server_admins::table.filter(server_admins::active.eq(true)).select(newest).load(conn)?;
    let newest = newest.into_iter().flatten();
    parse(mails::table.filter(mails::id.eq_any(newest)).select(Row::as_select()).load(conn)?)
}

/// The newest mail to an admin that was sent, or could not be.
pub fn newest_of(conn: &mut Conn, admin: AdminId) -> Result<Option<Mail>, StoreError> {
    let row = mails::table
        .filter(mails::admin_id.eq(admin.0))
        .filter(tried())
        .order(mails::id.desc())
        .select(Row::as_select())
        .first::<Row>(conn);
    row.optional()?.map(Mail::try_from).transpose()
}

/// That a mail was sent, or could not be.
#[auto_type]
fn tried() -> _ {
    let ended = mails::sent_at.is_not_null().or(mails::failed_at.is_not_null());
    ended.or(mails::tried_at.is_not_null())
}

/// The newest mails to a webhook, newest first.
pub fn newest_of_webhook(
    conn: &mut Conn,
    id: &WebhookId,
    count: i64,
) -> Result<Vec<Mail>, StoreError> {
    let recipient = Recipient::Webhook(id.clone()).to_string();
    let rows = mails::table
        .filter(mails::admin_id.is_null().and(mails::address.eq(recipient)))
        .order(mails::id.desc())
        .limit(count)
        .select(Row::as_select())
        .load(conn)?;
    parse(rows)
}

/// When an admin asked for a test mail, after `after` and up to `until`.
pub fn times_of_tests(
    conn: &mut Conn,
    admin: AdminId,
    after: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<Vec<DateTime<Utc>>, StoreError> {
    let times: Vec<i64> = mails::table
        .filter(mails::admin_id.eq(admin.0).and(mails::kind.eq(MailKind::Test.as_str())))
        .filter(mails::due_at.gt(seconds(after)).and(mails::due_at.le(seconds(until))))
        .select(mails::due_at)
        .load(conn)?;
    times.into_iter().map(instant).collect()
}

/// When a mail was last accepted and when one last failed permanently: not to an address that was
/// somebody's before an event, because nobody has to mend it.
pub fn last_results(conn: &mut Conn) -> Result<LastResults, StoreError> {
    // Each by itself is the end of an index; together they would be a look at every mail.
    let to_people = mails::table.filter(mails::address.not_like(WEBHOOKS));
    let sent = to_people.filter(mails::sent_at.is_not_null()).select(max(mails::sent_at));
    let failed = to_people
        .filter(mails::failed_at.is_not_null())
        .filter(mails::event.is_null().or(mails::admin_id.is_not_null()))
        .select(max(mails::failed_at));
    let last = (sent.single_value(), failed.single_value());
    let (sent, failed): (Option<i64>, Option<i64>) = diesel::select(last).first(conn)?;
    Ok(LastResults {
        sent_at: sent.map(instant).transpose()?,
        failed_at: failed.map(instant).transpose()?,
    })
}

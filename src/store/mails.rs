//! Mails: one row for each recipient of each.

use chrono::{DateTime, Utc};
use diesel::dsl::{max, min};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::database::connection::Conn;
use super::error::StoreError;
use super::row::{corrupt, instant, parse_token_id, seconds};
use super::schema::{mails, server_admins};
use crate::domain::admin::person::{AdminId, EmailAddress};
use crate::domain::mail::milestone::Begun;
use crate::domain::mail::{Mail, MailId, Occasion, Outcome, Recipient};
use crate::domain::token::secret::TokenId;

#[derive(Queryable, Selectable)]
#[diesel(table_name = mails)]
struct Row {
    id: i64,
    occasion: String,
    token_id: Option<String>,
    admin_id: Option<i64>,
    address: String,
    due_at: i64,
    attempts: i64,
    claimed_at: Option<i64>,
    first_tried_at: Option<i64>,
    tried_at: Option<i64>,
    next_try_at: Option<i64>,
    sent_at: Option<i64>,
    failed_at: Option<i64>,
    answer: Option<String>,
}

/// Adds a mail for every active Server Admin; says how many.
///
/// # Errors
/// [`StoreError::Conflict`] if one of them has it already.
pub fn insert_for_admins(
    conn: &mut Conn,
    occasion: Occasion,
    token: &TokenId,
    due_at: DateTime<Utc>,
) -> Result<usize, StoreError> {
    let active = server_admins::table.filter(server_admins::active.eq(true)).select((
        occasion.as_str().into_sql::<Text>(),
        token.as_str().into_sql::<Text>().nullable(),
        server_admins::id.nullable(),
        server_admins::email,
        seconds(due_at).into_sql::<BigInt>(),
        0_i64.into_sql::<BigInt>(),
    ));
    Ok(diesel::insert_into(mails::table)
        .values(active)
        .into_columns((
            mails::occasion,
            mails::token_id,
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
/// [`StoreError::Conflict`] if the address has it already.
pub fn insert(
    conn: &mut Conn,
    occasion: Occasion,
    token: Option<&TokenId>,
    recipient: &Recipient,
    due_at: DateTime<Utc>,
) -> Result<MailId, StoreError> {
    let id = diesel::insert_into(mails::table)
        .values((
            mails::occasion.eq(occasion.as_str()),
            mails::token_id.eq(token.map(TokenId::as_str)),
            mails::admin_id.eq(recipient.admin.map(|id| id.0)),
            mails::address.eq(recipient.address.as_str()),
            mails::due_at.eq(seconds(due_at)),
            mails::attempts.eq(0),
        ))
        .returning(mails::id)
        .get_result(conn)?;
    Ok(MailId(id))
}

/// Whether anybody's mail about this was made.
///
/// # Errors
/// When the database fails.
pub fn exists(conn: &mut Conn, occasion: Occasion, token: &TokenId) -> Result<bool, StoreError> {
    let first: Option<i64> = mails::table
        .filter(mails::token_id.eq(token.as_str()).and(mails::occasion.eq(occasion.as_str())))
        .select(mails::id)
        .first(conn)
        .optional()?;
    Ok(first.is_some())
}

/// The milestones of which at least one mail was sent, each with the first of them.
///
/// # Errors
/// When the database fails.
pub fn begun(conn: &mut Conn, token: &TokenId) -> Result<Vec<Begun>, StoreError> {
    let rows: Vec<(String, Option<i64>)> = mails::table
        .filter(mails::token_id.eq(token.as_str()))
        .group_by(mails::occasion)
        .select((mails::occasion, min(mails::sent_at)))
        .load(conn)?;
    let begun = rows.into_iter().filter_map(|(occasion, sent_at)| {
        let milestone = occasion.parse::<Occasion>().ok()?.milestone()?;
        Some(instant(sent_at?).map(|at| Begun { milestone, at }))
    });
    begun.collect()
}

/// Mails about generated tokens, whichever they are, that may still have to be sent.
///
/// # Errors
/// When the database fails.
pub fn open_generated(conn: &mut Conn) -> Result<Vec<Mail>, StoreError> {
    let rows: Vec<Row> = mails::table
        .filter(mails::sent_at.is_null().and(mails::failed_at.is_null()))
        .filter(mails::occasion.eq(Occasion::Generated.as_str()))
        .order(mails::id.asc())
        .select(Row::as_select())
        .load(conn)?;
    rows.into_iter().map(Mail::try_from).collect()
}

/// Mails that may still have to be sent: those about `token` and about generated tokens. Those that
/// were tried least come first, so that none holds up the others.
///
/// # Errors
/// When the database fails.
pub fn open(conn: &mut Conn, token: Option<&TokenId>) -> Result<Vec<Mail>, StoreError> {
    let mut open = open_generated(conn)?;
    if let Some(token) = token {
        let rows: Vec<Row> = mails::table
            .filter(mails::sent_at.is_null().and(mails::failed_at.is_null()))
            .filter(mails::token_id.eq(token.as_str()))
            .filter(mails::occasion.ne(Occasion::Generated.as_str()))
            .select(Row::as_select())
            .load(conn)?;
        open.append(&mut rows.into_iter().map(Mail::try_from).collect::<Result<_, _>>()?);
    }
    open.sort_unstable_by_key(|mail| (mail.attempts, mail.id.0));
    Ok(open)
}

/// The mail with this key.
///
/// # Errors
/// When the database fails.
pub fn by_id(conn: &mut Conn, id: MailId) -> Result<Option<Mail>, StoreError> {
    let row = mails::table.find(id.0).select(Row::as_select()).first::<Row>(conn);
    row.optional()?.map(Mail::try_from).transpose()
}

/// All mails about a token, in the order in which they were made.
///
/// # Errors
/// When the database fails.
pub fn of_token(conn: &mut Conn, token: &TokenId) -> Result<Vec<Mail>, StoreError> {
    let rows: Vec<Row> = mails::table
        .filter(mails::token_id.eq(token.as_str()))
        .order(mails::id.asc())
        .select(Row::as_select())
        .load(conn)?;
    rows.into_iter().map(Mail::try_from).collect()
}

/// The newest mail to each active Server Admin who ever got one.
///
/// # Errors
/// When the database fails.
pub fn newest_of_admins(conn: &mut Conn) -> Result<Vec<Mail>, StoreError> {
    // One look into the index for each admin, however many mails there are.
    let newest = mails::table
        .filter(mails::admin_id.eq(server_admins::id.nullable()))
        .order(mails::id.desc())
        .select(mails::id)
        .single_value();
    let newest: Vec<Option<i64>> =
        server_admins::table.filter(server_admins::active.eq(true)).select(newest).load(conn)?;
    let newest = newest.into_iter().flatten();
    let rows: Vec<Row> =
        mails::table.filter(mails::id.eq_any(newest)).select(Row::as_select()).load(conn)?;
    rows.into_iter().map(Mail::try_from).collect()
}

/// When a mail was accepted last and when one failed for good last.
///
/// # Errors
/// When the database fails.
pub fn last_results(conn: &mut Conn) -> Result<LastResults, StoreError> {
    // Each by itself is the end of an index; together they would be a look at every mail.
    let sent = mails::table.filter(mails::sent_at.is_not_null()).select(max(mails::sent_at));
    let failed = mails::table.filter(mails::failed_at.is_not_null()).select(max(mails::failed_at));
    let last = (sent.single_value(), failed.single_value());
    let (sent, failed): (Option<i64>, Option<i64>) = diesel::select(last).first(conn)?;
    Ok(LastResults {
        sent_at: sent.map(instant).transpose()?,
        failed_at: failed.map(instant).transpose()?,
    })
}

/// How mails have fared lately.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LastResults {
    /// When the mail server accepted a mail last.
    pub sent_at: Option<DateTime<Utc>>,
    /// When a mail failed for good last.
    pub failed_at: Option<DateTime<Utc>>,
}

/// Claims a mail for sending it to `address`.
///
/// # Errors
/// When the database fails.
pub fn claim(
    conn: &mut Conn,
    mail: &Mail,
    address: &EmailAddress,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    diesel::update(mails::table.find(mail.id.0))
        .set((
            mails::claimed_at.eq(Some(seconds(now))),
            mails::attempts.eq(mails::attempts + 1),
            mails::first_tried_at.eq(Some(seconds(mail.first_tried_at.unwrap_or(now)))),
            mails::address.eq(address.as_str()),
        ))
        .execute(conn)?;
    Ok(())
}

/// Ends a claim with what has become of the mail. A mail that was sent is sent, whoever claims it
/// meanwhile; a failure counts only if nobody else has claimed it since. False if it did not count.
///
/// # Errors
/// When the database fails.
pub fn settle(
    conn: &mut Conn,
    id: MailId,
    attempt: u64,
    outcome: &Outcome,
) -> Result<bool, StoreError> {
    let attempt = i64::try_from(attempt).unwrap_or(i64::MAX);
    let own = mails::table.filter(mails::id.eq(id.0).and(mails::sent_at.is_null()));
    let changed = match outcome {
        Outcome::Waiting => 0,
        Outcome::Sent { at, answer } => diesel::update(own)
            .set((
                mails::claimed_at.eq(None::<i64>),
                mails::failed_at.eq(None::<i64>),
                mails::sent_at.eq(Some(seconds(*at))),
                mails::answer.eq(Some(answer)),
            ))
            .execute(conn)?,
        Outcome::Failed { at, answer } => diesel::update(own.filter(mails::attempts.eq(attempt)))
            .set((
                mails::claimed_at.eq(None::<i64>),
                mails::failed_at.eq(Some(seconds(*at))),
                mails::answer.eq(Some(answer)),
            ))
            .execute(conn)?,
        Outcome::Retrying { tried_at, next_try_at, answer } => {
            diesel::update(own.filter(mails::attempts.eq(attempt)))
                .set((
                    mails::claimed_at.eq(None::<i64>),
                    mails::tried_at.eq(Some(seconds(*tried_at))),
                    mails::next_try_at.eq(Some(seconds(*next_try_at))),
                    mails::answer.eq(Some(answer)),
                ))
                .execute(conn)?
        }
    };
    Ok(changed == 1)
}

impl TryFrom<Row> for Mail {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let outcome = outcome(&row)?;
        let occasion = row.occasion.parse();
        let address = row.address.parse();
        Ok(Self {
            id: MailId(row.id),
            occasion: occasion.map_err(|_unknown| corrupt("kind of mail", &row.occasion))?,
            token: row.token_id.as_deref().map(parse_token_id).transpose()?,
            recipient: Recipient {
                admin: row.admin_id.map(AdminId),
                address: address.map_err(|_malformed| corrupt("e-mail address", &row.address))?,
            },
            due_at: instant(row.due_at)?,
            attempts: u64::try_from(row.attempts).unwrap_or_default(),
            claimed_at: row.claimed_at.map(instant).transpose()?,
            first_tried_at: row.first_tried_at.map(instant).transpose()?,
            outcome,
        })
    }
}

fn outcome(row: &Row) -> Result<Outcome, StoreError> {
    let answer = row.answer.clone().unwrap_or_default();
    Ok(match (row.sent_at, row.failed_at, row.tried_at, row.next_try_at) {
        (Some(at), ..) => Outcome::Sent { at: instant(at)?, answer },
        (None, Some(at), ..) => Outcome::Failed { at: instant(at)?, answer },
        (None, None, Some(tried_at), Some(next_try_at)) => Outcome::Retrying {
            tried_at: instant(tried_at)?,
            next_try_at: instant(next_try_at)?,
            answer,
        },
        _ => Outcome::Waiting,
    })
}

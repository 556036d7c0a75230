//! From the queue to what has become of a mail: which are unsent, claiming one, and ending the claim.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::record::{Row, parse};
use crate::domain::mail::kind::MailKind;
use crate::domain::mail::{Mail, MailId, MailState};
use crate::domain::token::secret::TokenId;
use crate::store::database::connection::Conn;
use crate::store::error::StoreError;
use crate::store::row::seconds;
use crate::store::schema::mails;

/// Unsent mails about generated tokens, whichever they are.
pub fn open_generated(conn: &mut Conn) -> Result<Vec<Mail>, StoreError> {
    let rows = mails::table
        .filter(mails::sent_at.is_null().and(mails::failed_at.is_null()))
        .filter(mails::kind.eq(MailKind::Generated.as_str()))
        .order(mails::id.asc())
        .select(Row::as_select())
        .load(conn)?;
    parse(rows)
}

/// Unsent mails about events, whichever they are, in no order.
pub fn open_about_events(conn: &mut Conn) -> Result<Vec<Mail>, StoreError> {
    let rows = mails::table
        .filter(mails::sent_at.is_null().and(mails::failed_at.is_null()))
        // Any event: a range of the index.
        .filter(mails::event.ge(""))
        .select(Row::as_select())
        .load(conn)?;
    parse(rows)
}

/// Unsent mails: those about `token`, about generated tokens and about events. Those with the fewest
/// tries come first, so that none keeps the others waiting.
pub fn open(conn: &mut Conn, token: Option<&TokenId>) -> Result<Vec<Mail>, StoreError> {
    let mut open = open_generated(conn)?;
    open.append(&mut open_about_events(conn)?);
    if let Some(token) = token {
        let rows = mails::table
            .filter(mails::sent_at.is_null().and(mails::failed_at.is_null()))
            .filter(mails::token_id.eq(token.as_str()))
            .filter(mails::kind.ne(MailKind::Generated.as_str()))
            .select(Row::as_select())
            .load(conn)?;
        open.append(&mut parse(rows)?);
    }
    open.sort_unstable_by_key(|mail| (mail.attempts, mail.id.0));
    Ok(open)
}

/// Removes a mail that was not sent and is not to be any more.
pub fn withdraw(conn: &mut Conn, id: MailId) -> Result<(), StoreError> {
    diesel::delete(mails::table.find(id.0)).execute(conn)?;
    Ok(())
}

/// Claims a mail, and stores the address that it is sent to.
pub fn claim(conn: &mut Conn, mail: &Mail, now: DateTime<Utc>) -> Result<(), StoreError> {
    diesel::update(mails::table.find(mail.id.0))
        .set((
            mails::claimed_at.eq(seconds(now)),
            mails::attempts.eq(mails::attempts + 1),
            mails::first_tried_at.eq(seconds(mail.first_tried_at.unwrap_or(now))),
            mails::address.eq(mail.recipient.to_string()),
        ))
        .execute(conn)?;
    Ok(())
}

/// Ends a claim with what has become of the mail. A sent mail stays sent even if another instance
/// has claimed it meanwhile; a failure counts only if none has. False if it did not count.
pub fn settle(
    conn: &mut Conn,
    id: MailId,
    attempt: u64,
    state: &MailState,
) -> Result<bool, StoreError> {
    let attempt = i64::try_from(attempt).unwrap_or(i64::MAX);
    let unsent = mails::table.filter(mails::id.eq(id.0).and(mails::sent_at.is_null()));
    let own = unsent.filter(mails::attempts.eq(attempt));
    let unclaimed = mails::claimed_at.eq(None::<i64>);
    let changed = match state {
        MailState::Waiting => 0,
        MailState::Sent { at, answer } => diesel::update(unsent)
            .set((
                unclaimed,
                mails::failed_at.eq(None::<i64>),
                mails::sent_at.eq(seconds(*at)),
                mails::answer.eq(answer),
            ))
            .execute(conn)?,
        MailState::Failed { at, answer } => diesel::update(own)
            .set((unclaimed, mails::failed_at.eq(seconds(*at)), mails::answer.eq(answer)))
            .execute(conn)?,
        MailState::Retrying { tried_at, next_try_at, answer } => diesel::update(own)
            .set((
                unclaimed,
                mails::tried_at.eq(seconds(*tried_at)),
                mails::next_try_at.eq(seconds(*next_try_at)),
                mails::answer.eq(answer),
            ))
            .execute(conn)?,
    };
    Ok(changed == 1)
}

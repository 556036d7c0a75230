//! The row of a mail.

use diesel::prelude::*;

use crate::domain::admin::person::AdminId;
use crate::domain::mail::about::{About, EventKey};
use crate::domain::mail::recipient::Recipient;
use crate::domain::mail::{Mail, MailId, MailState};
use crate::store::error::StoreError;
use crate::store::row::{corrupt, instant, parse_token_id};
use crate::store::schema::mails;

#[derive(Queryable, Selectable)]
#[diesel(table_name = mails)]
pub(super) struct Row {
    id: i64,
    kind: String,
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
    event: Option<String>,
}

pub(super) fn parse(rows: Vec<Row>) -> Result<Vec<Mail>, StoreError> {
    rows.into_iter().map(Mail::try_from).collect()
}

impl TryFrom<Row> for Mail {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let state = state(&row)?;
        let kind = row.kind.parse();
        Ok(Self {
            id: MailId(row.id),
            kind: kind.map_err(|_unknown| corrupt("kind of mail", &row.kind))?,
            about: about(row.token_id.as_deref(), row.event)?,
            recipient: Recipient::stored(row.admin_id.map(AdminId), row.address),
            due_at: instant(row.due_at)?,
            attempts: u64::try_from(row.attempts).unwrap_or_default(),
            claimed_at: row.claimed_at.map(instant).transpose()?,
            first_tried_at: row.first_tried_at.map(instant).transpose()?,
            state,
        })
    }
}

fn state(row: &Row) -> Result<MailState, StoreError> {
    let answer = row.answer.clone().unwrap_or_default();
    Ok(match (row.sent_at, row.failed_at, row.tried_at, row.next_try_at) {
        (Some(at), ..) => MailState::Sent { at: instant(at)?, answer },
        (None, Some(at), ..) => MailState::Failed { at: instant(at)?, answer },
        (None, None, Some(tried_at), Some(next_try_at)) => MailState::Retrying {
            tried_at: instant(tried_at)?,
            next_try_at: instant(next_try_at)?,
            answer,
        },
        _ => MailState::Waiting,
    })
}

fn about(token: Option<&str>, event: Option<String>) -> Result<About, StoreError> {
    Ok(match (event, token) {
        (Some(key), _) => About::Event(EventKey::stored(key)),
        (None, Some(id)) => About::Token(parse_token_id(id)?),
        (None, None) => About::Request,
    })
}

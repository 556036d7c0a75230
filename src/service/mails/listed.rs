//! One mail to one recipient, as lists have it.

use chrono::{DateTime, Utc};

use crate::domain::admin::ServerAdmin;
use crate::domain::mail::kind::MailKind;
use crate::domain::mail::recipient::Recipient;
use crate::domain::mail::{Mail, MailState};
use crate::mail::is_file;
use crate::webhook::Webhook;

/// One mail to one recipient, queued or planned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedMail {
    /// What it is about.
    pub kind: MailKind,
    /// Who gets it.
    pub recipient: Recipient,
    /// The recipient's name, the host of a webhook; an address from the configuration has none.
    pub name: Option<String>,
    /// The recipient's address, or what the recipient is.
    pub address: String,
    /// When it became or becomes due.
    pub due_at: DateTime<Utc>,
    /// How it stands.
    pub status: MailStatus,
}

impl ListedMail {
    pub(super) fn new(
        mail: &Mail,
        (admins, webhooks): (&[ServerAdmin], &[Webhook]),
        status: MailStatus,
    ) -> Self {
        let id = mail.recipient.admin();
        let admin = admins.iter().find(|admin| Some(admin.id) == id);
        let webhook = webhooks.iter().find(|known| Some(&known.id) == mail.recipient.webhook());
        let name = admin.map(|admin| admin.name.to_string());
        let name = name.or_else(|| webhook.map(|webhook| webhook.host.clone()));
        Self::to(&mail.recipient, name, mail.kind, mail.due_at, status)
    }

    /// A mail to a recipient of this name.
    pub(super) fn to(
        recipient: &Recipient,
        name: Option<String>,
        kind: MailKind,
        due_at: DateTime<Utc>,
        status: MailStatus,
    ) -> Self {
        let address = match (recipient, &name) {
            (Recipient::Webhook(_), Some(_)) => "webhook".to_owned(),
            (Recipient::Webhook(_), None) => "webhook that is not configured any more".to_owned(),
            (Recipient::Admin(..) | Recipient::Address(_), _) => recipient.to_string(),
        };
        Self { kind, recipient: recipient.clone(), name, address, due_at, status }
    }

    /// Whether a webhook gets it.
    pub const fn is_for_webhook(&self) -> bool {
        self.recipient.webhook().is_some()
    }

    /// Who gets it, in a list: an address, or the host of a webhook.
    pub fn shown_recipient(&self) -> String {
        match (&self.recipient, &self.name) {
            (Recipient::Webhook(_), Some(host)) => format!("webhook {host}"),
            _ => self.address.clone(),
        }
    }
}

/// How a mail stands at an instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailStatus {
    /// Its day is to come.
    Planned,
    /// Its day is to come, and without a mail server it will be written to a file.
    ReachesNobody,
    /// It is sent within a minute.
    Due,
    /// It is being sent.
    Sending,
    /// The last try failed and another one follows.
    Retrying {
        /// What the mail server answered.
        answer: String,
        /// When it is tried again.
        next_try_at: DateTime<Utc>,
    },
    /// The mail server accepted it.
    Sent {
        /// When.
        at: DateTime<Utc>,
    },
    /// It was written to a file: no mail server was configured.
    Written {
        /// When.
        at: DateTime<Utc>,
        /// Where.
        sentence: String,
    },
    /// It failed permanently.
    Failed {
        /// When.
        at: DateTime<Utc>,
        /// What the mail server answered.
        answer: String,
    },
    /// A later mail was due before it could be sent.
    Superseded,
    /// The token was replaced or revoked before, or the recipient no longer gets mails.
    Cancelled,
}

impl MailStatus {
    /// How a queued mail stands that may go out.
    pub(super) fn of(mail: &Mail, now: DateTime<Utc>) -> Self {
        match &mail.state {
            MailState::Sent { at, answer } if is_file(answer) => {
                Self::Written { at: *at, sentence: answer.clone() }
            }
            MailState::Sent { at, .. } => Self::Sent { at: *at },
            MailState::Failed { at, answer } => Self::Failed { at: *at, answer: answer.clone() },
            MailState::Waiting | MailState::Retrying { .. } if mail.is_claimed(now) => {
                Self::Sending
            }
            MailState::Retrying { answer, next_try_at, .. } => {
                Self::Retrying { answer: answer.clone(), next_try_at: *next_try_at }
            }
            MailState::Waiting => Self::Due,
        }
    }

    /// The words of machines for all of them.
    pub const ALL: [&str; 9] = [
        "planned",
        "due",
        "sending",
        "retrying",
        "sent",
        "written",
        "failed",
        "superseded",
        "cancelled",
    ];

    /// The word for machines.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Planned | Self::ReachesNobody => "planned",
            Self::Due => "due",
            Self::Sending => "sending",
            Self::Retrying { .. } => "retrying",
            Self::Sent { .. } => "sent",
            Self::Written { .. } => "written",
            Self::Failed { .. } => "failed",
            Self::Superseded => "superseded",
            Self::Cancelled => "cancelled",
        }
    }

    /// The word for people.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Planned => "Scheduled",
            Self::ReachesNobody => "Will reach nobody",
            Self::Due | Self::Sending => "Sending",
            Self::Retrying { .. } => "Retrying",
            Self::Sent { .. } => "Sent",
            Self::Written { .. } => "Written to a file",
            Self::Failed { .. } => "Failed",
            Self::Superseded => "Superseded",
            Self::Cancelled => "Cancelled",
        }
    }

    /// Whether it is to be sent as soon as possible.
    pub const fn is_open(&self) -> bool {
        matches!(self, Self::Due | Self::Sending | Self::Retrying { .. })
    }
}

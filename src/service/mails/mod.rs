//! Mails to those who must not be surprised: which are due, sending them, and how they stand.
//!
//! [`Mails::run_once`] is the whole job; whoever calls it again after a crash, on another machine
//! or a month later finds in the database what is left to do. No transaction is open while a mail
//! server is talked to.

mod now;
mod planning;
mod sending;
mod situation;
mod status;

use std::sync::Arc;

use tokio::sync::Notify;

pub use self::now::{Delivery, Invited};
pub use self::sending::{Pass, Report};
pub use self::status::{Banner, Entry, Health, Overview, State};
use super::Resources;
use crate::domain::admin::person::EmailAddress;
use crate::domain::mail::milestone::Schedule;
use crate::mail::{Letterhead, Mailer};

/// What is configured about mails.
#[derive(Debug, Clone)]
pub struct MailSettings {
    /// How mails leave.
    pub mailer: Mailer,
    /// In whose name.
    pub letterhead: Letterhead,
    /// On which days and at what time.
    pub schedule: Schedule,
    /// Further recipients.
    pub extra: Vec<EmailAddress>,
}

/// Sends mails and tells how they stand.
#[derive(Clone)]
pub struct Mails {
    resources: Resources,
    configured: Arc<MailSettings>,
    new_mail: Arc<Notify>,
}

impl Mails {
    /// Works on `resources`. Whoever makes a mail rings `new_mail`.
    pub fn new(resources: Resources, configured: MailSettings, new_mail: Arc<Notify>) -> Self {
        Self { resources, configured: Arc::new(configured), new_mail }
    }

    /// Waits until a mail was made that shall not wait for the next minute.
    pub async fn wait_for_mail(&self) {
        self.new_mail.notified().await;
    }

    /// The days and times that count.
    pub fn schedule(&self) -> Schedule {
        self.configured.schedule
    }
}

//! Mails to those who must not be surprised: which are due, sending them, and how they stand.
//!
//! [`Notices::run_once`] is the whole job; whoever calls it again after a crash, on another machine
//! or a month later finds in the database what is left to do. No transaction is open while a mail
//! server is talked to.

mod outlook;
mod planning;
mod sending;
mod single;
mod situation;

use std::sync::Arc;

use tokio::sync::Notify;

pub use self::outlook::{Banner, Entry, Health, Overview, State};
pub use self::sending::{Pass, Report};
pub use self::single::{Delivery, Invited};
use crate::domain::admin::EmailAddress;
use crate::domain::milestone::Schedule;
use crate::mail::{Letterhead, Mailer};
use crate::service::World;

/// What is configured about mails.
#[derive(Debug, Clone)]
pub struct Configured {
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
pub struct Notices {
    world: World,
    configured: Arc<Configured>,
    bell: Arc<Notify>,
}

impl Notices {
    /// Works on `world`. Whoever makes a mail rings `bell`.
    pub fn new(world: World, configured: Configured, bell: Arc<Notify>) -> Self {
        Self { world, configured: Arc::new(configured), bell }
    }

    /// Waits until a mail was made that shall not wait for the next minute.
    pub async fn rung(&self) {
        self.bell.notified().await;
    }

    /// The days and times that count.
    pub fn schedule(&self) -> Schedule {
        self.configured.schedule
    }
}

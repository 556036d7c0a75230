//! A change that is being made: all of it is stored, or nothing.

use std::ops::{Deref, DerefMut};

use super::database::connection::Conn;
use super::database::pool::PooledConn;
use crate::audit;
use crate::domain::activity::Event;

/// A connection with an open transaction.
pub struct Transaction {
    pub(super) pooled: PooledConn,
    /// What the activity list got, and the log gets once it is stored.
    recorded: Vec<Event>,
}

impl Transaction {
    pub(super) const fn new(pooled: PooledConn) -> Self {
        Self { pooled, recorded: Vec::new() }
    }

    /// Keeps an entry for the log, unless it is of those that are logged when they happen.
    pub(super) fn will_log(&mut self, event: &Event) {
        if !event.kind.is_repeatable() {
            self.recorded.push(event.clone());
        }
    }

    /// Closes the connection, and returns what was recorded and not logged.
    pub(super) fn into_recorded(self) -> Vec<Event> {
        self.recorded
    }

    /// Logs what was recorded. `is_certain` says that it is stored; otherwise that is not known.
    pub(super) fn log(&mut self, is_certain: bool) {
        self.recorded.drain(..).for_each(|event| audit::recorded(&event, is_certain));
    }
}

impl Deref for Transaction {
    type Target = Conn;

    fn deref(&self) -> &Conn {
        &self.pooled.conn
    }
}

impl DerefMut for Transaction {
    fn deref_mut(&mut self) -> &mut Conn {
        &mut self.pooled.conn
    }
}

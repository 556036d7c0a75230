//! When a kept token ends by itself, as far as that can be told from outside: 60 minutes after the
//! later of its last request and the first use of the new one, and 24 hours after the generation.
//!
//! Uses are counted in memory before they are stored, and a process may die in between. So there are
//! two ends: the earliest that the product may have stored, and the latest. Between them a refusal and
//! an acceptance are both right; where everything was found stored, they are the same second.

use super::{Change, History, Id, Span};

const UNSEEN: i64 = 60 * 60;
const LONGEST: i64 = 24 * UNSEEN;

/// What was stored of a token when somebody looked, by the clock of the instances.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) id: Id,
    pub(crate) first_used: Option<i64>,
    pub(crate) last_used: Option<i64>,
    pub(crate) span: Span,
}

/// The instants between which a token ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ends {
    pub(crate) earliest: i64,
    pub(crate) latest: i64,
    /// Whether the latest is that of any kept token.
    pub(crate) is_time_over: bool,
}

impl History {
    /// When a token ends, by what had happened when it was presented; none if it is not kept.
    pub(crate) fn ends(&self, id: &Id, asked: Span) -> Option<Ends> {
        let over = self.kept_since(id)? + LONGEST;
        let accepted = |of: &dyn Fn(&Id) -> bool| {
            let accepted = self.validations.iter().filter(|validation| validation.accepted);
            let before = accepted.filter(|validation| validation.span.begin < asked.end);
            before.filter(|known| of(&known.id)).map(|known| known.span.at).collect::<Vec<_>>()
        };
        let found = self.rows.iter().filter(|row| row.span.end <= asked.begin);
        let found: Vec<&Row> = found.collect();
        let is_beside = |other: &Id| self.is_beside(other, id);
        let first_used = found.iter().filter(|row| is_beside(&row.id));
        let first_used = first_used.filter_map(|row| row.first_used).min();
        let last_used = found.iter().filter(|row| row.id == *id).filter_map(|row| row.last_used);
        let earliest = accepted(&is_beside).into_iter().min();
        let earliest = earliest.map(|first| last_used.max().unwrap_or(first).max(first) + UNSEEN);
        // What is accepted in one second says nothing of the end that it must lie before.
        let earlier = |at: &i64| *at < asked.at;
        let last = accepted(&|other| other == id).into_iter().filter(earlier).max();
        let latest = first_used.map(|first| last.unwrap_or(first).max(first) + UNSEEN);
        let latest = latest.filter(|latest| *latest < over);
        Some(Ends {
            earliest: earliest.map_or(over, |earliest| earliest.min(over)),
            latest: latest.unwrap_or(over),
            is_time_over: latest.is_none(),
        })
    }

    /// Whether a token was kept and may have ended by the last operation.
    pub(super) fn has_ended(&self, id: &Id) -> bool {
        let last =
            self.validations.iter().map(|validation| validation.span).max_by_key(|s| s.begin);
        let ends = last.and_then(|last| Some((last, self.ends(id, last)?)));
        ends.is_some_and(|(last, ends)| last.at >= ends.earliest)
    }

    /// When the first of the tokens was generated that this one is kept beside.
    fn kept_since(&self, id: &Id) -> Option<i64> {
        let beside = self.changes.iter().filter(|(change, _)| change.keeps(id));
        beside.map(|(_, span)| span.at).min()
    }

    fn is_beside(&self, other: &Id, kept: &Id) -> bool {
        let generated = |change: &Change| match change {
            Change::Generated { id, .. } => id == other && change.keeps(kept),
            _ => false,
        };
        self.changes.iter().any(|(change, _)| generated(change))
    }
}

impl Change {
    fn keeps(&self, token: &Id) -> bool {
        matches!(self, Self::Generated { kept: Some(kept), .. } if kept == token)
    }
}

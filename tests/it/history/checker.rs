//! What clients saw of the token, held against what must be true of it.
//!
//! The token is one register: each generation and each revocation replaces its value, and a
//! validation asks whether a text is the value. A generation may keep one token beside it, which then
//! is a value too until another change does not keep it. An operation takes effect at one instant between
//! its begin and its end, so only what lies wholly before or after another is judged; whatever
//! overlaps may have gone either way. Which token a change ended is taken from its answer, and the
//! chain of these answers is checked as well.
//!
//! A token that is kept also ends by the clock. Where a run moves the clock, it stands still while
//! something is asked, so each operation has one instant; `ends` says what follows from that.

mod ends;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use self::ends::Ends;
pub(crate) use self::ends::Row;

/// The public id of a token.
pub(crate) type Id = String;

/// When an operation began and when its answer had arrived, on one monotonic clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) begin: Duration,
    pub(crate) end: Duration,
    /// What the clock of the instances showed, in seconds; nothing where nobody moves it.
    pub(crate) at: i64,
}

/// What a change was answered. One that was certainly refused is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Change {
    /// A token was generated, this one revoked with it, and perhaps an old one beside that; another
    /// old one is kept.
    Generated { id: Id, replaced: Option<Id>, old: Option<Id>, kept: Option<Id> },
    /// This token was revoked without a replacement, and perhaps an old one beside it.
    Revoked { id: Id, old: Option<Id> },
    /// This old token was revoked, and the one beside it stays.
    RevokedOld { id: Id },
    /// A generation without an answer: it may happen at any time from its begin, or never.
    GenerationUnknown,
    /// A revocation without an answer.
    RevocationUnknown,
}

/// Whether a token was accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Validation {
    pub(crate) id: Id,
    pub(crate) accepted: bool,
    pub(crate) span: Span,
}

/// Everything that was answered.
#[derive(Debug, Default)]
pub(crate) struct History {
    pub(crate) changes: Vec<(Change, Span)>,
    pub(crate) validations: Vec<Validation>,
    /// What was found stored, now and then.
    pub(crate) rows: Vec<Row>,
}

/// Something that cannot be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Violation {
    /// Accepted, though it began after a replacement or revocation had been acknowledged.
    AcceptedAfterItsEnd(Validation),
    /// Refused, though nothing could have replaced the token yet.
    RefusedWhileValid(Validation),
    /// Accepted, though a refusal of the same token had ended before.
    AcceptedAgain(Validation),
    /// Accepted before its generation began, or never generated.
    AcceptedUngenerated(Validation),
    /// Two changes say that they ended this token, or none does and yet it is not the current one.
    EndedNotOnce(Id),
    /// The change ended a token that was not generated yet, or one that another change had ended.
    OutOfOrder(Id),
    /// More tokens came out of nothing, or followed one, than there were changes to explain them.
    Unexplained,
}

/// How much was judged; what is not judged proves nothing.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Proof {
    /// Generations that were acknowledged.
    pub(crate) generations: usize,
    /// Validations that had to be accepted, and were.
    pub(crate) accepted: usize,
    /// Validations that had to be refused, and were.
    pub(crate) refused: usize,
    /// Validations that overlapped the end of their token.
    pub(crate) overlapping: usize,
    /// Kept tokens that had to be accepted in their last second, and were.
    pub(crate) last_seconds: usize,
    /// Kept tokens that had to be refused in the second of their end and were, because the new one had
    /// proven itself, and because their time was over.
    pub(crate) ended: [usize; 2],
}

/// What is known of one token.
struct Life {
    born: Span,
    /// What says that it ended this token.
    ending: Option<Span>,
    /// From here on it may have been ended.
    endangered: Option<Duration>,
    /// From here on it must have been ended.
    over: Option<Duration>,
}

impl History {
    /// Judges every operation.
    pub(crate) fn check(&self) -> Result<Proof, Vec<Violation>> {
        let lives = self.lives();
        let mut violations = self.broken_chain(&lives);
        let mut proof = Proof { generations: lives.len(), ..Proof::default() };
        let refused = self.first_refusals(&lives);
        for validation in &self.validations {
            let begin = validation.span.begin;
            if validation.accepted && refused.get(&validation.id).is_some_and(|end| begin >= *end) {
                violations.push(Violation::AcceptedAgain(validation.clone()));
            }
            let ends = self.ends(&validation.id, validation.span);
            violations.extend(judge(validation, lives.get(&validation.id), ends, &mut proof));
        }
        if violations.is_empty() { Ok(proof) } else { Err(violations) }
    }

    fn lives(&self) -> BTreeMap<&Id, Life> {
        let born = self.changes.iter().filter_map(|(change, span)| match change {
            Change::Generated { id, .. } => Some((id, *span)),
            _ => None,
        });
        born.map(|(id, born)| (id, self.life(id, born))).collect()
    }

    fn life(&self, id: &Id, born: Span) -> Life {
        let ending = self.changes.iter().find(|(change, _)| change.ended().contains(&id));
        let ending = ending.map(|(_, span)| *span);
        let later = self.changes.iter().filter(|(change, span)| {
            change.is_acknowledged() && !change.spares(id) && span.begin >= born.end
        });
        let over = later.map(|(_, span)| span.end).chain(ending.map(|span| span.end)).min();
        let unknown = self.changes.iter().filter(|(change, _)| !change.is_acknowledged());
        let endangered = match ending {
            Some(ending) => Some(ending.begin),
            None => unknown.map(|(_, span)| span.begin).min(),
        };
        Life { born, ending, endangered, over }
    }

    /// When the first refusal of each token that had been generated before had ended.
    fn first_refusals(&self, lives: &BTreeMap<&Id, Life>) -> BTreeMap<&Id, Duration> {
        let mut first = BTreeMap::new();
        for Validation { id, span, .. } in self.validations.iter().filter(|asked| !asked.accepted) {
            if lives.get(id).is_some_and(|life| span.begin >= life.born.end) {
                let end = first.entry(id).or_insert(span.end);
                *end = span.end.min(*end);
            }
        }
        first
    }

    /// Each token follows the one before it and is followed once, in an order that the acknowledged
    /// changes allow.
    fn broken_chain(&self, lives: &BTreeMap<&Id, Life>) -> Vec<Violation> {
        let mut violations = Vec::new();
        let mut ended = BTreeSet::new();
        let ends = |(change, span)| Change::ended(change).into_iter().map(move |id| (id, span));
        for (id, span) in self.changes.iter().map(|(change, span)| (change, span)).flat_map(ends) {
            if !ended.insert(id) {
                violations.push(Violation::EndedNotOnce(id.clone()));
            }
            let Some(life) = lives.get(id) else { continue };
            // Something else must have ended it between its begin and this change.
            let is_late = life.over.is_some_and(|over| over <= span.begin);
            if span.end <= life.born.begin || is_late {
                violations.push(Violation::OutOfOrder(id.clone()));
            }
        }
        let unfollowed = lives.keys().filter(|id| !ended.contains(**id) && !self.has_ended(id));
        let unfollowed: Vec<_> = unfollowed.collect();
        let unheard = ended.iter().filter(|id| !lives.contains_key(**id)).count();
        let count = |matches: fn(&Change) -> bool| {
            self.changes.iter().filter(|(change, _)| matches(change)).count()
        };
        let generations_unknown = count(|change| *change == Change::GenerationUnknown);
        let revocations_unknown = count(|change| *change == Change::RevocationUnknown);
        let revoked = count(|change| matches!(change, Change::Revoked { .. }));
        let first =
            count(|change| matches!(change, Change::Generated { replaced: None, kept: None, .. }));
        let keeps = count(|change| matches!(change, Change::Generated { kept: Some(_), .. }));
        if unheard > generations_unknown || first > 1 + revoked + revocations_unknown {
            violations.push(Violation::Unexplained);
        }
        if unfollowed.len() > 1 + keeps.min(1) + generations_unknown + revocations_unknown {
            violations.extend(unfollowed.iter().map(|id| Violation::EndedNotOnce((**id).clone())));
        }
        violations
    }
}

impl Change {
    /// Whether this token may stay what it is.
    fn spares(&self, token: &Id) -> bool {
        match self {
            Self::Generated { id, kept, .. } => id == token || kept.as_ref() == Some(token),
            Self::RevokedOld { id } => id != token,
            Self::Revoked { .. } | Self::GenerationUnknown | Self::RevocationUnknown => false,
        }
    }

    fn ended(&self) -> Vec<&Id> {
        match self {
            Self::Generated { replaced, old, .. } => replaced.iter().chain(old).collect(),
            Self::Revoked { id, old } => old.iter().chain([id]).collect(),
            Self::RevokedOld { id } => vec![id],
            Self::GenerationUnknown | Self::RevocationUnknown => Vec::new(),
        }
    }

    const fn is_acknowledged(&self) -> bool {
        !matches!(self, Self::GenerationUnknown | Self::RevocationUnknown)
    }
}

fn judge(
    validation: &Validation,
    life: Option<&Life>,
    ends: Option<Ends>,
    proof: &mut Proof,
) -> Option<Violation> {
    let Validation { accepted, span, .. } = validation;
    let Some(life) = life.filter(|life| span.end > life.born.begin) else {
        return accepted.then(|| Violation::AcceptedUngenerated(validation.clone()));
    };
    let is_over = life.over.is_some_and(|over| span.begin >= over);
    let must_be_refused = is_over || ends.is_some_and(|ends| span.at >= ends.latest);
    let may_be_refused = life.endangered.is_some_and(|at| span.end > at)
        || ends.is_some_and(|ends| span.at >= ends.earliest);
    if must_be_refused {
        proof.refused += 1;
        if let Some(ends) = ends.filter(|ends| !is_over && span.at == ends.latest) {
            proof.ended[usize::from(ends.is_time_over)] += 1;
        }
        return accepted.then(|| Violation::AcceptedAfterItsEnd(validation.clone()));
    }
    if span.begin >= life.born.end && !may_be_refused {
        proof.accepted += 1;
        let is_last = ends.is_some_and(|ends| span.at == ends.earliest - 1);
        proof.last_seconds += usize::from(is_last);
        return (!accepted).then(|| Violation::RefusedWhileValid(validation.clone()));
    }
    let overlaps = life.ending.is_some_and(|end| span.begin < end.end && end.begin < span.end);
    proof.overlapping += usize::from(overlaps);
    None
}

#[cfg(test)]
mod tests;

//! The callers of a day: a bounded number of them counted apart, and the others together.
//!
//! Callers choose their names, and some choose their addresses. So a flood of made-up callers must
//! neither grow what is kept nor hide a real one. See [`Callers::add`].

use std::cmp::Ordering;
use std::net::IpAddr;

use chrono::{DateTime, Utc};

use super::Outcome;
use super::caller::{Caller, CallerCount, CallerEntry, Key};
use crate::domain::network::source::{Source, clean_agent};
use crate::domain::network::source_network;
use crate::domain::token::secret::TokenId;

/// Callers of a day that are counted apart.
pub const LIMIT: usize = 50;

/// The callers of a day, or of a part of it.
#[derive(Debug, Clone, Default)]
pub struct Callers {
    /// At most [`LIMIT`], ordered by their keys.
    apart: Vec<Placed>,
    /// Those that have found no room.
    others: Option<CallerCount>,
    /// How many have found room so far.
    arrivals: u64,
}

#[derive(Debug, Clone)]
struct Placed {
    entry: CallerEntry,
    arrival: u64,
}

impl Callers {
    /// Counts a request. For a caller that is known already this costs a search and an addition.
    pub fn count(
        &mut self,
        (token, from, agent): (Option<&TokenId>, IpAddr, Option<&str>),
        outcome: Outcome,
        now: DateTime<Utc>,
    ) {
        let count = CallerCount::one(outcome, now);
        if let Ok(place) = self.find((Some(from), token, agent))
            && let Some(known) = self.apart.get_mut(place)
        {
            known.entry.count = known.entry.count.plus(count);
            return;
        }
        // The name as it is kept may be another than the one that was sent.
        let agent = agent.map(clean_agent).filter(|agent| !agent.is_empty());
        let source = Source { address: Some(from), agent, request_id: None };
        self.add(CallerEntry { caller: Caller { token: token.cloned(), source }, count });
    }

    /// Adds requests of a caller. If there is no room for all callers, one is counted among the others
    /// from now on: first one that was never accepted, before all if its token is none of ours; then
    /// one from the network that sends the most names; of those the first half stays, and of the rest
    /// the one with the fewest requests goes. So a caller that is accepted, that has an address of its
    /// own, that came before a flood or that calls again and again stays in sight.
    pub fn add(&mut self, entry: CallerEntry) {
        if entry.caller.is_others() {
            self.add_to_others(entry.count);
            return;
        }
        match self.find(entry.caller.key()) {
            Ok(place) => {
                if let Some(known) = self.apart.get_mut(place) {
                    known.entry.count = known.entry.count.plus(entry.count);
                }
            }
            Err(place) => {
                self.arrivals += 1;
                self.apart.insert(place, Placed { entry, arrival: self.arrivals });
            }
        }
        if self.apart.len() > LIMIT
            && let Some(place) = self.least()
        {
            let Placed { entry, .. } = self.apart.remove(place);
            self.add_to_others(entry.count);
        }
    }

    /// Every caller that is counted apart, then the others, if there are any.
    pub fn entries(self) -> impl Iterator<Item = CallerEntry> {
        let others = self.others.map(|count| CallerEntry { caller: Caller::OTHERS, count });
        self.apart.into_iter().map(|placed| placed.entry).chain(others)
    }

    fn find(&self, key: Key<'_>) -> Result<usize, usize> {
        self.apart.binary_search_by(|placed| placed.entry.caller.key().cmp(&key))
    }

    fn add_to_others(&mut self, count: CallerCount) {
        self.others = Some(self.others.map_or(count, |others| others.plus(count)));
    }

    /// The place of the caller that has to go.
    fn least(&self) -> Option<usize> {
        let lowest = self.apart.iter().map(Placed::rank).min()?;
        let is_lowest = |(_, placed): &(usize, &Placed)| placed.rank() == lowest;
        let places: Vec<_> = self.apart.iter().enumerate().filter(is_lowest).collect();
        // The order of keys keeps the addresses of a network together.
        let networks = || places.chunk_by(|(_, one), (_, next)| one.network() == next.network());
        let most = networks().map(<[_]>::len).max()?;
        let mut crowd: Vec<_> =
            networks().filter(|network| network.len() == most).flatten().collect();
        crowd.sort_unstable_by_key(|(_, placed)| placed.arrival);
        let later = crowd.iter().skip(crowd.len() / 2);
        let least = later.min_by(|(_, one), (_, other)| one.cmp_activity(other))?;
        Some(least.0)
    }
}

impl Placed {
    /// How much a caller deserves a row of its own.
    const fn rank(&self) -> u8 {
        match (self.entry.count.accepted, &self.entry.caller.token) {
            (0, None) => 0,
            (0, Some(_)) => 1,
            _ => 2,
        }
    }

    fn network(&self) -> Option<IpAddr> {
        self.entry.caller.source.address.map(source_network)
    }

    fn cmp_activity(&self, other: &Self) -> Ordering {
        let activity = |placed: &Self| {
            let CallerCount { accepted, refused, last_at, .. } = placed.entry.count;
            (accepted.saturating_add(refused), last_at, placed.arrival)
        };
        activity(self).cmp(&activity(other))
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    const HERE: [u8; 4] = [203, 0, 113, 24];

    fn token() -> TokenId {
        TokenId::parse("Q9T4XB12").unwrap()
    }

    fn now() -> DateTime<Utc> {
        "2026-11-22T14:03:00Z".parse().unwrap()
    }

    fn call(callers: &mut Callers, from: impl Into<IpAddr>, agent: &str, outcome: Outcome) {
        let token = token();
        let token = (outcome == Outcome::Accepted).then_some(&token);
        callers.count((token, from.into(), Some(agent)), outcome, now());
    }

    fn flood(callers: &mut Callers, outcome: Outcome) {
        for number in 0..10_000 {
            call(callers, [192, 0, 2, 1], &format!("made up {number}"), outcome);
        }
    }

    fn named(callers: &Callers, agent: &str) -> Vec<CallerCount> {
        let entries = callers.clone().entries();
        let named = entries.filter(|entry| entry.caller.source.agent.as_deref() == Some(agent));
        named.map(|entry| entry.count).collect()
    }

    fn total(callers: &Callers) -> (usize, u64, u64) {
        let entries: Vec<_> = callers.clone().entries().collect();
        let accepted = entries.iter().map(|entry| entry.count.accepted).sum();
        let refused = entries.iter().map(|entry| entry.count.refused).sum();
        (entries.len(), accepted, refused)
    }

    #[test]
    fn a_caller_is_a_token_an_address_and_a_name() {
        let mut callers = Callers::default();
        for agent in ["Okta", "Okta", " Okta\t", "curl"] {
            call(&mut callers, HERE, agent, Outcome::Accepted);
        }
        call(&mut callers, HERE, "Okta", Outcome::Refused);
        call(&mut callers, [203, 0, 113, 25], "Okta", Outcome::Accepted);
        callers.count((None, HERE.into(), Some(" ")), Outcome::Refused, now());
        callers.count((None, HERE.into(), None), Outcome::Refused, now());

        let told: Vec<_> = callers
            .entries()
            .map(|CallerEntry { caller, count }| {
                let agent = caller.source.agent.unwrap_or_default();
                (agent, caller.token.is_some(), count.accepted, count.refused)
            })
            .collect();
        let expected = [
            ("", false, 0, 2),
            ("Okta", false, 0, 1),
            ("Okta", true, 3, 0),
            ("curl", true, 1, 0),
            ("Okta", true, 1, 0),
        ];
        assert_eq!(told, expected.map(|(agent, t, a, r)| (agent.to_owned(), t, a, r)));
    }

    #[test]
    fn counts_keep_the_first_and_the_last_instant() {
        let mut callers = Callers::default();
        for minutes in [5, 1, 9] {
            let then = now() + TimeDelta::minutes(minutes);
            callers.count((None, HERE.into(), None), Outcome::Refused, then);
        }

        let counts: Vec<_> = callers.entries().map(|entry| entry.count).collect();

        let [first_at, last_at] = [1, 9].map(|minutes| now() + TimeDelta::minutes(minutes));
        assert_eq!(counts, [CallerCount { accepted: 0, refused: 3, first_at, last_at }]);
    }

    #[test]
    fn a_flood_is_counted_together() {
        for outcome in [Outcome::Accepted, Outcome::Refused] {
            let mut callers = Callers::default();

            flood(&mut callers, outcome);

            let (rows, accepted, refused) = total(&callers);
            assert_eq!((rows, accepted + refused), (LIMIT + 1, 10_000));
        }
    }

    #[test]
    fn an_accepted_caller_always_finds_room_among_refused_ones() {
        let mut callers = Callers::default();
        flood(&mut callers, Outcome::Refused);

        call(&mut callers, [192, 0, 2, 1], "Okta", Outcome::Accepted);
        flood(&mut callers, Outcome::Refused);

        assert_eq!(named(&callers, "Okta").len(), 1);
        assert_eq!(total(&callers), (LIMIT + 1, 1, 20_000));
    }

    #[test]
    fn a_refused_caller_with_a_token_of_ours_stays_in_sight() {
        let mut callers = Callers::default();
        flood(&mut callers, Outcome::Refused);

        let okta = (Some(&token()), [192, 0, 2, 1].into(), Some("Okta"));
        callers.count(okta, Outcome::Refused, now());
        flood(&mut callers, Outcome::Refused);

        assert_eq!(named(&callers, "Okta").len(), 1);
    }

    #[test]
    fn an_address_of_its_own_is_enough() {
        for outcome in [Outcome::Accepted, Outcome::Refused] {
            let mut callers = Callers::default();
            flood(&mut callers, outcome);

            call(&mut callers, HERE, "Okta", outcome);
            flood(&mut callers, outcome);

            assert_eq!(named(&callers, "Okta").len(), 1, "{outcome:?}");
        }
    }

    #[test]
    fn addresses_of_one_network_are_no_addresses_of_their_own() {
        let mut callers = Callers::default();
        call(&mut callers, HERE, "Okta", Outcome::Accepted);
        for number in 0..1_000_u16 {
            let from = IpAddr::from([0x2001, 0xdb8, 0, 0, 0, 0, 0, number]);
            call(&mut callers, from, "made up", Outcome::Accepted);
        }
        call(&mut callers, [203, 0, 113, 25], "Entra", Outcome::Accepted);

        assert_eq!((named(&callers, "Okta").len(), named(&callers, "Entra").len()), (1, 1));
    }

    #[test]
    fn behind_one_address_what_came_before_a_flood_and_what_calls_again_stay() {
        let mut callers = Callers::default();
        call(&mut callers, [192, 0, 2, 1], "before", Outcome::Accepted);
        flood(&mut callers, Outcome::Accepted);
        for _ in 0..2 {
            call(&mut callers, [192, 0, 2, 1], "during", Outcome::Accepted);
        }
        flood(&mut callers, Outcome::Accepted);

        assert_eq!(named(&callers, "before").len(), 1);
        assert_eq!(named(&callers, "during").iter().map(|count| count.accepted).sum::<u64>(), 2);
    }
}

//! Who sends requests, as a table.

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::network::agent::short_name;
use crate::domain::requests::caller::{CallerCount, CallerSummary};
use crate::web::pages::layout::text::digits;
use crate::web::pages::layout::time::{Moment, ago};

/// A caller is new for this long.
const NEW: TimeDelta = TimeDelta::days(7);

/// A row of the table.
pub(crate) struct CallerRow {
    /// What people call it.
    pub(crate) name: String,
    /// What it calls itself.
    pub(crate) agent: Option<String>,
    pub(crate) is_new: bool,
    /// None for several.
    pub(crate) address: Option<String>,
    pub(crate) first_seen: Moment,
    pub(crate) last_seen: String,
    pub(crate) accepted: String,
    pub(crate) refused: String,
    /// `bad` if some were refused lately, `zero` if none was refused.
    pub(crate) refused_tone: &'static str,
}

/// The first `limit` callers and the others together. `callers` have the order of the table.
pub(super) fn rows(callers: &[CallerSummary], limit: usize, now: DateTime<Utc>) -> Vec<CallerRow> {
    let (apart, together): (Vec<_>, Vec<_>) =
        callers.iter().partition(|caller| caller.source.address.is_some());
    let (shown, left_out) = apart.split_at_checked(limit).unwrap_or((&apart, &[]));
    // How many stand behind those that were counted together is not known.
    let name = match left_out.len() {
        number if together.is_empty() => {
            format!("{number} other{}", if number == 1 { "" } else { "s" })
        }
        _ => "Others".to_owned(),
    };
    let others =
        left_out.iter().copied().chain(together).cloned().reduce(|one, other| CallerSummary {
            source: one.source,
            count: one.count.plus(other.count),
            refused_lately: one.refused_lately || other.refused_lately,
        });
    let shown = shown.iter().map(|caller| {
        let agent = caller.source.agent.clone();
        let name = short_name(agent.as_deref());
        let is_new = now - caller.count.first_at < NEW;
        CallerRow { agent, is_new, address: caller.source.address_text(), ..row(name, caller, now) }
    });
    shown.chain(others.map(|others| row(name, &others, now))).collect()
}

fn row(name: String, caller: &CallerSummary, now: DateTime<Utc>) -> CallerRow {
    let CallerCount { accepted, refused, first_at, last_at } = caller.count;
    CallerRow {
        name,
        agent: None,
        is_new: false,
        address: None,
        first_seen: Moment::day(first_at),
        last_seen: ago(now, last_at),
        accepted: digits(accepted),
        refused: digits(refused),
        refused_tone: match refused {
            0 => "zero",
            _ if caller.refused_lately => "bad",
            _ => "",
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::network::source::Source;

    fn now() -> DateTime<Utc> {
        "2026-11-22T14:03:00Z".parse().unwrap()
    }

    fn caller(last: u8, agent: Option<&str>, days: i64, refused: u64) -> CallerSummary {
        let first_at = now() - TimeDelta::days(days);
        CallerSummary {
            source: Source::new([203, 0, 113, last].into(), agent),
            count: CallerCount { accepted: 1_000, refused, first_at, last_at: now() },
            refused_lately: refused > 5,
        }
    }

    fn told(callers: &[CallerSummary], limit: usize) -> Vec<(String, bool, String, &'static str)> {
        let rows = rows(callers, limit, now()).into_iter();
        rows.map(|row| (row.name, row.is_new, row.refused, row.refused_tone)).collect()
    }

    #[test]
    fn callers_have_short_names_and_are_new_for_a_week() {
        let callers = [
            caller(1, Some("Okta SCIM Client 1.0.0"), 7, 0),
            caller(2, Some("curl/8.11.0"), 6, 5),
            caller(3, None, 90, 1_234),
        ];
        let expected = [
            ("Okta", false, "0", "zero"),
            ("curl 8", true, "5", ""),
            ("unnamed", false, "1,234", "bad"),
        ];
        let expected =
            expected.map(|(name, new, n, tone)| (name.to_owned(), new, n.to_owned(), tone));
        assert_eq!(told(&callers, 3), expected);
    }

    #[test]
    fn those_that_are_left_out_are_summed_up() {
        let callers = [1, 2, 3].map(|last| caller(last, None, i64::from(last), 1));
        let last = |limit| told(&callers, limit).pop().unwrap();

        assert_eq!(last(1), ("2 others".to_owned(), false, "2".to_owned(), ""));
        assert_eq!(last(2).0, "1 other");
        assert_eq!(told(&callers, 3).len(), 3);

        let mut flooded = callers.to_vec();
        flooded.insert(0, CallerSummary { source: Source::default(), ..caller(0, None, 1, 7) });
        assert_eq!(
            told(&flooded, 3).pop().unwrap(),
            ("Others".to_owned(), false, "7".to_owned(), "bad")
        );
        assert_eq!(told(&flooded, 2).pop().unwrap().2, "8");
    }
}

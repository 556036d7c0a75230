//! When a token was used last, and who used it: a fact of every mail about it.

use chrono_tz::Tz;

use crate::domain::calendar::LocalText;
use crate::domain::network::agent::short_name;
use crate::domain::network::source::address_text;
use crate::domain::token::LastUse;

/// `Last used` and `By`.
pub(super) fn last_use(last: Option<&LastUse>, zone: Tz) -> Vec<(&'static str, String)> {
    let Some(last) = last else { return vec![("Last used", "Never".to_owned())] };
    let by = format!("{}, from {}", short_name(last.agent.as_deref()), address_text(last.from));
    vec![("Last used", LocalText::new(last.at, zone).fact()), ("By", by)]
}

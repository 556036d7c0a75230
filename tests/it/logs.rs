//! What the log says, and the ids that lead from an answer to its lines.

use serde_json::Value;

mod access;
mod commands;
mod events;
mod floods;
mod request_ids;
mod search;

const CLIENTS: (&str, &str) =
    ("SCIMWARD_INTROSPECTION_CLIENTS", "app:application-secret-of-32-characters");
const PROXIES: (&str, &str) = ("SCIMWARD_TRUSTED_PROXIES", "127.0.0.0/8");

/// The fields of all lines with this target, in a log of JSON.
fn lines(log: &str, target: &str) -> Vec<Value> {
    let all = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let found = all.filter(|line| line["target"] == target);
    found
        .map(|line| {
            assert_eq!(line["level"], "INFO", "{line}");
            line["fields"].clone()
        })
        .collect()
}

/// The lines about security.
fn audit(log: &str) -> Vec<Value> {
    lines(log, "scimward::audit")
}

/// The lines about one event.
fn of<'a>(lines: &'a [Value], event: &str) -> Vec<&'a Value> {
    lines.iter().filter(|line| line["event"] == event).collect()
}

/// The one line about an event.
#[track_caller]
fn one<'a>(lines: &'a [Value], event: &str) -> &'a Value {
    let found = of(lines, event);
    assert_eq!(found.len(), 1, "{event}: {found:?}");
    found[0]
}

/// How often something happened, by the counts of its lines.
fn total(lines: &[&Value]) -> u64 {
    lines.iter().map(|line| line["count"].as_u64().unwrap_or(1)).sum()
}

//! What this process has decided, and what that took.

use super::text::Text;
use crate::service::Services;
use crate::service::usage::counters::{DecisionCounts, KeyCounts};
use crate::service::validation::latency::{BOUNDS, Latency};

pub(super) fn show(text: &mut Text, services: &Services) {
    decisions(text, &services.usage.counts());
    key_decisions(text, services.usage.key_counts());
    latency(text, &services.validation.latency());
    hashing(text, services);
}

fn decisions(text: &mut Text, counts: &DecisionCounts) {
    let name = "scimward_decisions_total";
    text.metric(name, "counter", "Requests by what was decided about their token.");
    let refused = counts.refused.iter().map(|(_, count)| count).sum();
    for (result, count) in
        [("accepted", counts.accepted), ("refused", refused), ("undecided", counts.undecided)]
    {
        text.sample(name, &[("result", result)], count);
    }
    let name = "scimward_refusals_total";
    text.metric(name, "counter", "Refused requests by reason.");
    for (reason, count) in &counts.refused {
        text.sample(name, &[("reason", reason.code())], *count);
    }
}

fn key_decisions(text: &mut Text, counts: KeyCounts) {
    let name = "scimward_api_key_decisions_total";
    text.metric(name, "counter", "Requests by what was decided about their API key.");
    for (result, count) in [("accepted", counts.accepted), ("refused", counts.refused)] {
        text.sample(name, &[("result", result)], count);
    }
}

fn latency(text: &mut Text, latency: &Latency) {
    text.histogram(
        "scimward_validation_duration_seconds",
        "How long it took to decide about a presented token, or to find that nothing can be decided.",
        BOUNDS.into_iter().zip(latency.buckets),
        latency.longer,
        latency.sum,
    );
}

fn hashing(text: &mut Text, services: &Services) {
    let hashing = services.monitoring.hashing();
    let name = "scimward_argon2_runs_total";
    text.metric(name, "counter", "Argon2id hashes computed, by what was hashed.");
    for (secret, figures) in &hashing {
        text.sample(name, &[("secret", secret)], figures.runs);
    }
    let name = "scimward_argon2_waiting";
    text.metric(name, "gauge", "Argon2id hashes that wait for their turn.");
    for (secret, figures) in &hashing {
        text.sample(name, &[("secret", secret)], figures.waiting);
    }
    let name = "scimward_argon2_turned_away_total";
    text.metric(
        name,
        "counter",
        "Argon2id hashes given up, because too many or for too long were waiting.",
    );
    for (secret, figures) in &hashing {
        text.sample(name, &[("secret", secret)], figures.turned_away);
    }
}

//! Metrics for Prometheus, in its text format, on an address of their own.

use std::fmt::Write;
use std::io;
use std::net::TcpListener;

use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpResponse, web};

use super::connections::{Limits, Listener};
use crate::domain::network::Networks;
use crate::service::Services;
use crate::service::usage::counters::DecisionCounts;

/// More connections than ever scrape, and few enough to cost nothing.
const CONNECTIONS: usize = 64;

/// Serves `/metrics` on `socket` until `shutdown` ends.
///
/// # Errors
/// When the socket cannot be used.
pub async fn serve(
    socket: TcpListener,
    services: Services,
    limits: Limits,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let label = services.label();
    let services = web::Data::new(services);
    let limits = Limits { total: CONNECTIONS, per_source: CONNECTIONS / 2, ..limits };
    let listener = Listener {
        socket,
        tls: None,
        limits,
        trusted_proxies: Networks::default(),
        is_https: false,
        label,
        threads: 1,
    };
    let configure = move |config: &mut web::ServiceConfig| {
        config.app_data(services.clone()).route("/metrics", web::get().to(show));
    };
    listener.serve(configure, shutdown).await
}

async fn show(services: web::Data<Services>) -> HttpResponse {
    let mut text = Text::default();
    text.metric("scimward_build_info", "gauge", "The version that runs.");
    text.sample("scimward_build_info", &[("version", env!("CARGO_PKG_VERSION"))], 1);
    decisions(&mut text, &services.usage.counts());
    token(&mut text, &services).await;
    HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "no-store"))
        .content_type("text/plain; version=0.0.4; charset=utf-8")
        .body(text.0)
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

async fn token(text: &mut Text, services: &Services) {
    let history = services.tokens.history().await;
    let name = "scimward_database_up";
    text.metric(name, "gauge", "Whether the database answers.");
    text.sample(name, &[], u8::from(history.is_ok()));
    let Ok(history) = history else { return };
    let Some(token) = history.unrevoked() else { return };
    let id = [("token_id", token.id.as_str())];
    let name = "scimward_token_expiry_timestamp_seconds";
    text.metric(name, "gauge", "When the current token expires.");
    text.sample(name, &id, token.expires_at.timestamp());
    let Some(last) = &token.last_use else { return };
    let name = "scimward_token_last_used_timestamp_seconds";
    text.metric(name, "gauge", "When the current token was accepted last, to the minute.");
    text.sample(name, &id, last.at.timestamp());
}

/// The text format, version 0.0.4. No label holds a character that would need escaping.
#[derive(Default)]
struct Text(String);

impl Text {
    fn metric(&mut self, name: &str, kind: &str, help: &str) {
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: impl std::fmt::Display) {
        let labels: Vec<_> = labels.iter().map(|(name, v)| format!("{name}=\"{v}\"")).collect();
        let labels =
            if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        let _ = writeln!(self.0, "{name}{labels} {value}");
    }
}

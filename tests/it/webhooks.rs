//! Webhooks: who is told what, once, and what becomes of a receiver's answer.

mod answers;
mod events;
mod https;
mod kills;
mod kinds;
mod pages;

use serde_json::Value;

use crate::support::upstream::{Received, Upstream};

/// `whsec_` and 24 bytes.
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
/// A part of every URL, which nobody is to see.
const HIDDEN: &str = "T0SECRET1";

/// The setting for one receiver.
fn json_to(receiver: &Upstream) -> String {
    format!("json http://{}/hooks/{HIDDEN} {SECRET}", receiver.address)
}

fn body(request: &Received) -> Value {
    serde_json::from_str(&request.body).expect("JSON")
}

fn header(request: &Received, name: &str) -> String {
    request.values(name).concat()
}

/// The types of what a receiver was told.
fn types(requests: &[Received]) -> Vec<String> {
    requests.iter().map(|told| body(told)["type"].as_str().expect("a type").to_owned()).collect()
}

//! What the product is built from may be shipped with it: permissive licences only, and nothing from
//! outside the registry. `deny.toml` has the list; cargo-deny needs it too, and is not always there.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

use std::fs;
use std::process::Command;

use serde_json::Value;

#[test]
fn every_dependency_has_a_permissive_licence_and_comes_from_the_registry() {
    let mut refused = Vec::new();
    let permissive = permissive_licences();
    for package in packages() {
        let name = package["name"].as_str().expect("a name");
        let licence = package["license"].as_str().unwrap_or_default();
        if !is_permissive(licence, &permissive) {
            refused.push(format!("{name}: {licence:?}"));
        }
        let source = package["source"].as_str();
        if name != "scimward" && !source.is_some_and(|source| source.starts_with("registry+")) {
            refused.push(format!("{name}: from {source:?}"));
        }
    }
    assert!(refused.is_empty(), "{}", refused.join("\n"));
}

/// Whether one alternative of an SPDX expression asks for permissive licences only.
fn is_permissive(expression: &str, permissive: &[String]) -> bool {
    let expression = expression.replace('/', " OR ").replace(['(', ')'], "");
    let permits = |licence: &str| permissive.iter().any(|known| known == licence.trim());
    // An alternative beside an AND in parentheses is checked as if each part were required.
    expression.split(" AND ").all(|part| part.split(" OR ").any(permits))
}

/// What `deny.toml` allows.
fn permissive_licences() -> Vec<String> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/deny.toml");
    let settings = fs::read_to_string(path).expect("deny.toml");
    let settings: toml::Table = settings.parse().expect("TOML");
    let allowed = settings["licenses"]["allow"].as_array().expect("a list");
    allowed.iter().map(|licence| licence.as_str().expect("a text").to_owned()).collect()
}

/// The packages that are built for this machine.
fn packages() -> Vec<Value> {
    let rustc = Command::new("rustc").arg("-vV").output().expect("rustc");
    let rustc = String::from_utf8(rustc.stdout).expect("UTF-8");
    let host = rustc.lines().find_map(|line| line.strip_prefix("host: ")).expect("a host");
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--locked", "--format-version", "1", "--filter-platform", host])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo");
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("metadata as JSON");
    metadata["packages"].as_array().expect("packages").clone()
}

#[test]
fn expressions_are_understood() {
    let permissive = ["MIT", "Apache-2.0", "Unicode-3.0"].map(str::to_owned);
    for (expression, expected) in [
        ("MIT OR Apache-2.0", true),
        ("MIT/Apache-2.0", true),
        ("(MIT OR Apache-2.0) AND Unicode-3.0", true),
        ("GPL-3.0", false),
        ("MIT AND GPL-3.0", false),
        ("MIT OR GPL-3.0", true),
        ("", false),
    ] {
        assert_eq!(is_permissive(expression, &permissive), expected, "{expression}");
    }
}

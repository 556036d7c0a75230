//! What the product is built from may be shipped with it: permissive licences only, and nothing from
//! outside the registry.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

use std::process::Command;

use serde_json::Value;

/// One of these must be offered. MPL-2.0 is for drivers of tests, which are not shipped.
const PERMISSIVE: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

#[test]
fn every_dependency_has_a_permissive_licence_and_comes_from_the_registry() {
    let mut refused = Vec::new();
    for package in packages() {
        let name = package["name"].as_str().expect("a name");
        let licence = package["license"].as_str().unwrap_or_default();
        if !is_permissive(licence) {
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
fn is_permissive(expression: &str) -> bool {
    let expression = expression.replace('/', " OR ").replace(['(', ')'], "");
    let permits = |licence: &str| PERMISSIVE.contains(&licence.trim());
    // An alternative beside an AND in parentheses is checked as if each part were required.
    expression.split(" AND ").all(|part| part.split(" OR ").any(permits))
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
    for (expression, permissive) in [
        ("MIT OR Apache-2.0", true),
        ("MIT/Apache-2.0", true),
        ("(MIT OR Apache-2.0) AND Unicode-3.0", true),
        ("GPL-3.0", false),
        ("MIT AND GPL-3.0", false),
        ("MIT OR GPL-3.0", true),
        ("", false),
    ] {
        assert_eq!(is_permissive(expression), permissive, "{expression}");
    }
}

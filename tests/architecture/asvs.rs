//! The table of `docs/asvs.md`: every requirement of level 1 and 2 stands there once, and every test
//! that it names exists.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use super::root;

/// The numbers of the requirements, by chapter and level.
const SECTIONS: &str = include_str!("asvs.txt");
const STATES: [&str; 4] = ["met", "partly", "not applicable", "not met"];

/// A line of the table.
struct Row {
    id: String,
    level: String,
    state: String,
    by: String,
    tests: Vec<String>,
}

fn rows() -> Vec<Row> {
    let text = fs::read_to_string(root().join("docs/asvs.md")).unwrap();
    let lines = text.lines().filter(|line| {
        line.strip_prefix("| ").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    });
    let row = |line: &str| {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let [id, level, _, state, by, tests] = <[&str; 6]>::try_from(cells).expect("six cells");
        let tests = tests.split('`').skip(1).step_by(2).map(str::to_owned).collect();
        Row { id: id.into(), level: level.into(), state: state.into(), by: by.into(), tests }
    };
    lines.map(row).collect()
}

#[test]
fn every_requirement_of_the_first_two_levels_has_one_row() {
    let found: Vec<(String, String)> = rows().into_iter().map(|row| (row.id, row.level)).collect();
    let expected: Vec<(String, String)> = SECTIONS
        .lines()
        .filter(|line| !line.starts_with('#'))
        .flat_map(|line| {
            let (level, ids) = line.split_once(": ").expect("LEVEL: IDS");
            ids.split(' ').map(|id| (id.to_owned(), level.to_owned())).collect::<Vec<_>>()
        })
        .collect();
    assert_eq!(expected.iter().filter(|(_, level)| level == "1").count(), 70);
    assert_eq!(expected.iter().filter(|(_, level)| level == "2").count(), 183);
    let unique = |rows: &[(String, String)]| rows.iter().cloned().collect::<BTreeSet<_>>();
    let (has, should_have) = (unique(&found), unique(&expected));
    assert_eq!(has, should_have);
    assert_eq!(found.len(), has.len(), "one of them stands there twice");
}

#[test]
fn every_row_says_why_and_the_sums_are_right() {
    let mut sums = BTreeMap::new();
    for row in rows() {
        let Row { id, level, state, by, tests } = row;
        assert!(STATES.contains(&&*state), "{id}: {state:?}");
        assert!(state == "met" && !tests.is_empty() || by != "-", "{id} does not say why");
        *sums.entry((level, state)).or_insert(0) += 1;
    }
    let text = fs::read_to_string(root().join("docs/asvs.md")).unwrap();
    for level in ["1", "2"] {
        let sum =
            |state: &str| sums.get(&(level.to_owned(), state.to_owned())).copied().unwrap_or(0);
        let line = STATES.map(|state| sum(state).to_string()).join(" | ");
        let line = format!("| level {level} | {line} |");
        assert!(text.lines().any(|found| found == line), "the sums are {line}");
    }
}

#[test]
fn every_test_that_is_named_exists() {
    let mut missing = Vec::new();
    let mut count = 0;
    for row in rows() {
        for test in &row.tests {
            count += 1;
            if !exists(test) {
                missing.push(format!("{}: {test}", row.id));
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
    assert!(count > 200, "the tests were not found: {count}");
}

/// Whether `FILE::NAME` is a test: a function of Rust or Python, or a scenario in a browser.
fn exists(test: &str) -> bool {
    let Some((file, name)) = test.split_once("::") else { return false };
    let folder = if file.starts_with("src/") { PathBuf::new() } else { PathBuf::from("tests") };
    let Ok(content) = fs::read_to_string(root().join(folder).join(file)) else { return false };
    match file.rsplit_once('.') {
        Some((_, "rs")) => is_test(&content, name),
        Some((_, "py")) => content.contains(&format!("\ndef {name}(")),
        Some((_, "mjs")) => ['\'', '`', '"']
            .iter()
            .any(|quote| content.contains(&format!("scenario({quote}{name}"))),
        _ => false,
    }
}

/// Whether a function is marked as a test, or in the list of a macro that makes tests.
fn is_test(text: &str, name: &str) -> bool {
    let Some((before, _)) = text.split_once(&format!("fn {name}(")) else { return false };
    let last = before.lines().rev().take(4).any(|line| line.trim() == "#[test]");
    let mut lists = text.split("!(").skip(1).filter_map(|rest| rest.split(");").next());
    last || lists.any(|list| list.split([',', '\n']).any(|word| word.trim() == name))
}

#[test]
fn what_is_no_test_is_noticed() {
    assert!(exists("architecture/asvs.rs::what_is_no_test_is_noticed"));
    assert!(exists("it/pages.rs::a_session_ends_on_the_server"));
    for test in [
        "architecture/asvs.rs::exists",
        "architecture/asvs.rs::nothing",
        "architecture/nothing.rs::exists",
        "it/pages.rs::start",
        "browser/login.test.mjs::something else",
        "what_is_no_test_is_noticed",
    ] {
        assert!(!exists(test), "{test}");
    }
}

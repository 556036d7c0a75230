//! What packages install beside the program.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::support::database::{Database, Engine};
use crate::support::process::Scimward;

/// The files of a folder by name.
fn files(folder: &Path) -> BTreeMap<String, String> {
    let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
    let files = entries.filter(|entry| entry.path().is_file()).map(|entry| {
        let mode = entry.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o644, "{entry:?}");
        (entry.file_name().into_string().unwrap(), fs::read_to_string(entry.path()).unwrap())
    });
    files.collect()
}

#[test]
fn every_command_has_a_manual_page_and_a_line_in_the_manual() {
    let database = Database::fresh(Engine::Sqlite);
    let written = Scimward::bare(database.folder()).run(&["manual", "made"]);
    assert_eq!(written.code, 0, "{written:?}");
    let manual = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/commands.md"));
    let manual = manual.unwrap();

    let pages = files(&database.folder().join("made/man"));

    for page in pages.keys().filter(|page| page.ends_with(".1")) {
        let command = page.trim_end_matches(".1").replacen('-', " ", 2);
        let is_group = pages.keys().any(|other| other.starts_with(&page.replace(".1", "-")));
        let line = format!("`{command}");
        assert!(is_group || manual.contains(&line), "{command} is missing in docs/commands.md");
    }
    for line in manual.lines().filter_map(|line| line.strip_prefix("| `scimward ")) {
        let words = line.split('`').next().unwrap().split(' ');
        let words = words.take_while(|word| word.starts_with(|c: char| c.is_ascii_lowercase()));
        let page = format!("scimward-{}.1", words.collect::<Vec<_>>().join("-"));
        assert!(pages.contains_key(&page), "{page}");
    }
    assert!(pages["scimward.toml.5"].contains("trusted_proxies"));
    let completions = files(&database.folder().join("made/completions"));
    assert_eq!(
        completions.keys().collect::<Vec<_>>(),
        ["_scimward", "scimward.bash", "scimward.fish"]
    );
    let bash = database.folder().join("made/completions/scimward.bash");
    let checked = Command::new("bash").arg("-n").arg(bash).status().expect("bash");
    assert!(checked.success());
}

#[test]
fn the_configuration_file_of_packages_holds_every_default() {
    let database = Database::fresh(Engine::Sqlite);
    let scimward = Scimward::bare(database.folder());
    assert_eq!(scimward.run(&["manual", "."]).code, 0);
    let written = files(database.folder())["scimward.toml"].clone();
    let shown = |file: &str| {
        let ended = scimward.run(&["config", "check", "--json", "--config", file]);
        assert_eq!(ended.code, 0, "{ended:?}");
        let report: Value = serde_json::from_str(&ended.stdout).unwrap();
        let lines = report["settings"].as_array().unwrap().clone();
        lines.into_iter().map(|line| (line["key"].clone(), line["value"].clone()))
    };
    let as_written: Vec<_> = shown("scimward.toml").collect();

    let all = written.lines().map(|line| match line.strip_prefix('#') {
        Some(setting) if !setting.starts_with(' ') => setting,
        _ => line,
    });
    let all = all.collect::<Vec<_>>().join("\n");
    assert!(written.matches("\n#").count() > 40 && !all.contains("\n#listen"), "{all}");
    fs::write(database.folder().join("all.toml"), &all).unwrap();

    assert_eq!(shown("all.toml").collect::<Vec<_>>(), as_written);
    for (key, _) in as_written {
        let name = key.as_str().unwrap().trim_start_matches("SCIMWARD_").to_ascii_lowercase();
        assert!(all.contains(&format!("\n{name} = ")), "{name}");
    }
}

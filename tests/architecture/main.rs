//! The shape of the source: which module may import which, and what templates and style sheets may hold.

#![expect(clippy::expect_used, clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod asvs;
mod circles;
mod manual;
mod source;
mod templates;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Each module and what it may name of the others: imports run downwards.
const IMPORTS: &[(&str, &[&str])] = &[
    ("main", &["scimward"]),
    ("cli", &["config", "demo", "domain", "server", "service", "telemetry", "web"]),
    ("demo", &["clock", "config", "domain", "entropy", "server", "service"]),
    (
        "server",
        &["audit", "clock", "config", "entropy", "hasher", "memory", "service", "store", "web"],
    ),
    ("config", &["domain", "mail", "service", "store", "telemetry", "web", "webhook"]),
    ("web", &["audit", "domain", "memory", "service", "stack", "trust"]),
    (
        "service",
        &[
            "audit", "clock", "domain", "entropy", "hasher", "mail", "stack", "store", "webauthn",
            "webhook",
        ],
    ),
    ("webhook", &["domain", "mail"]),
    ("mail", &["domain", "trust"]),
    ("store", &["audit", "domain", "trust"]),
    ("audit", &["domain"]),
    // For tests and cargo-fuzz alone.
    ("fuzz", &["config", "domain", "mail", "store", "web"]),
    ("hasher", &["domain", "entropy", "stack"]),
    ("clock", &[]),
    ("domain", &[]),
    ("entropy", &[]),
    ("memory", &[]),
    ("stack", &[]),
    ("telemetry", &[]),
    ("trust", &[]),
    ("webauthn", &["domain"]),
];

/// Libraries that one layer alone speaks to.
const LIBRARIES: &[(&str, &[&str])] = &[
    ("actix_web::", &["cli", "web"]),
    ("actix_session::", &["web"]),
    ("argon2::", &["hasher"]),
    ("askama::", &["mail", "web"]),
    ("clap::", &["cli", "config"]),
    ("clap_complete::", &["cli"]),
    ("clap_mangen::", &["cli"]),
    ("diesel::", &["store"]),
    ("hyper::", &["webhook"]),
    ("lettre::", &["mail"]),
    ("tokio_postgres::", &["store"]),
    ("webauthn_rs::", &["webauthn"]),
];

#[test]
fn imports_run_downwards() {
    let mut breaches = Vec::new();
    for (place, module, line) in lines_of_source() {
        let allowed = IMPORTS.iter().find(|(name, _)| *name == module);
        let (_, allowed) = allowed.unwrap_or_else(|| panic!("{module} is not in the table"));
        for part in line.split("crate::").skip(1) {
            let named: String =
                part.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            if named != module && !allowed.contains(&named.as_str()) {
                breaches.push(format!("{place}: {module} names {named:?}"));
            }
        }
    }
    assert!(breaches.is_empty(), "{}", breaches.join("\n"));
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    let mut sources = Vec::new();
    for file in files("src") {
        if file.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let path = file.strip_prefix(root().join("src")).unwrap().with_extension("");
        let mut module: Vec<String> =
            path.iter().map(|part| part.to_str().unwrap().to_owned()).collect();
        module.pop_if(|last| last == "mod");
        let text = fs::read_to_string(&file).unwrap();
        let code: Vec<&str> = text
            .split("#[cfg(test)]\nmod tests {")
            .next()
            .unwrap()
            .lines()
            .map(|line| line.split("//").next().unwrap())
            .collect();
        sources.push((module, code.join("\n")));
    }
    let circles: Vec<String> = circles::circles(&sources)
        .iter()
        .map(|circle| {
            circle.iter().map(|module| module.join("::")).collect::<Vec<_>>().join("\n    ")
        })
        .collect();
    assert!(circles.is_empty(), "{} circles:\n{}", circles.len(), circles.join("\n\n"));
}

#[test]
fn each_library_is_spoken_to_by_its_layer() {
    let mut breaches = Vec::new();
    for (place, module, line) in lines_of_source() {
        for (library, layers) in LIBRARIES {
            let named = line.split(library).next().is_some_and(|before| {
                before.len() < line.len()
                    && !before.ends_with(|c: char| c.is_alphanumeric() || c == '_')
            });
            if named && !layers.contains(&module.as_str()) {
                breaches.push(format!("{place}: {module} speaks to {library}"));
            }
        }
    }
    assert!(breaches.is_empty(), "{}", breaches.join("\n"));
}

/// Whatever else a Server Admin does goes through `service::authority`, which checks their session;
/// `web::session` says whose it is for the log alone.
#[test]
fn only_who_logs_in_joins_or_fails_to_confirm_acts_without_a_session() {
    let mut places: Vec<_> = lines_of_source()
        .into_iter()
        .filter(|(_, _, line)| line.contains(".actor()"))
        .map(|(place, ..)| place.split(':').next().unwrap().to_owned())
        .collect();
    places.dedup();
    let allowed = [
        "service/admins/links.rs",
        "service/admins/password_links.rs",
        "service/authority.rs",
        "service/proofs/mod.rs",
        "service/sessions/login.rs",
        "web/session/mod.rs",
    ];
    assert_eq!(places, allowed.map(|file| format!("src/{file}")));
}

#[test]
fn both_databases_have_the_same_migrations() {
    let names = |tree: &str| -> BTreeSet<String> {
        let folders = fs::read_dir(root().join("migrations").join(tree)).expect("migrations");
        folders.map(|folder| folder.unwrap().file_name().into_string().unwrap()).collect()
    };
    assert_eq!(names("sqlite"), names("postgres"));
    for script in files("migrations") {
        assert!(!fs::read_to_string(&script).unwrap().trim().is_empty(), "{}", script.display());
    }
}

#[test]
fn every_variable_of_the_style_sheets_is_defined() {
    let sheets: Vec<String> = files("static")
        .into_iter()
        .filter(|file| file.extension().is_some_and(|extension| extension == "css"))
        .map(|file| fs::read_to_string(file).unwrap())
        .collect();
    let name = |text: &str| -> String {
        text.chars().take_while(|c| c.is_alphanumeric() || "-_".contains(*c)).collect()
    };
    let defined: BTreeSet<String> = sheets
        .iter()
        .flat_map(|sheet| sheet.split(['{', ';', '}', '/']))
        .filter(|declaration| declaration.contains(':'))
        .map(|declaration| name(declaration.trim_start()))
        .filter(|name| name.starts_with("--"))
        .collect();
    for sheet in &sheets {
        for used in sheet.split("var(").skip(1).map(|rest| name(rest.trim_start())) {
            assert!(defined.contains(&used), "{used} is not defined");
        }
    }
}

#[test]
fn the_architecture_names_files_that_exist() {
    let text = fs::read_to_string(root().join("docs/architecture.md")).unwrap();
    let source: Vec<String> =
        files("src").iter().map(|file| file.to_string_lossy().into_owned()).collect();
    let named = text.split('`').skip(1).step_by(2).filter(|code| {
        [".rs", ".json"].iter().any(|ending| code.ends_with(ending)) && !code.contains(' ')
    });
    let missing: Vec<&str> = named
        .filter(|name| {
            let ending = format!("/{name}");
            !root().join(name).exists() && !source.iter().any(|file| file.ends_with(&ending))
        })
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// Every line of code: where it stands, its top module, and its text without a comment.
fn lines_of_source() -> Vec<(String, String, String)> {
    let mut lines = Vec::new();
    for file in files("src") {
        let path = file.strip_prefix(root()).unwrap();
        let module = path.components().nth(1).expect("a module").as_os_str().to_string_lossy();
        let module = module.trim_end_matches(".rs").to_owned();
        if module == "lib" {
            continue;
        }
        for (number, line) in fs::read_to_string(&file).unwrap().lines().enumerate() {
            let code = line.split("//").next().unwrap();
            lines.push((format!("{}:{}", path.display(), number + 1), module.clone(), code.into()));
        }
    }
    lines
}

/// All files below a folder of the project, sorted; none if it does not exist.
fn files(folder: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    found
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

//! What can be seen by reading: no program is started, no memory is touched by hand, the script leaves
//! nothing behind, and the service may do little.

use std::fs;

use super::{files, lines_of_source, root};

#[test]
fn the_program_starts_no_other() {
    let found: Vec<_> = lines_of_source()
        .into_iter()
        .filter(|(_, _, line)| line.contains("process::Command") || line.contains("Command::new("))
        .collect();
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn the_program_has_no_unsafe_code() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    assert!(manifest.contains("unsafe_code = \"forbid\""), "the compiler refuses it");
    let words =
        |line: &str| line.split(|c: char| !c.is_alphanumeric() && c != '_').any(|w| w == "unsafe");
    let found: Vec<_> = lines_of_source().into_iter().filter(|(_, _, line)| words(line)).collect();
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn the_script_keeps_nothing_but_the_zone_and_makes_no_markup() {
    // In which zone times are shown is no secret, and nothing else is kept.
    let zone = ["localStorage.setItem('times', value)", "localStorage.getItem('times')"];
    let mut scripts = 0;
    for file in files("static").iter().filter(|file| file.extension().is_some_and(|e| e == "js")) {
        scripts += 1;
        let script = fs::read_to_string(file).unwrap();
        let code: String = script.lines().map(|line| line.split("// ").next().unwrap()).collect();
        let code = zone.iter().fold(code, |code, kept| code.replacen(kept, "", 1));
        for word in [
            "localStorage",
            "sessionStorage",
            "indexedDB",
            "document.cookie",
            "caches.",
            "serviceWorker",
            "postMessage",
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
            "new Function",
            "__proto__",
            "http://",
            "https://",
        ] {
            assert!(!code.contains(word), "{word} in {}", file.display());
        }
        let strict = code.replace("===", "").replace("!==", "");
        assert!(!strict.contains("==") && !strict.contains("!="), "{}", file.display());
    }
    assert!(scripts > 0);
}

#[test]
fn the_service_may_do_little() {
    let unit = fs::read_to_string(root().join("packaging/debian/scimward.service")).unwrap();
    for line in [
        "User=scimward",
        "UMask=0077",
        "LimitCORE=0",
        "ProtectSystem=strict",
        "ProtectHome=yes",
        "PrivateDevices=yes",
        "NoNewPrivileges=yes",
        "CapabilityBoundingSet=",
        "MemoryDenyWriteExecute=yes",
        "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX",
        "SystemCallFilter=~@privileged",
    ] {
        assert!(unit.lines().any(|found| found == line), "{line}");
    }
    let image = fs::read_to_string(root().join("packaging/container/Containerfile")).unwrap();
    assert!(image.lines().any(|line| line == "USER 10001:10001"));
}

//! The manual: every link in it leads to a file of the project, and to a heading in it.

use std::fs;
use std::path::{Path, PathBuf};

use super::{files, root};

#[test]
fn every_link_of_the_manual_leads_somewhere() {
    let mut broken = Vec::new();
    let mut count = 0;
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        for target in links(&text).filter(|target| !target.contains("://")) {
            count += 1;
            let (path, heading) = target.split_once('#').unwrap_or((target, ""));
            let file = match path {
                "" => page.clone(),
                path => page.parent().unwrap().join(path),
            };
            let leads = file.exists()
                && (heading.is_empty() || anchors(&file).contains(&heading.to_owned()));
            if !leads {
                broken.push(format!("{}: {target}", page.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    assert!(count > 50, "the links were not found: {count}");
}

#[test]
fn the_front_page_leads_to_every_page_of_the_manual() {
    let front = fs::read_to_string(root().join("README.md")).unwrap();
    for page in files("docs").iter().filter(|file| file.parent().unwrap().ends_with("docs")) {
        let name = page.strip_prefix(root()).unwrap().display().to_string();
        assert!(front.contains(&format!("({name})")), "{name}");
    }
}

fn pages() -> Vec<PathBuf> {
    let top = fs::read_dir(root()).unwrap().map(|entry| entry.unwrap().path());
    let pages = top.chain(files("docs"));
    pages.filter(|file| file.extension().is_some_and(|extension| extension == "md")).collect()
}

fn links(text: &str) -> impl Iterator<Item = &str> {
    text.split("](").skip(1).filter_map(|rest| rest.split(')').next())
}

/// The headings of a page, as GitHub names them.
fn anchors(page: &Path) -> Vec<String> {
    let text = fs::read_to_string(page).unwrap_or_default();
    let headings = text.lines().filter(|line| line.starts_with('#'));
    let anchor = |line: &str| {
        let kept = line.trim_start_matches('#').trim().chars();
        let kept = kept.filter(|c| c.is_alphanumeric() || " -_".contains(*c));
        kept.map(|c| if c == ' ' { '-' } else { c.to_ascii_lowercase() }).collect()
    };
    headings.map(anchor).collect()
}

//! What templates may hold.

use std::fs;

use crate::files;

#[test]
fn no_template_weakens_the_content_policy_or_the_escaping() {
    for file in files("templates") {
        let text = fs::read_to_string(&file).unwrap();
        let path = file.display();
        assert!(!text.contains("|safe") && !text.contains("| safe"), "{path} has |safe");
        // Mail programs know no style sheets; no policy applies to a mail.
        if file.components().any(|part| part.as_os_str() == "mail") {
            continue;
        }
        for tag in text.split('<').skip(1).map(|tag| tag.split('>').next().unwrap()) {
            assert!(!tag.starts_with("style"), "{path}: <{tag}>");
            assert!(!tag.starts_with("script") || tag.contains(" src="), "{path}: <{tag}>");
            for attribute in tag.split_whitespace().skip(1) {
                let name = attribute.split('=').next().unwrap();
                assert_ne!(name, "style", "{path}: <{tag}>");
                let handler = name.starts_with("on") && name.len() < attribute.len();
                assert!(!handler, "{path}: <{tag}>");
            }
        }
    }
}

#[test]
fn a_line_of_a_template_can_be_reviewed() {
    for file in files("templates") {
        for (number, line) in fs::read_to_string(&file).unwrap().lines().enumerate() {
            let length = line.chars().count();
            assert!(length <= 160, "{}:{}: {length} characters", file.display(), number + 1);
        }
    }
}

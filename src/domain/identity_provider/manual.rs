//! The parts of `docs/identity-providers.md` that are made from the records. Each stands between
//! two comments with its name; `UPDATE_MANUAL=1 cargo test --lib identity_provider` writes them.

use std::fmt::Write;
use std::{env, fs, path::Path};

use super::*;

#[test]
fn the_guide_says_what_the_records_say() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/identity-providers.md");
    let written = fs::read_to_string(&path).unwrap();
    let mut guide = written.clone();
    put(&mut guide, "overview", &overview());
    put(&mut guide, "test-fails", &test_fails());
    for provider in IdentityProvider::ALL.iter().map(|provider| provider.guide()) {
        if provider.is_known() {
            put(&mut guide, provider.code, &section(provider));
        }
    }
    if env::var_os("UPDATE_MANUAL").is_some() {
        fs::write(path, guide).unwrap();
    } else {
        assert_eq!(written, guide, "UPDATE_MANUAL=1 cargo test --lib identity_provider");
    }
}

/// Puts a part in the place of what stands between its comments.
fn put(guide: &mut String, name: &str, part: &str) {
    let [begin, end] = ["", "/"].map(|slash| format!("<!-- {slash}{name} -->\n"));
    let from = guide.find(&begin).unwrap_or_else(|| panic!("{begin}")) + begin.len();
    let to = from + guide[from..].find(&end).unwrap_or_else(|| panic!("{end}"));
    guide.replace_range(from..to, &format!("\n{part}\n"));
}

fn overview() -> String {
    let mut table = "| | Base URL | Enter the token | After replacing it |\n\
                     | --- | --- | --- | --- |\n"
        .to_owned();
    for guide in IdentityProvider::ALL.iter().map(|provider| provider.guide()) {
        if guide.is_known() {
            let heading = guide.name.to_ascii_lowercase().replace(' ', "-");
            let field = guide.fields.iter().find(|field| field.value == Value::Token).unwrap();
            let Guide { choice, then, .. } = guide;
            let form = match guide.form {
                TokenForm::Header => "`Bearer ` and the token",
                TokenForm::Alone | TokenForm::Either => "the token alone",
            };
            let base_url = guide.base_url_field();
            let token = field.name;
            writeln!(table, "| [{choice}](#{heading}) | {base_url} | {token}: {form} | {then} |")
                .unwrap();
        }
    }
    table
}

fn test_fails() -> String {
    let mut table = "| What the page says | What to do |\n| --- | --- |\n".to_owned();
    for (says, remedy) in TEST_FAILS {
        writeln!(table, "| {says} | {remedy} |").unwrap();
    }
    table
}

fn section(guide: &Guide) -> String {
    let mut text = String::new();
    if !guide.limits.is_empty() {
        writeln!(text, "{}\n", guide.limits).unwrap();
    }
    writeln!(text, "{}\n\n| Field | Enter | |\n| --- | --- | --- |", guide.place).unwrap();
    for Field { name, note, is_reported, value } in guide.fields {
        let value = match value {
            Value::BaseUrl => "the base URL".to_owned(),
            Value::Token => "the token".to_owned(),
            Value::Entered(text) => format!("`{text}`"),
            Value::Chosen(text) => (*text).to_owned(),
        };
        let reported = if *is_reported { " *(reported)*" } else { "" };
        let note = format!("{note}{reported}");
        writeln!(text, "| **{name}** | {value} | {} |", note.trim()).unwrap();
    }
    writeln!(text, "\n{}\n\n**After replacing the token:**\n", guide.finish).unwrap();
    for (number, step) in guide.steps().iter().enumerate() {
        writeln!(text, "{}. {step}", number + 1).unwrap();
    }
    writeln!(text, "\n**When nothing arrives:** {}", guide.look).unwrap();
    text
}

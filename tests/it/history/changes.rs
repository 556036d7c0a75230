//! Who changes the token, and what the answers say of it.

use std::cell::Cell;
use std::io::Read;
use std::process::Child;

use serde_json::Value;

use super::checker::{Change, Id, Span};
use super::questions::Dice;
use super::run::{Run, id_of};
use crate::support::actors::Visitor;
use crate::support::http::{Request, Response};
use crate::support::page;

pub(super) const PAGE: &str = "/admin/authentication";
const GENERATE: &str = "/admin/authentication/scim-token";
const REVOKE: &str = "/admin/authentication/revoke";
/// How often a writer on a page may fail, while others are faster or the database is away.
const ATTEMPTS: usize = 20_000;

/// A writer, which changes the token so many times.
pub(super) enum Writer {
    /// Generates through the pages of an instance.
    Page { admin: Visitor, count: usize },
    /// Generates at the command line.
    Command { count: usize },
    /// Generates at the command line and keeps the token before, and then revokes that in turn.
    Keeper { count: usize },
    /// Revokes each time that so many more tokens were generated, at the command line and through
    /// the pages in turn.
    Revoker { admin: Visitor, every: usize, count: usize },
}

/// The form that generates a token as a page shows it, and the token that it replaces.
pub(super) fn generation(admin: &Visitor, shown: &Response) -> (Request, Option<Id>) {
    let hidden = page::hidden_fields(shown.text(), GENERATE);
    let replaces = hidden.iter().find(|(name, _)| name == "replaces").map(|(_, id)| id.clone());
    let mut fields: Vec<_> = hidden.iter().map(|(n, value)| (n.as_str(), value.as_str())).collect();
    fields.push(("months", "3"));
    let form = admin.form(GENERATE, &fields).header("Accept", "application/json");
    (form, replaces.filter(|id| !id.is_empty()))
}

impl Writer {
    /// Works until so many changes were acknowledged.
    pub(super) fn work(self, run: &Run) {
        match self {
            Self::Page { admin, count } => {
                repeat(run, count, || generate_on_page(run, &admin));
            }
            Self::Command { count } => repeat(run, count, || generate_at_command_line(run, &[])),
            Self::Keeper { count } => keep(run, count),
            Self::Revoker { admin, every, count } => {
                for number in 1..=count {
                    run.wait_for_tokens(number * every);
                    if number.is_multiple_of(2) {
                        revoke_on_page(run, &admin);
                    } else {
                        revoke_at_command_line(run);
                    }
                }
            }
        }
    }
}

fn repeat(run: &Run, count: usize, change: impl Fn() -> bool) {
    let done = (0..ATTEMPTS).filter(|_| !run.is_over() && change()).take(count).count();
    assert!(done == count || run.is_over(), "{done} of {count} changes succeeded");
}

/// There is nothing to keep before the token is used, and for good if nobody generates another one.
fn keep(run: &Run, count: usize) {
    let tried = Cell::new(0);
    repeat(run, count, || {
        tried.set(tried.get() + 1);
        let keep: &[&str] = if tried.get() % 30 == 0 { &[] } else { &["--keep-current"] };
        let is_generated = generate_at_command_line(run, keep);
        if is_generated && tried.get() % 2 == 0 {
            revoke_old(run);
        }
        is_generated
    });
}

fn revoke_old(run: &Run) {
    let ((child, printed), span) =
        run.timed(|| spawn(run, &["token", "revoke", "--old", "--json"]));
    let Some(json) = printed else {
        if failed_in_doubt(child) {
            run.note(Change::RevocationUnknown, span, None);
        }
        return;
    };
    let id: Id = json["revoked"].as_str().expect("an id").to_owned();
    run.note(Change::RevokedOld { id: id.clone() }, span, None);
    assert!(child.wait_with_output().expect("the command ends").status.success());
    if let Some(old) = run.token(&id) {
        run.present_everywhere(&old, &mut Dice::new(1));
    }
}

fn generate_on_page(run: &Run, admin: &Visitor) -> bool {
    let shown = admin.get(PAGE);
    if shown.status == 503 {
        return false;
    }
    let (form, replaced) = generation(admin, &shown.expect(200));
    let (answer, span) = run.timed(|| admin.send(form));
    let json = answer.json();
    match answer.status {
        201 => {
            generated(run, &json, replaced, span);
            return true;
        }
        // Somebody was faster, or the token was used after the page was shown.
        409 => assert!(json["error"] == "token_changed" || json["error"] == "token_used"),
        503 if json["generated"] == false => {}
        503 => run.note(Change::GenerationUnknown, span, None),
        other => panic!("{other}: {json}"),
    }
    false
}

fn generate_at_command_line(run: &Run, how: &[&str]) -> bool {
    let arguments = [&["token", "generate", "--json"], how].concat();
    let ((child, printed), span) = run.timed(|| spawn(run, &arguments));
    let Some(json) = printed else {
        if failed_in_doubt(child) {
            run.note(Change::GenerationUnknown, span, None);
        }
        return false;
    };
    let replaced = json["replaced"].as_str().map(str::to_owned);
    generated(run, &json, replaced, span);
    assert!(child.wait_with_output().expect("the command ends").status.success());
    true
}

/// Records a generation; after its answer the tokens before must be refused everywhere, but for the
/// one that is kept.
fn generated(run: &Run, answer: &Value, replaced: Option<Id>, span: Span) {
    let token = answer["token"].as_str().expect("a token");
    let id = id_of(token);
    let [old, kept] = ["old_revoked", "kept"].map(|name| answer[name].as_str().map(str::to_owned));
    let before: Vec<_> = [&replaced, &old, &kept].into_iter().flatten().cloned().collect();
    let before: Vec<_> = before.iter().filter_map(|id| run.token(id)).collect();
    run.note(Change::Generated { id, replaced, old, kept }, span, Some(token));
    let mut dice = Dice::new(0);
    for before in before {
        run.present_everywhere(&before, &mut dice);
    }
    run.present_everywhere(token, &mut dice);
}

fn revoke_at_command_line(run: &Run) {
    let ((child, printed), span) = run.timed(|| spawn(run, &["token", "revoke", "--json"]));
    let Some(json) = printed else {
        if failed_in_doubt(child) {
            run.note(Change::RevocationUnknown, span, None);
        }
        return;
    };
    let id = json["revoked"].as_str().expect("an id").to_owned();
    let old = json["old_revoked"].as_str().map(str::to_owned);
    run.note(Change::Revoked { id, old }, span, None);
    assert!(child.wait_with_output().expect("the command ends").status.success());
}

/// The answer is on the page that comes next.
fn revoke_on_page(run: &Run, admin: &Visitor) {
    let shown = admin.get(REVOKE);
    if shown.status != 200 {
        return;
    }
    let hidden = page::hidden_fields(shown.text(), REVOKE);
    let fields: Vec<_> = hidden.iter().map(|(n, value)| (n.as_str(), value.as_str())).collect();
    let id = hidden.iter().find(|(name, _)| name == "token").expect("a token").1.clone();
    let (answer, span) = run.timed(|| admin.post(REVOKE, &fields));
    if answer.status == 503 {
        if !answer.text().contains("Nothing was changed.") {
            run.note(Change::RevocationUnknown, span, None);
        }
        return;
    }
    answer.expect(303);
    let told = (0..ATTEMPTS).map(|_| admin.get(PAGE)).find(|page| page.status != 503);
    let told = told.expect("the database comes back").expect(200);
    let both = format!("Tokens {id} and ");
    if told.text().contains(&format!("Token {id} was revoked. SCIM sync has stopped.")) {
        run.note(Change::Revoked { id, old: None }, span, None);
    } else if let Some((_, old)) = told.text().split_once(&both) {
        run.note(Change::Revoked { id, old: old.get(..8).map(str::to_owned) }, span, None);
    } else {
        assert!(told.text().contains("Nothing was") || told.text().contains("no token to revoke"));
    }
}

/// Starts a command and waits for what it prints: that is its acknowledgement, not its end.
fn spawn(run: &Run, arguments: &[&str]) -> (Child, Option<Value>) {
    let mut child = run.instances.scimward.spawn(arguments);
    let printed = first_value(child.stdout.take().expect("a pipe"));
    (child, printed)
}

/// The JSON value that is written first.
pub(super) fn first_value(output: impl Read) -> Option<Value> {
    serde_json::Deserializer::from_reader(output).into_iter().next()?.ok()
}

/// Whether a command that printed no result may have changed something all the same.
fn failed_in_doubt(child: Child) -> bool {
    let ended = child.wait_with_output().expect("the command ends");
    let complaint = String::from_utf8(ended.stderr).expect("UTF-8");
    assert!(!ended.status.success(), "{complaint}");
    let is_certain = [
        "nothing was changed",
        "cannot be used",
        "there is no SCIM token",
        "nothing to keep",
        "no old token",
    ];
    !is_certain.iter().any(|text| complaint.contains(text))
}

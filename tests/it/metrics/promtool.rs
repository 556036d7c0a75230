//! What Prometheus' own tool says: about the metrics, the alerts, and when these fire.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use scimward::domain::admin::actor::Author;
use scimward::domain::keys::scope::Scope;
use scimward::service::keys::NewKey;

use super::{scrape, with_metrics};
use crate::support::database::{Database, Engine};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/monitoring")
}

fn read(file: &str) -> String {
    std::fs::read_to_string(folder().join(file)).expect(file)
}

/// Runs promtool in the folder of the rules; it must be content.
fn promtool(arguments: &[&str], input: &str) -> String {
    let mut command = Command::new("promtool");
    let command = command.args(arguments).current_dir(folder());
    let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = piped.spawn().expect("promtool, of Debian's package prometheus");
    child.stdin.take().expect("a pipe").write_all(input.as_bytes()).expect("it reads");
    let ended = child.wait_with_output().expect("it ends");
    let said = [ended.stdout, ended.stderr].concat();
    let said = String::from_utf8(said).expect("a text");
    assert!(ended.status.success(), "{arguments:?}: {said}");
    said
}

/// The metrics of a server with a token that was used, and everything that is shown then.
fn metrics() -> String {
    let database = Database::fresh(Engine::Sqlite);
    let app = with_metrics(&database);
    app.add_admin("Ada");
    let token = app.generate(1);
    let (name, validity) = ("Terraform".parse().unwrap(), "1".parse().unwrap());
    let key = NewKey { name, scope: Scope::Read, validity, request: None };
    app.wait(app.services().keys.create(key, Author::CommandLine)).expect("a key");
    app.scim(token.plain.expose()).get("/v1/token/validate").expect(200);
    // The first use is written at once, in the background.
    app.wait(app.services().usage.write()).expect("the database answers");
    scrape(&app)
}

#[test]
fn the_metrics_are_well_formed() {
    let said = promtool(&["check", "metrics"], &metrics());

    assert_eq!(said, "", "something to complain about");
}

#[test]
fn the_rules_are_accepted_and_fire_as_their_examples_say() {
    promtool(&["check", "rules", "alerts.yml"], "");
    promtool(&["test", "rules", "alerts_test.yml"], "");
}

#[test]
fn every_alert_has_an_example_in_which_it_fires() {
    let rules = read("alerts.yml");
    let names: BTreeSet<&str> =
        rules.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")).collect();
    let examples = read("alerts_test.yml");
    let fires = examples.split("- alertname: ").skip(1).filter(|one| {
        let until_next = one.split("\n  - ").next().expect("a part");
        until_next.contains("exp_alerts:")
    });
    let fires: BTreeSet<&str> = fires.filter_map(|one| one.lines().next()).collect();
    assert!(names.len() > 10, "{names:?}");
    assert_eq!(names, fires);
}

#[test]
fn rules_and_dashboard_ask_for_metrics_that_exist() {
    // Only there while a mail waits, and with a certificate.
    let metrics = metrics()
        + "# TYPE scimward_mail_oldest_undelivered_timestamp_seconds gauge\n\
           # TYPE scimward_certificate_expiry_timestamp_seconds gauge\n";
    let known: BTreeSet<&str> = metrics
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next())
        .collect();
    for file in ["alerts.yml", "alerts_test.yml", "dashboard.json"] {
        let text = read(file);
        let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        let named =
            words.filter(|word| word.starts_with("scimward_") || word.starts_with("process_"));
        let mut count = 0;
        for name in named {
            let name = ["_bucket", "_sum", "_count"]
                .iter()
                .find_map(|end| name.strip_suffix(end))
                .unwrap_or(name);
            assert!(known.contains(name), "{file}: {name}");
            count += 1;
        }
        assert!(count > 10, "{file}");
    }
}

#[test]
fn the_dashboard_is_json_with_a_question_in_every_panel() {
    let dashboard: serde_json::Value = serde_json::from_str(&read("dashboard.json")).expect("JSON");
    let panels = dashboard["panels"].as_array().expect("panels");
    for panel in panels.iter().filter(|panel| panel["type"] != "row") {
        let targets = panel["targets"].as_array().expect("questions");
        assert!(targets.iter().all(|target| target["expr"].is_string()), "{panel}");
    }
}

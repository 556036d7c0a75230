//! Webhooks on the page, at the command line and in the metrics: their host and nothing more.

use super::{HIDDEN, SECRET, json_to, types};
use crate::support::app::TestApp;
use crate::support::database::Database;
use crate::support::on_each_database;
use crate::support::page;
use crate::support::process::Scimward;
use crate::support::upstream::Upstream;

const PAGE: &str = "/admin/notifications";
const TEST: &str = "/admin/notifications/webhooks/test";

on_each_database!(the_page_tries_a_webhook, the_command_line_tries_webhooks);

fn the_page_tries_a_webhook(database: &Database) {
    let mut answers = ["404 Not Found"].into_iter().map(str::to_owned);
    let receiver = Upstream::deciding(move |_| answers.next().or(Some("200 OK".to_owned())));
    let app = TestApp::with(database, &[("SCIMWARD_WEBHOOKS", &json_to(&receiver))]);
    let ada = app.admin("Ada");
    let empty = ada.get(PAGE).expect(200);
    assert!(empty.text().contains("Nothing sent yet"), "{}", empty.text());
    let fields = page::hidden_fields(empty.text(), TEST);
    let fields: Vec<_> = fields.iter().map(|(name, value)| (&**name, &**value)).collect();

    let host = receiver.address.to_string();
    for expected in ["404 Not Found, given up", "200 OK"] {
        ada.send(ada.form(TEST, &fields)).expect(303);
        let shown = ada.get(PAGE).expect(200);
        for part in [expected, host.as_str(), "JSON, signed", ">Test<"] {
            assert!(shown.text().contains(part), "{part}: {}", shown.text());
        }
        for hidden in [HIDDEN, SECRET, "/hooks/"] {
            assert!(!shown.text().contains(hidden), "{hidden}");
        }
    }
    assert_eq!(types(&receiver.received()), ["webhook.test"; 2]);
    for _ in 2..10 {
        ada.send(ada.form(TEST, &fields)).expect(303);
    }
    ada.send(ada.form(TEST, &fields)).expect(303);
    assert!(ada.get(PAGE).expect(200).text().contains("No test was sent."));
    assert_eq!(receiver.received().len(), 8);
    let unknown = ada.form(TEST, &[fields[0], ("webhook", "0123456789abcdef")]);
    ada.send(unknown).expect(404);
    let activity = ada.get("/admin/activity").expect(200);
    assert!(activity.text().contains("You sent a test to the webhook"), "{}", activity.text());
}

fn the_command_line_tries_webhooks(database: &Database) {
    let well = Upstream::deciding(|_| Some("200 OK".to_owned()));
    let gone = Upstream::deciding(|_| Some("410 Gone".to_owned()));
    let scimward = Scimward::on(database);
    let file = database.folder().join("webhooks");
    std::fs::write(&file, format!("{}\n\n{}\n", json_to(&well), json_to(&gone))).unwrap();
    let configured = scimward.clone().with("SCIMWARD_WEBHOOKS_FILE", file.to_str().unwrap());

    let all = configured.run(&["webhook", "test"]);
    assert_eq!(all.code, 1, "{all:?}");
    assert!(all.stdout.contains(&format!("Test sent to {}.", well.address)), "{all:?}");
    assert!(all.stderr.contains(&format!("not delivered to {}: 410 Gone", gone.address)));
    let one = configured.run(&["webhook", "test", &well.address.to_string()]);
    assert_eq!(one.code, 0, "{one:?}");
    assert_eq!(configured.run(&["webhook", "test", "127.0.0.1"]).code, 1);
    assert_eq!(configured.run(&["webhook", "test", "other.example"]).code, 2);
    assert_eq!(scimward.run(&["webhook", "test"]).code, 2);

    scimward.add_admin("ada");
    assert_eq!(configured.run(&["token", "generate", "--months", "1"]).code, 0);
    let listed = configured.run(&["notify", "--dry-run"]);
    assert!(listed.stdout.contains(&format!("webhook {}", well.address)), "{listed:?}");
    let sent = configured.run(&["notify"]);
    assert_eq!(types(&well.received()).last().unwrap(), "scim_token.generated", "{sent:?}");
    let checked = configured.run(&["config", "check"]);
    for ended in [all, one, listed, sent, checked] {
        for hidden in [HIDDEN, SECRET, "/hooks/"] {
            assert!(!ended.stdout.contains(hidden) && !ended.stderr.contains(hidden), "{ended:?}");
        }
    }
    let wrong = scimward.with("SCIMWARD_WEBHOOKS", &format!("slack http://a.example/{HIDDEN}"));
    let refused = wrong.run(&["config", "check"]);
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(refused.stderr.contains("webhook 1 must be reached by https://"), "{refused:?}");
    assert!(!refused.stderr.contains(HIDDEN), "{refused:?}");
}

//! Many at once: pages, processes and instances.

use crate::support::app::TestApp;
use crate::support::database::Database;
use crate::support::http::Request;
use crate::support::on_each_database;
use crate::support::page;
use crate::support::process::Scimward;

on_each_database!(
    generations_from_pages_and_processes_leave_one_valid_token,
    instances_that_start_at_once_migrate_once,
);

const PAGE: &str = "/admin/authentication";
const GENERATE: &str = "/admin/authentication/scim-token";

fn generations_from_pages_and_processes_leave_one_valid_token(database: &Database) {
    let first = TestApp::start(database);
    let apps = vec![first.second_instance(database), first];
    let scimward = Scimward::on(database);
    // Every form is opened before the first is sent.
    let forms: Vec<(usize, Request)> =
        (0..24).map(|n| (n % 2, opened_form(&apps[n % 2], n))).collect();

    let processes: Vec<_> = (0..24).map(|_| scimward.spawn(&["token", "generate"])).collect();
    let answers: Vec<_> = std::thread::scope(|scope| {
        let addresses = [apps[0].address, apps[1].address];
        let sent: Vec<_> = forms
            .iter()
            .map(|(instance, form)| scope.spawn(move || form.send(addresses[*instance])))
            .collect();
        sent.into_iter().map(|thread| thread.join().expect("an answer")).collect()
    });

    let mut tokens: Vec<String> = Vec::new();
    for process in processes {
        let output = process.wait_with_output().unwrap();
        assert!(output.status.success(), "{output:?}");
        tokens.push(String::from_utf8(output.stdout).unwrap().trim_end().to_owned());
    }
    for answer in answers {
        let json = answer.json();
        match answer.status {
            201 => tokens.push(json["token"].as_str().expect("a token").to_owned()),
            409 => assert_eq!(json["error"], "token_changed"),
            other => panic!("{other}: {json}"),
        }
    }
    for app in &apps {
        let valid = tokens.iter().filter(|token| app.scim(token).is_accepted()).count();
        assert_eq!(valid, 1);
    }
}

/// The form as the page shows it to one of two Server Admins, ready to be sent.
fn opened_form(app: &TestApp, number: usize) -> Request {
    let admin = app.admin(if number.is_multiple_of(2) { "Ada" } else { "Grace" });
    let shown = admin.get(PAGE).expect(200);
    let hidden = page::hidden_fields(shown.text(), GENERATE);
    let mut fields: Vec<_> = hidden.iter().map(|(n, value)| (n.as_str(), value.as_str())).collect();
    fields.push(("months", "3"));
    let request = admin.form(GENERATE, &fields).header("Accept", "application/json");
    request.header("Cookie", &admin.cookie_header())
}

fn instances_that_start_at_once_migrate_once(database: &Database) {
    let scimward = Scimward::on(database);

    let running: Vec<_> = (0..8).map(|_| scimward.spawn(&["token", "show"])).collect();

    for process in running {
        let output = process.wait_with_output().unwrap();
        assert!(output.status.success(), "{output:?}");
    }
}

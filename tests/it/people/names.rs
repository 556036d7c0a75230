//! Names: they are not unique, so they never stand for a person by themselves.

use super::{INVITE, LIST, csrf_of, path_of};
use crate::support::actors::PASSWORD;
use crate::support::app::TestApp;
use crate::support::database::Database;
use crate::support::on_each_database;
use crate::support::process::Scimward;

on_each_database!(
    the_address_stands_with_a_name_that_could_mean_somebody_else,
    invisible_characters_are_refused,
    what_was_stored_before_is_still_shown,
);

const ACTIVITY: &str = "/admin/activity";

fn the_address_stands_with_a_name_that_could_mean_somebody_else(database: &Database) {
    let app = TestApp::start(database);
    let (ada, grace) = (app.admin("Ada"), app.admin("Grace"));
    assert!(ada.get(ACTIVITY).expect(200).text().contains("<bdi>Grace</bdi> logged in"));
    // Grace takes a name that looks like another one, does something, and takes her own again.
    let own = path_of(&app, "grace@example.com", "");
    let save = |name: &str, email: &str| {
        let fields = [("name", name), ("email", email), ("csrf", &*csrf_of(&grace))];
        grace.post(&own, &fields).expect(303);
    };
    save(" ADA\u{a0}", "ada@example.net");
    let invited = [("name", "Heidi"), ("email", "heidi@example.com")];
    grace.submit(LIST, INVITE, &invited).expect(200);

    let shown = ada.get(ACTIVITY).expect(200);
    let told = "<bdi>ADA</bdi> (<bdi>ada@example.net</bdi>) invited";
    assert!(shown.text().contains(told), "{}", shown.text());
    assert!(grace.get(ACTIVITY).text().contains("You invited"));
    let to_grace = "<bdi>Ada</bdi> (<bdi>ada@example.com</bdi>) logged in";
    assert!(grace.get(ACTIVITY).text().contains(to_grace));

    save("Grace", "grace@example.com");
    let shown = ada.get(ACTIVITY).expect(200);
    assert!(shown.text().contains(told), "{}", shown.text());
    assert!(shown.text().contains("<bdi>Grace</bdi> logged in"));
    assert!(ada.get("/admin/authentication").expect(200).text().contains(told));

    let kind = "kind=admin_invited";
    let csv = ada.get(&format!("{ACTIVITY}/export.csv?{kind}")).expect(200);
    assert!(csv.text().trim_end().ends_with(",ada@example.net"), "{}", csv.text());
    let json = ada.get(&format!("{ACTIVITY}/export.json?{kind}")).expect(200).json();
    assert_eq!(json[0]["actor"], "ADA");
    assert_eq!(json[0]["actor_email"], "ada@example.net");
    assert_eq!(own, format!("{LIST}/{}", json[0]["actor_id"]));
}

fn invisible_characters_are_refused(database: &Database) {
    let app = TestApp::start(database);
    let ada = app.admin("Ada");
    let scimward = Scimward::on(database);
    for hidden in ["\u{200b}", "\u{200f}", "\u{ad}", "\u{2060}", "\u{feff}", "\u{e000}", "\u{378}"]
    {
        let (name, email) = (format!("Gr{hidden}ace"), format!("gr{hidden}ace@example.com"));

        let fields = [("name", &*name), ("email", "grace@example.com")];
        let answer = ada.submit(LIST, INVITE, &fields).expect(422);
        assert!(answer.text().contains("none of them a line break or invisible"), "{hidden:?}");
        let answer = ada.submit(LIST, INVITE, &[("name", "Grace"), ("email", &email)]);
        assert!(answer.expect(422).text().contains("not an e-mail address"), "{hidden:?}");
        for (name, email) in [(&*name, "grace@example.com"), ("Grace", &*email)] {
            let add = ["admin", "add", "--name", name, "--email", email, "--password-stdin"];
            let ended = scimward.run_with_input(&add, PASSWORD);
            assert_ne!(ended.code, 0, "{ended:?}");
        }
        let product = scimward.clone().with("SCIMWARD_PRODUCT_NAME", &name);
        let ended = product.run(&["config", "check"]);
        assert_ne!(ended.code, 0, "{ended:?}");
        assert!((ended.stdout + &ended.stderr).contains("invisible"), "{hidden:?}");
    }
}

/// Names and entries from before this was asked of them.
fn what_was_stored_before_is_still_shown(database: &Database) {
    let app = TestApp::start(database);
    let (ada, grace) = (app.admin("Ada"), app.admin("Grace"));
    for statement in [
        "UPDATE server_admins SET name = 'Gr\u{200b}ace' WHERE email = 'grace@example.com'",
        "UPDATE activity SET actor_email = NULL",
    ] {
        let rows = database.ask(statement);
        assert_eq!(rows, [""; 0]);
    }

    assert!(ada.get(LIST).expect(200).text().contains("Gr\u{200b}ace"));
    grace.get("/admin/account").expect(200);
    // The name has changed since, so today's address stands with the one of then.
    let shown = ada.get(ACTIVITY).expect(200);
    let logged_in = "<bdi>Grace</bdi> (<bdi>grace@example.com</bdi>) logged in";
    assert!(shown.text().contains(logged_in), "{}", shown.text());
    let csv = ada.get(&format!("{ACTIVITY}/export.csv?kind=logged_in")).expect(200);
    assert!(csv.text().trim_end().ends_with(','), "{}", csv.text());
}

//! Copying the embedded database while it is in use, and going back to the copy.

mod files;
mod refused;

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crate::support::actors::{PASSWORD, ScimClient, Visitor};
use crate::support::database::{Database, Engine};
use crate::support::http::Request;
use crate::support::on_each_database;
use crate::support::process::{Ended, Scimward, ServerProcess};

on_each_database!(sessions_invitations_and_links_end_at_a_word,);

const HOME: &str = "/admin/authentication";
const LIST: &str = "/admin/server-admins";
const CREDENTIALS: [(&str, &str); 2] = [("email", "a@example.com"), ("password", PASSWORD)];

fn done(ended: Ended) -> String {
    assert_eq!(ended.code, 0, "{ended:?}");
    ended.stdout
}

fn generate(scimward: &Scimward) -> String {
    done(scimward.run(&["token", "generate"])).trim_end().to_owned()
}

fn add_admin(scimward: &Scimward) {
    let add = ["admin", "add", "--email", "a@example.com", "--name", "A", "--password-stdin"];
    done(scimward.run_with_input(&add, PASSWORD));
}

fn sign_in(server: &ServerProcess) -> Visitor {
    let browser = Visitor::new(server.address);
    browser.submit("/login", "/login", &CREDENTIALS).expect(303);
    browser.get(HOME).expect(200);
    browser
}

/// The path of the link in an invitation.
fn invite(browser: &Visitor, email: &str) -> String {
    let fields = [("name", "Grace"), ("email", email)];
    let page = browser.submit(LIST, "/admin/server-admins/invite", &fields).expect(200);
    let start = page.text().find("/invitation?code=").expect("a link");
    page.text()[start..].split(['<', '"']).next().unwrap().to_owned()
}

#[test]
fn a_backup_of_the_running_database_is_whole_and_can_be_gone_back_to() {
    let database = Database::fresh(Engine::Sqlite);
    let scimward = Scimward::on(&database);
    add_admin(&scimward);
    let server = scimward.serve();
    let kept = generate(&scimward);
    assert!(ScimClient::new(server.address, &kept).is_accepted());
    let browser = sign_in(&server);
    let invitation = invite(&browser, "grace@example.com");
    Visitor::new(server.address).get(&invitation).expect(200);

    done(scimward.run(&["backup", "backup.db"]));
    let later = generate(&scimward);
    assert!(ScimClient::new(server.address, &later).is_accepted());
    assert_eq!(server.stop().code, 0);
    let restored = scimward.run(&["restore", "backup.db"]);
    let server = scimward.serve();

    assert!(restored.stderr.contains("scimward token generate"), "{restored:?}");
    let said = done(restored);
    assert!(said.contains("1 session and 1 link (") && said.contains(&kept[6..14]), "{said}");
    assert!(ScimClient::new(server.address, &kept).is_accepted());
    assert!(!ScimClient::new(server.address, &later).is_accepted());
    let request = Request::new("GET", HOME).header("Cookie", &browser.cookie_header());
    let answer = request.send(server.address).expect(303);
    assert!(answer.header("location").unwrap().starts_with("/login"));
    Visitor::new(server.address).get(&invitation).expect(410);
    let page = sign_in(&server).get("/admin/activity").expect(200);
    assert!(page.text().contains("ended all sessions, invitations and links"), "{}", page.text());
    assert!(page.text().contains("A backup was restored."), "{}", page.text());
    assert_eq!(server.stop().code, 0);
    replaced_is_usable(&database, &said, &later);
}

/// What was replaced is a database of its own, and can be gone back to as well.
fn replaced_is_usable(database: &Database, said: &str, token: &str) {
    let (_, name) = said.split_once("is kept as ").expect("a name");
    let name = name.lines().next().unwrap().trim_end_matches('.');
    assert!(name.contains("scimward.db.replaced-20"), "{name}");
    let other = Scimward::at(&format!("sqlite:{name}"), database.folder());
    assert!(done(other.run(&["token", "show"])).contains(&token[6..14]));
    let scimward = Scimward::on(database);
    done(scimward.run(&["restore", name]));
    assert_eq!(scimward.run_with_input(&["token", "verify"], token).code, 0);
}

#[test]
fn backups_under_load_are_whole_and_hold_one_valid_token_each() {
    let database = Database::fresh(Engine::Sqlite);
    let scimward = Scimward::on(&database);
    let token = generate(&scimward);
    let server = scimward.serve();
    let copied = AtomicBool::new(false);

    thread::scope(|scope| {
        scope.spawn(|| {
            while !copied.load(Ordering::SeqCst) {
                generate(&scimward);
            }
        });
        for _ in 0..2 {
            scope.spawn(|| {
                let client = ScimClient::new(server.address, &token);
                while !copied.load(Ordering::SeqCst) {
                    client.is_accepted();
                }
            });
        }
        for number in 0..5 {
            done(scimward.run(&["backup", &format!("copy{number}.db")]));
        }
        copied.store(true, Ordering::SeqCst);
    });

    assert_eq!(server.stop().code, 0);
    for number in 0..5 {
        done(scimward.run(&["restore", &format!("copy{number}.db")]));
        assert!(done(scimward.run(&["token", "show"])).contains("active"));
        let unrevoked = database.ask("SELECT count(*) FROM tokens WHERE revoked_at IS NULL");
        assert_eq!(unrevoked, ["1"]);
    }
}

fn sessions_invitations_and_links_end_at_a_word(database: &Database) {
    let scimward = Scimward::on(database);
    add_admin(&scimward);
    let server = scimward.serve();
    let (first, second) = (sign_in(&server), sign_in(&server));
    let invitation = invite(&first, "grace@example.com");
    let form = second.form("/logout", &[]);

    let said = done(scimward.run(&["admin", "end-sessions"]));

    assert!(said.contains("2 sessions and 1 link ("), "{said}");
    for browser in [&first, &second] {
        browser.get(HOME).expect(303);
    }
    second.send(form).expect(303);
    Visitor::new(server.address).get(&invitation).expect(410);
    let again = done(scimward.run(&["admin", "end-sessions"]));
    assert!(again.contains("0 sessions and 0 links ("), "{again}");
    sign_in(&server).get(LIST).expect(200);

    let key = || database.ask("SELECT value FROM settings WHERE name = 'cookie_key'");
    let before = key();
    let said = done(scimward.run(&["admin", "end-sessions", "--replace-cookie-key"]));
    assert!(said.contains("1 session and ") && said.contains("Restart all servers now"), "{said}");
    assert!(before.len() == 1 && key().is_empty());
    sign_in(&server).get(LIST).expect(200);
    assert_eq!(server.stop().code, 0);
    let server = scimward.serve();
    sign_in(&server).get(LIST).expect(200);
    assert!(key().len() == 1 && key() != before);
    assert_eq!(server.stop().code, 0);
}

#[test]
fn a_set_up_link_ends_with_the_rest_and_the_next_start_prints_another() {
    let database = Database::fresh(Engine::Sqlite);
    let scimward = Scimward::on(&database);
    let link = |said: &str| {
        let (_, code) = said.split_once("/setup?code=").expect("a link");
        format!("/setup?code={}", code.split_whitespace().next().unwrap())
    };
    let old = link(&scimward.serve().stop().stdout);

    done(scimward.run(&["admin", "end-sessions"]));
    let server = scimward.serve();

    Visitor::new(server.address).get(&old).expect(410);
    let address = server.address;
    let new = link(&server.stop().stdout);
    assert_ne!((old, address.port()), (new, 0));
}

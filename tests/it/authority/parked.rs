//! Forms whose head and first bytes arrive before the session ends, and the rest after it.

use std::time::Duration;

use chrono::TimeDelta;
use scimward::web::Limits;

use super::*;
use crate::support::app::TestApp;
use crate::support::on_each_database;
use crate::support::passkey::{Device, PUBLIC_URL};
use crate::support::process::{Scimward, ServerProcess};

on_each_database!(
    of_an_admin_who_is_deactivated_on_a_page,
    of_an_admin_who_is_deactivated_at_the_command_line,
    of_a_session_that_logs_out_elsewhere,
    of_a_session_that_another_one_ends,
    of_a_session_that_ends_with_a_new_password,
    of_an_admin_whose_password_is_set_at_the_command_line,
    of_a_session_that_times_out,
    of_a_session_that_lives,
    of_a_password_link_that_ends,
);

const HOUR: Duration = Duration::from_hours(1);

/// The real server, and who uses it.
struct World<'a> {
    database: &'a Database,
    scimward: Scimward,
    server: ServerProcess,
    /// Whose forms are parked.
    eve: Visitor,
    /// The digest of her session.
    session: String,
    /// She, in another browser.
    elsewhere: Visitor,
    grace: Visitor,
}

impl<'a> World<'a> {
    fn on(database: &'a Database) -> Self {
        let scimward = Scimward::on(database);
        for name in ["eve", "grace", "kurt"] {
            scimward.add_admin(name);
        }
        let server = scimward.serve();
        let sign_in = |name: &str| Visitor::signed_in(server.address, name);
        let (eve, grace) = (sign_in("eve"), sign_in("grace"));
        let session = sessions_of(database, "eve").remove(0);
        let elsewhere = sign_in("eve");
        prepare(&grace, database);
        Self { database, scimward, server, eve, session, elsewhere, grace }
    }

    /// Parks every form, ends the session, sends the rest: nothing may change.
    fn nothing_changes_after(&self, end: impl FnOnce(&Self)) {
        let forms = every_form(&self.eve, "eve", self.database);
        let park = |form| Parked::at(self.server.address, &self.eve, form);
        let parked: Vec<_> = forms.iter().map(park).collect();
        end(self);
        let before = state(self.database);

        parked.into_iter().for_each(Parked::expect_too_late);

        assert_eq!(state(self.database), before);
        let login = self.eve.get("/login?next=/admin/account&form=refused").expect(200);
        assert!(login.text().contains("Your session has ended."));
        assert!(login.text().contains("Nothing was changed. Log in to return to"));
    }
}

fn of_an_admin_who_is_deactivated_on_a_page(database: &Database) {
    let world = World::on(database);
    let off = path_of(database, "eve", "/deactivate");
    world.nothing_changes_after(|world| drop(world.grace.submit(&off, &off, &[]).expect(303)));
}

fn of_an_admin_who_is_deactivated_at_the_command_line(database: &Database) {
    World::on(database).nothing_changes_after(|world| {
        let ended = world.scimward.run(&["admin", "deactivate", "eve@example.com"]);
        assert_eq!(ended.code, 0, "{ended:?}");
    });
}

fn of_a_session_that_logs_out_elsewhere(database: &Database) {
    World::on(database).nothing_changes_after(|world| {
        let copy = world.eve.copy();
        copy.submit(ACCOUNT, "/logout", &[]).expect(303);
    });
}

fn of_a_session_that_another_one_ends(database: &Database) {
    World::on(database).nothing_changes_after(|world| {
        let csrf = csrf_of(&world.elsewhere);
        let fields = [("csrf", &*csrf), ("digest", &*world.session)];
        world.elsewhere.post(SESSIONS, &fields).expect(303);
    });
}

fn of_a_session_that_ends_with_a_new_password(database: &Database) {
    World::on(database).nothing_changes_after(|world| {
        let passwords = [("present", PASSWORD), ("fresh", NEXT_PASSWORD)];
        world.elsewhere.submit(ACCOUNT, CHANGE_PASSWORD, &passwords).expect(303);
    });
}

fn of_an_admin_whose_password_is_set_at_the_command_line(database: &Database) {
    World::on(database).nothing_changes_after(|world| {
        let set = ["admin", "password", "eve@example.com", "--password-stdin"];
        let ended = world.scimward.run_with_input(&set, NEXT_PASSWORD);
        assert_eq!(ended.code, 0, "{ended:?}");
    });
}

fn of_a_session_that_times_out(database: &Database) {
    let limits = Limits { body: HOUR, ..Limits::within(1024) };
    let app = TestApp::limited(database, &[], limits);
    for name in ["eve", "grace", "kurt"] {
        app.add_admin(name);
    }
    let sign_in = |name: &str| Visitor::signed_in(app.address, name);
    prepare(&sign_in("grace"), database);
    for pauses in [1, 25] {
        let eve = sign_in("eve");
        let forms = every_form(&eve, "eve", database);
        // In use without a pause that ends it, until twelve hours are over.
        for _ in 1..pauses {
            app.advance(TimeDelta::minutes(29));
            eve.get(ACCOUNT).expect(200);
        }
        let parked: Vec<_> = forms.iter().map(|f| Parked::at(app.address, &eve, f)).collect();
        app.advance(TimeDelta::minutes(30));
        let ended = sessions_of(database, "eve");
        let mut expected = state(database);
        expected.retain(|row| !ended.contains(row));

        parked.into_iter().for_each(Parked::expect_too_late);

        assert_eq!(ended.len(), 1, "{pauses}");
        assert_eq!(state(database), expected, "{pauses}: the session is gone, and nothing else");
    }
}

/// The tests above mean something: the same forms are carried out while the session lives.
fn of_a_session_that_lives(database: &Database) {
    let app = TestApp::with(database, &[PUBLIC_URL]);
    for name in ["eve", "grace", "kurt"] {
        app.add_admin(name);
    }
    let sign_in = |name: &str| Visitor::signed_in(app.address, name);
    prepare(&sign_in("grace"), database);
    let eve = sign_in("eve");
    // The one that the forms rename and remove.
    Device::new("phone").add(&eve, "Phone").expect(200);
    let mut forms = every_form(&eve, "eve", database);
    // The first of the three that end the session comes last.
    forms.truncate(forms.len() - 2);
    for form in &forms {
        let (path, answer) = Parked::at(app.address, &eve, form).finish();

        let to = answer.header("Location").unwrap_or_default();
        // 404: there is no such webhook.
        let answered = [200, 201, 204, 303, 404, 409, 422].contains(&answer.status);
        assert!(answered && !to.starts_with("/login"), "{path}: {} {to}", answer.status);
    }
    assert_eq!(sessions_of(database, "eve"), [""; 0]);
}

/// A new password whose link ends in the meantime, in whatever way, is none.
fn of_a_password_link_that_ends(database: &Database) {
    let world = World::on(database);
    let send = path_of(database, "eve", "/password-link");
    let page = path_of(database, "eve", "");
    let off = path_of(database, "eve", "/deactivate");
    let ends: [&dyn Fn(); 3] = [
        &|| drop(world.grace.submit(&page, &send, &[]).expect(200)),
        &|| {
            let fields = [("name", "Eve"), ("email", "eve2@example.com")];
            world.grace.submit(&page, &page, &fields).expect(303);
        },
        &|| drop(world.grace.submit(&off, &off, &[]).expect(303)),
    ];
    for end in ends {
        let shown = world.grace.submit(&page, &send, &[]).expect(200);
        let code = shown.text().split("/password?code=").nth(1).expect("a link");
        let code = code.split(['<', '"']).next().expect("a code");
        let visitor = Visitor::new(world.server.address);
        let form = visitor.form("/password", &[("code", code), ("fresh", NEXT_PASSWORD)]);
        let parked = Parked::at(world.server.address, &visitor, &form);
        end();
        let before = state(database);

        let (_, answer) = parked.finish();

        answer.expect(410);
        assert_eq!(state(database), before);
    }
}

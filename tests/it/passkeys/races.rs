//! Logging in with a passkey while it is taken away: a session begins before that and ends with it,
//! or does not begin.

use std::sync::mpsc;
use std::thread;

use super::*;

on_each_database!(a_login_during_a_change_leaves_no_session);

const ROUNDS: usize = 6;

fn a_login_during_a_change_leaves_no_session(database: &Database) {
    let app = TestApp::with(database, &[PUBLIC_URL]);
    app.add_admin("Grace");
    for round in 0..ROUNDS {
        let name = format!("Eve{round}");
        let admin = app.add_admin(&name);
        let phone = Device::new(&name);
        phone.add(&app.admin(&name), "Phone").expect(200);
        let (address, (begun, waiting)) = (app.address, mpsc::channel());
        thread::scope(|scope| {
            let logins = scope.spawn(move || {
                loop {
                    let browser = Visitor::new(address);
                    if phone.log_in(&browser).status != 303 {
                        break;
                    }
                    let _ = begun.send(());
                }
            });
            waiting.recv().expect("it works at first");
            if round % 2 == 0 {
                app.wait(app.services().passkeys.reset(&admin, Author::CommandLine)).unwrap();
            } else {
                let services = app.services();
                let off = services.admins.set_active(admin.id, false, Author::CommandLine);
                app.wait(off).unwrap();
            }
            logins.join().expect("it ends");
        });
        let left = format!("SELECT id_hash FROM sessions WHERE admin_id = {}", admin.id.0);
        assert_eq!(database.ask(&left), [""; 0], "{name}");
    }
}

//! The same with a proxy in front of the pages. Proxies pass on a body as it comes, or whole.

use super::*;
use crate::support::app::TestApp;
use crate::support::proxy::{Program, Proxy, on_each_proxy};

on_each_proxy!(a_form_that_is_finished_after_the_deactivation_changes_nothing);

fn a_form_that_is_finished_after_the_deactivation_changes_nothing(program: Program) {
    let database = Database::fresh(Engine::Sqlite);
    let app = TestApp::with(&database, &[("SCIMWARD_TRUSTED_PROXIES", "127.0.0.1")]);
    for name in ["eve", "grace", "kurt"] {
        app.add_admin(name);
    }
    let proxy = Proxy::in_front(program, database.folder(), app.address);
    let sign_in = |name: &str| Visitor::signed_in(app.address, name);
    let (eve, grace) = (sign_in("eve"), sign_in("grace"));
    prepare(&grace, &database);
    let off = path_of(&database, "eve", "/deactivate");
    let forms = every_form(&eve, "eve", &database);
    let park = |form| Parked::through(proxy.address, &eve, form);
    let parked: Vec<_> = forms.iter().map(park).collect();
    grace.submit(&off, &off, &[]).expect(303);
    let before = state(&database);

    parked.into_iter().for_each(Parked::expect_too_late);

    assert_eq!(state(&database), before);
}

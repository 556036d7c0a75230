//! The activity list: pages, filters and exports.

use chrono::{DateTime, TimeDelta, Utc};
use scimward::domain::activity::timeline::Cursor;
use scimward::domain::activity::{Event, Kind};
use scimward::domain::admin::actor::Actor;
use scimward::domain::admin::person::AdminId;
use scimward::domain::network::source::Source;
use scimward::domain::token::refusal::Refusal;
use scimward::service::activity::PageRequest;
use scimward::store::{self, Lock, StoreError};

use crate::support::app::TestApp;
use crate::support::database::Database;
use crate::support::on_each_database;

on_each_database!(
    pages_hold_every_entry_once_also_when_many_share_a_second,
    new_entries_do_not_shift_older_pages,
    a_filter_shows_its_kinds_alone,
    refusals_are_grouped_and_say_what_to_do,
    the_page_leads_to_older_and_newer_entries,
    an_address_that_names_nothing_is_refused,
    exports_hold_every_entry_and_no_formula,
    the_readers_own_actions_begin_with_you,
    logins_do_not_fill_the_recent_activity,
);

fn start() -> DateTime<Utc> {
    "2026-11-01T00:00:00Z".parse().unwrap()
}

/// An entry so many seconds after [`start`].
fn entry(seconds: i64, kind: Kind) -> Event {
    let source = Source::new([203, 0, 113, 24].into(), Some("Okta SCIM Client 1.0.0"));
    Event::new(start() + TimeDelta::seconds(seconds), kind, Actor::System, source)
}

fn record(app: &TestApp, events: Vec<Event>) {
    let write = app.store().write(Lock::Usage, move |conn| {
        events.iter().try_for_each(|event| store::activity::record(conn, event))
    });
    let written: Result<(), StoreError> = app.wait(write);
    written.unwrap();
}

/// The subjects of a page, and the pages beside it.
type Listed = (Vec<String>, Option<Cursor>, Option<Cursor>);

fn list(app: &TestApp, request: PageRequest, kinds: &[Kind]) -> Listed {
    let page = app.wait(app.services().activity.page(request, kinds)).unwrap();
    let subjects = page.entries.into_iter().map(|entry| entry.event.subject.unwrap_or_default());
    (subjects.collect(), page.newer, page.older)
}

/// Every page from the newest to the oldest.
fn walk(app: &TestApp, kinds: &[Kind]) -> Vec<Vec<String>> {
    let mut pages = Vec::new();
    let mut request = PageRequest::Newest;
    loop {
        let (subjects, _, older) = list(app, request, kinds);
        pages.push(subjects);
        let Some(older) = older else { return pages };
        request = PageRequest::Before(older);
    }
}

/// 230 entries that can be told apart, most of them in one second, the newest named 0.
fn numbered(app: &TestApp) {
    let second = |number: i64| if (20..170).contains(&number) { 500 } else { 1_000 - number };
    let kind = |number: i64| if number % 2 == 0 { Kind::LoginFailed } else { Kind::AdminInvited };
    let events = (0..230).rev();
    let events = events.map(|n| entry(second(n).min(500 + 230 - n), kind(n)).about(n.to_string()));
    record(app, events.collect());
}

fn pages_hold_every_entry_once_also_when_many_share_a_second(database: &Database) {
    let app = TestApp::start(database);
    numbered(&app);

    let pages = walk(&app, &[]);

    let sizes: Vec<usize> = pages.iter().map(Vec::len).collect();
    assert_eq!(sizes, [50, 50, 50, 50, 30]);
    let mut seen = pages.concat();
    let stored = app.wait(app.services().activity.rows(None, &[])).unwrap();
    let stored: Vec<_> = stored.into_iter().map(|row| row.event.subject.unwrap()).collect();
    assert_eq!(seen, stored);
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), 230);

    // And back again.
    let (_, _, older) = list(&app, PageRequest::Newest, &[]);
    let (_, _, older) = list(&app, PageRequest::Before(older.unwrap()), &[]);
    let (third, newer, _) = list(&app, PageRequest::Before(older.unwrap()), &[]);
    assert_eq!(third, pages[2]);
    let (second, newer, older) = list(&app, PageRequest::After(newer.unwrap()), &[]);
    assert_eq!(second, pages[1]);
    assert_eq!(list(&app, PageRequest::Before(older.unwrap()), &[]).0, pages[2]);
    let (first, newer, _) = list(&app, PageRequest::After(newer.unwrap()), &[]);
    assert_eq!((first, newer), (pages[0].clone(), None));
}

fn new_entries_do_not_shift_older_pages(database: &Database) {
    let app = TestApp::start(database);
    numbered(&app);
    let (_, _, older) = list(&app, PageRequest::Newest, &[]);
    let before = list(&app, PageRequest::Before(older.unwrap()), &[]).0;

    record(&app, (0..70).map(|n| entry(2_000 + n, Kind::LoggedIn)).collect());

    assert_eq!(list(&app, PageRequest::Before(older.unwrap()), &[]).0, before);
}

fn a_filter_shows_its_kinds_alone(database: &Database) {
    let app = TestApp::start(database);
    numbered(&app);
    record(&app, vec![entry(0, Kind::TokenRevoked).about("rare")]);

    let failed = walk(&app, &[Kind::LoginFailed]);
    let both = walk(&app, &[Kind::LoginFailed, Kind::TokenRevoked, Kind::AdminInvited]);

    assert_eq!(failed.iter().map(Vec::len).collect::<Vec<_>>(), [50, 50, 15]);
    assert!(failed.concat().iter().all(|subject| subject.parse::<i64>().unwrap() % 2 == 0));
    assert_eq!(both, walk(&app, &[]));
    assert_eq!(walk(&app, &[Kind::TokenRevoked]), [["rare"]]);
    assert_eq!(walk(&app, &[Kind::MailFailed]), [Vec::<String>::new()]);
    let admin = app.admin("Ada");
    let logins = admin.get("/admin/activity?kind=logins").expect(200);
    assert!(logins.text().contains("You logged in") && !logins.text().contains("scimward invited"));
    let none = admin.get("/admin/activity?kind=mail_failed").expect(200);
    assert!(none.text().contains("Nothing of this kind has happened."));
}

fn refusals_are_grouped_and_say_what_to_do(database: &Database) {
    let app = TestApp::start(database);
    let refused = |second: i64, reason: Refusal| {
        entry(second, Kind::RequestsRefused).about(reason.code()).times(10)
    };
    let expired = (0..120).map(|minute| refused(minute * 60, Refusal::Expired));
    let both = expired.chain([refused(90, Refusal::Malformed)]);
    record(&app, both.chain([entry(7_200, Kind::LoginFailed).about("a@example.com")]).collect());

    let admin = app.admin("Ada");
    let page = admin.get("/admin/activity").expect(200);

    for text in [
        "1,200 SCIM requests refused",
        "10 SCIM requests refused",
        "Since 1 Nov 2026, 00:00 UTC.",
        Refusal::Expired.remedy(),
        Refusal::Malformed.what(),
    ] {
        assert!(page.text().contains(text), "{text}: {}", page.text());
    }
    assert!(!page.text().contains("rel=\"next\""));
}

fn the_page_leads_to_older_and_newer_entries(database: &Database) {
    let app = TestApp::start(database);
    numbered(&app);
    let admin = app.admin("Ada");
    let link = |page: &str, name: &str| {
        let tag = page.split("<a ").find(|tag| tag.contains(&format!(">{name}</a>")))?;
        let href = tag.split("href=\"").nth(1)?.split('"').next()?;
        Some(href.replace("&#38;", "&").replace("&amp;", "&"))
    };
    let open = |path: &str| admin.get(path).expect(200).text().to_owned();

    let first = open("/admin/activity?kind=login_failed");
    assert_eq!((link(&first, "Newer"), link(&first, "Newest")), (None, None));
    let second = open(&link(&first, "Older").unwrap());
    assert!(link(&second, "Older").unwrap().contains("kind=login_failed"));
    assert_eq!(link(&second, "Newest").as_deref(), Some("/admin/activity?kind=login_failed"));
    let third = open(&link(&second, "Older").unwrap());
    assert_eq!(link(&third, "Older"), None);
    let back = open(&link(&third, "Newer").unwrap());
    assert_eq!(link(&back, "Older"), link(&second, "Older"));
    assert!(first.contains("/admin/activity/export.csv?kind=login_failed"));
}

fn an_address_that_names_nothing_is_refused(database: &Database) {
    let app = TestApp::start(database);
    let admin = app.admin("Ada");

    for query in ["kind=nothing", "before=7", "before=x-1", "after=-1-1", "kind=", "before=1-1"] {
        for path in ["/admin/activity", "/admin/activity/export.csv"] {
            let wrong = query.starts_with("kind=n") || !path.ends_with("csv");
            let fine = query == "kind=" || query == "before=1-1" || !wrong;
            admin.get(&format!("{path}?{query}")).expect(if fine { 200 } else { 400 });
        }
    }
    let nobody = app.visitor().get("/admin/activity/export.json").expect(303);
    assert_eq!(nobody.header("Location"), Some("/login?next=/admin/activity/export.json"));
}

fn exports_hold_every_entry_and_no_formula(database: &Database) {
    let app = TestApp::start(database);
    let (id, name) = (AdminId(77), "=HYPERLINK(\"x\")".to_owned());
    let evil = Actor::Admin { id, name, email: Some("=x@example.com".to_owned()) };
    let source = Source::new([203, 0, 113, 24].into(), Some("two, \"parts\""));
    let events = (0..1_203).map(|n| {
        let at = start() + TimeDelta::seconds(n / 7);
        Event::new(at, Kind::LoggedOut, evil.clone(), source.clone())
            .about(n.to_string())
            .with_detail("first\r\nsecond")
    });
    record(&app, events.collect());
    let admin = app.admin("Ada");

    let csv = admin.get("/admin/activity/export.csv?kind=logged_out").expect(200);
    let json = admin.get("/admin/activity/export.json?kind=logged_out").expect(200);

    assert_eq!(csv.header("Content-Type"), Some("text/csv; charset=utf-8; header=present"));
    let file = csv.header("Content-Disposition").unwrap();
    assert_eq!(file, "attachment; filename=\"activity-2026-11-22.csv\"");
    let rows: Vec<&str> = csv.text().split_inclusive("=x@example.com\r\n").collect();
    assert_eq!(rows.len(), 1_203);
    assert!(rows[0].starts_with("\u{feff}id,time,kind,description,actor,"));
    let name = "\"'=HYPERLINK(\"\"x\"\")\"";
    for (row, number) in rows.iter().zip((0..1_203).rev()) {
        let end = format!(
            ",logged_out,\"'=HYPERLINK(\"\"x\"\") logged out\",{name},203.0.113.24,\
             \"two, \"\"parts\"\"\",,{number},\"first\r\nsecond\",1,77,'=x@example.com\r\n"
        );
        assert!(row.ends_with(&end), "{row}");
    }
    let entries = json.json();
    let entries = entries.as_array().unwrap();
    assert_eq!(entries.len(), 1_203);
    assert_eq!(entries[0]["subject"], "1202");
    assert_eq!(entries[1_202]["actor"], "=HYPERLINK(\"x\")");
    assert_eq!(entries[1_202]["actor_id"], 77);
    assert_eq!(entries[1_202]["actor_email"], "=x@example.com");
    assert_eq!(entries[1_202]["time"], "2026-11-01T00:00:00Z");
    let empty = admin.get("/admin/activity/export.json?kind=mail_failed").expect(200);
    assert_eq!(empty.json(), serde_json::json!([]));
}

fn the_readers_own_actions_begin_with_you(database: &Database) {
    let app = TestApp::start(database);
    let (ada, grace) = (app.admin("Ada"), app.admin("Grace"));
    let token = app.generate(6).token.id;

    let (to_ada, to_grace) = (ada.get("/admin/activity"), grace.get("/admin/activity"));

    assert!(to_ada.text().contains("You logged in"));
    assert!(to_ada.text().contains("<bdi>Grace</bdi> logged in"));
    assert!(to_grace.text().contains("<bdi>Ada</bdi> logged in"));
    let generated = format!("Somebody at the command line generated token <code>{token}</code>");
    assert!(to_ada.text().contains(&generated), "{}", to_ada.text());
}

fn logins_do_not_fill_the_recent_activity(database: &Database) {
    let app = TestApp::start(database);
    let admin = app.admin("Ada");
    let recent = || {
        let page = admin.get("/admin/authentication").expect(200);
        let (_, card) = page.text().split_once("Recent activity").expect("the card");
        card.to_owned()
    };
    record(&app, vec![entry(0, Kind::AdminInvited).about("grace@example.com")]);
    // The card asks the latest entries first: both floods are larger than what it reads of them.
    for (logins, other) in [(20, "alan@example.com"), (800, "edsger@example.com")] {
        record(&app, (0..logins).map(|_| entry(1, Kind::LoginFailed)).collect());
        assert!(recent().contains("grace@example.com"));

        record(&app, vec![entry(2, Kind::AdminInvited).about(other)]);

        assert!(recent().contains(other));
        assert!(!recent().contains("Login failed"));
    }
}

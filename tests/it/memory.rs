//! What is in the memory of the running server once a request has been answered, and how much.

use std::fs::{File, read_dir, read_link, read_to_string};
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::thread::yield_now;
use std::time::{Duration, Instant};

use memchr::memmem;
use rustix::process::geteuid;

use crate::support::actors::Visitor;
use crate::support::database::{Database, Engine};
use crate::support::http::{Request, connect};
use crate::support::page;
use crate::support::process::{Scimward, ServerProcess};

const HOME: &str = "/admin/authentication";
const GENERATE: &str = "/admin/authentication/scim-token";
const PASSWORD: &str = "Lanterns-over-the-harbour-7";
const OTHER_PASSWORD: &str = "Forty-grey-herons-at-the-lock";
const WRONG_PASSWORD: &str = "Lanterns-under-the-harbour-7";
const PAGE: u64 = 4096;
const CLIENT: &str = "app:0123456789abcdef0123456789abcdef";

/// Waits until all connections of clients have ended and nothing is done any more.
pub(crate) fn wait_for_quiet(server: &ServerProcess, sockets: usize) {
    while open_sockets(server) > sockets || !all_sleep(server) {
        yield_now();
    }
}

pub(crate) fn open_sockets(server: &ServerProcess) -> usize {
    let files = read_dir(format!("/proc/{}/fd", server.id())).expect("the files of the server");
    let targets = files.filter_map(|file| read_link(file.ok()?.path()).ok());
    targets.filter(|target| target.to_string_lossy().starts_with("socket:")).count()
}

/// Whether all threads wait for something.
fn all_sleep(server: &ServerProcess) -> bool {
    let threads = read_dir(format!("/proc/{}/task", server.id())).expect("the threads");
    let sleeps = |thread: PathBuf| {
        // One that has just ended is looked for again.
        read_to_string(thread.join("stat")).is_ok_and(|stat| stat.contains(") S "))
    };
    threads.map(|thread| thread.expect("a thread").path()).all(sleeps)
}

/// Where a part of one of these texts stands in what the server may write to.
pub(crate) fn traces(server: &ServerProcess, secrets: &[(&str, String)]) -> Vec<String> {
    let file = |name: &str| File::open(format!("/proc/{}/{name}", server.id())).expect(name);
    let (memory, pages) = (file("mem"), file("pagemap"));
    let maps = read_to_string(format!("/proc/{}/maps", server.id())).expect("the mappings");
    let mut traces = Vec::new();
    for mapping in maps.lines().filter(|line| line.contains(" rw")) {
        let (range, _) = mapping.split_once(' ').expect("a range");
        let (from, to) = range.split_once('-').expect("two addresses");
        let page = |text| u64::from_str_radix(text, 16).expect("an address") / PAGE;
        let mut present = Vec::new();
        for page in page(from)..page(to) {
            let mut entry = [0; 8];
            pages.read_exact_at(&mut entry, page * 8).expect("an entry");
            let mut bytes = [0; 4096];
            // The highest bits: in memory, or swapped. What was reserved only is neither.
            if u64::from_ne_bytes(entry) >> 62 != 0 {
                memory.read_exact_at(&mut bytes, page * PAGE).expect("a page");
            }
            if bytes != [0; 4096] {
                present.extend(bytes);
            } else if !present.is_empty() {
                traces.extend(find(&present, secrets).map(|found| format!("{mapping}: {found}")));
                present.clear();
            }
        }
        traces.extend(find(&present, secrets).map(|found| format!("{mapping}: {found}")));
    }
    traces
}

fn find<'a>(
    bytes: &'a [u8],
    secrets: &'a [(&str, String)],
) -> impl Iterator<Item = String> + use<'a> {
    let parts = secrets.iter().flat_map(|(name, secret)| {
        // Shorter ones stand somewhere by chance.
        let parts = secret.as_bytes().chunks_exact((secret.len() / 3).max(7));
        parts.map(move |part| (name, part))
    });
    parts.flat_map(move |(name, part)| {
        memmem::find_iter(bytes, part)
            .map(|place| {
                let around = &bytes[place.saturating_sub(60)..(place + 60).min(bytes.len())];
                let around = String::from_utf8_lossy(around).replace('\0', "~");
                format!("{name} in {around:?}")
            })
            .collect::<Vec<_>>()
    })
}

/// The form on the Authentication page, filled in.
fn form(browser: &Visitor) -> Request {
    let opened = browser.get(HOME).expect(200);
    let hidden = page::hidden_fields(opened.text(), GENERATE);
    let mut fields: Vec<_> = hidden.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    fields.push(("months", "3"));
    browser.form(GENERATE, &fields)
}

fn log_in(server: &ServerProcess, password: &str, status: u16) -> Visitor {
    let browser = Visitor::new(server.address);
    let fields = [("email", "ada@example.com"), ("password", password)];
    browser.submit("/login", "/login", &fields).expect(status);
    browser
}

/// The token in a page.
fn token_in(page: &str) -> &str {
    let at = page.match_indices("scimw_").map(|(place, _)| &page[place..]);
    let token = |text: &&str| text.bytes().skip(6).take(57).all(|b| b.is_ascii_alphanumeric());
    let mut tokens = at.filter_map(|text| text.get(..63)).filter(token);
    tokens.next().expect("a token")
}

fn validate(server: &ServerProcess, token: &str) {
    let authorization = format!("Bearer {token}");
    for path in ["/v1/token/validate", "/scim/v2/Users", "/forward-auth"] {
        let request = Request::new("GET", path).header("Authorization", &authorization);
        request.send(server.address).expect(200);
    }
    let in_url = format!("/v1/token/validate?access_token={token}");
    Request::new("GET", &in_url).send(server.address).expect(401);
    let asked = Request::new("POST", "/oauth2/introspect").form(&[("token", token)]);
    let client = "Basic YXBwOjAxMjM0NTY3ODlhYmNkZWYwMTIzNDU2Nzg5YWJjZGVm";
    asked.header("Authorization", client).send(server.address).expect(200);
}

#[test]
fn of_tokens_and_passwords_nothing_is_left_in_memory() {
    let database = Database::fresh(Engine::Sqlite);
    let scimward = Scimward::on(&database).with("SCIMWARD_INTROSPECTION_CLIENTS", CLIENT);
    let add = ["admin", "add", "--email", "ada@example.com", "--name", "Ada", "--password-stdin"];
    assert_eq!(scimward.run_with_input(&add, PASSWORD).code, 0);
    let server = scimward.serve();
    if !geteuid().is_root() {
        // Who else runs it may not look, which is what the process sees to.
        assert!(File::open(format!("/proc/{}/mem", server.id())).is_err());
        return;
    }
    Request::new("GET", "/healthz").send(server.address).expect(200);
    let sockets = open_sockets(&server);

    log_in(&server, WRONG_PASSWORD, 422);
    let browser = log_in(&server, PASSWORD, 303);
    let shown = browser.send(form(&browser)).expect(200);
    let on_page = token_in(shown.text()).to_owned();
    validate(&server, &on_page);
    let answer = browser.send(form(&browser).header("Accept", "application/json")).expect(201);
    let for_script = answer.json()["token"].as_str().expect("a token").to_owned();
    validate(&server, &for_script);
    let fields = [("present", PASSWORD), ("fresh", OTHER_PASSWORD)];
    browser.submit("/admin/account", "/admin/account/password", &fields).expect(303);

    wait_for_quiet(&server, sockets);
    let secret = |token: &str| token[14..57].to_owned();
    let secrets = [
        ("the token on a page", secret(&on_page)),
        ("the token for the script", secret(&for_script)),
        ("the password", PASSWORD.to_owned()),
        ("the new password", OTHER_PASSWORD.to_owned()),
        ("the wrong password", WRONG_PASSWORD.to_owned()),
    ];
    let traces = traces(&server, &secrets);
    assert!(traces.is_empty(), "{}", traces.join("\n"));
    // The settings are kept: if they were not found either, this would look in the wrong place.
    assert!(!self::traces(&server, &[("the client", CLIENT.to_owned())]).is_empty());
}

/// Memory in use, in MiB.
fn resident(server: &ServerProcess) -> u64 {
    let status = read_to_string(format!("/proc/{}/status", server.id())).expect("its status");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a line");
    line.trim().trim_end_matches("kB").trim().parse::<u64>().expect("a number") / 1024
}

/// Opens many connections, sends on each the beginning of a login, and closes all.
fn flood(server: &ServerProcess) {
    let begun = "POST /login HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\
                 Content-Type: application/x-www-form-urlencoded\r\n\r\nemail=";
    for _ in 0..3 {
        let mut open: Vec<_> = (0..500).map(|_| connect(server.address)).collect();
        for stream in &mut open {
            // The server may have closed it already.
            let _ = stream.write_all(begun.as_bytes());
        }
    }
}

#[test]
fn memory_is_given_back_in_whatever_order_it_was_taken() {
    for order in ["validation, flood", "flood, validation", "flood, validation, flood"] {
        let database = Database::fresh(Engine::Sqlite);
        let scimward = Scimward::on(&database).with("SCIMWARD_INTROSPECTION_CLIENTS", CLIENT);
        let token = scimward.run(&["token", "generate"]).stdout.trim().to_owned();
        let server = scimward.serve();
        Request::new("GET", "/healthz").send(server.address).expect(200);
        let idle = resident(&server);
        let mut most = idle;
        for step in order.split(", ") {
            if step == "flood" {
                flood(&server);
            } else {
                validate(&server, &token);
            }
            most = most.max(resident(&server));
        }
        assert!(most > idle + 8, "{order}: it took none: {idle}, {most}");

        let begun = Instant::now();
        while resident(&server) > idle + 16 {
            let (now, waited) = (resident(&server), begun.elapsed());
            assert!(waited < Duration::from_mins(1), "{order}: {idle}, {most}, {now}");
            Request::new("GET", "/healthz").send(server.address).expect(200);
        }
    }
}

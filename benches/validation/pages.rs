//! The Authentication page over an empty database and over one that is full of history.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::time::Instant;

use diesel::connection::{Connection, SimpleConnection};
use diesel::sqlite::SqliteConnection;
use tokio_postgres::NoTls;

use super::report;
use super::server::Scimward;

/// Pages that are fetched from each server in turn, and how often it is their turn.
const PAGES: usize = 20;
const ROUNDS: usize = 15;
const PAGE: &str = "/admin/authentication";
const EMAIL: &str = "ada@example.com";
const PASSWORD: &str = "seven lanterns over harbour";

/// Fetches the page from servers with an empty and a full database in turns.
pub(crate) fn compare(folder: &Path) {
    let folder = folder.join("pages");
    let cluster = super::durable_cluster();
    let full = cluster.url().replace("/postgres", "/history");
    batch_postgres(&cluster.url(), "CREATE DATABASE history");
    let postgres = [start(&folder, "empty", &cluster.url()), start(&folder, "full", &full)];
    batch_postgres(&full, &history());
    batch_postgres(&full, "VACUUM ANALYZE");
    let own = "sqlite:scimward.db";
    let sqlite = [start(&folder, "empty-sqlite", own), start(&folder, "full-sqlite", own)];
    let file = folder.join("full-sqlite/scimward.db");
    let conn = SqliteConnection::establish(&file.to_string_lossy());
    conn.expect("the database").batch_execute(&history()).expect("the history");
    report::pages(PAGE, medians(&sqlite), medians(&postgres));
}

/// Starts a server that has one Server Admin.
fn start(folder: &Path, name: &str, database: &str) -> Scimward {
    let server = Scimward::start(folder, name, database);
    let add = ["admin", "add", "--email", EMAIL, "--name", "Ada", "--password-stdin"];
    server.run(&add, PASSWORD);
    server
}

/// The median time of a page from each server, in milliseconds.
fn medians(servers: &[Scimward; 2]) -> [f64; 2] {
    let mut readers = servers.each_ref().map(|scimward| Reader::new(scimward.server.address));
    let mut times = [const { Vec::new() }; 2];
    for _ in 0..ROUNDS {
        for (reader, times) in readers.iter_mut().zip(&mut times) {
            times.extend(std::iter::repeat_with(|| reader.page()).take(PAGES));
        }
    }
    times.map(|mut times| report::median(&mut times))
}

/// A Server Admin in front of a browser.
struct Reader {
    connection: BufReader<TcpStream>,
    cookies: String,
}

impl Reader {
    /// Signs in.
    fn new(address: SocketAddr) -> Self {
        let connect = || BufReader::new(TcpStream::connect(address).expect("a connection"));
        let mut reader = Self { connection: connect(), cookies: String::new() };
        let body = format!("email={EMAIL}&password={}", PASSWORD.replace(' ', "+"));
        let head = reader.send(&login(address, &body));
        let cookies = head.lines().filter_map(|line| line.strip_prefix("set-cookie: "));
        let cookies = cookies.map(|line| line.split(';').next().unwrap_or(line));
        reader.cookies = cookies.collect::<Vec<_>>().join("; ");
        // A connection that has carried a password ends with its answer.
        reader.connection = connect();
        reader
    }

    /// How long the page takes, in milliseconds.
    fn page(&mut self) -> f64 {
        let request =
            format!("GET {PAGE} HTTP/1.1\r\nHost: localhost\r\nCookie: {}\r\n\r\n", self.cookies);
        let start = Instant::now();
        let head = self.send(&request);
        let time = start.elapsed();
        assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
        time.as_secs_f64() * 1e3
    }

    /// Sends a request and reads the whole answer; returns its head.
    fn send(&mut self, request: &str) -> String {
        self.connection.get_mut().write_all(request.as_bytes()).expect("a request");
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            let read = self.connection.read_line(&mut head).expect("an answer");
            assert!(read > 0, "{head}");
        }
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let length = length.and_then(|text| text.parse().ok()).unwrap_or_default();
        let mut body = vec![0; length];
        self.connection.read_exact(&mut body).expect("the whole answer");
        head
    }
}

fn login(address: SocketAddr, body: &str) -> String {
    format!(
        "POST /login HTTP/1.1\r\nHost: {address}\r\nOrigin: http://{address}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

fn batch_postgres(url: &str, sql: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await.expect("PostgreSQL");
        let connection = tokio::spawn(connection);
        client.batch_execute(sql).await.expect("the statement runs");
        drop(client);
        connection.await.expect("it ends").expect("it ends well");
    });
}

/// 1,000,000 entries of activity over 400 days, every fifth about refused requests, 12,000 of those
/// in the last 24 hours; 10,000 past tokens with five mails each; 13 months of counted requests, and 50
/// callers and the others on each of 30 days. The same SQL for both databases.
fn history() -> String {
    let now = chrono::Utc::now().timestamp();
    let columns = "activity (at, kind, actor, address, agent, subject, count)";
    let kind = "CASE WHEN n % 5 = 0 THEN 'requests_refused' WHEN n % 5 = 1 THEN 'logged_in' \
                WHEN n % 5 = 2 THEN 'login_failed' WHEN n % 5 = 3 THEN 'mail_sent' \
                ELSE 'token_first_used' END";
    let subject = "CASE WHEN n % 5 = 0 THEN 'expired' WHEN n % 5 = 3 THEN 'generated' END";
    let id = "SUBSTR(CAST(100000000 + n AS TEXT), 2)";
    let from = |count: u32| format!("'203.0.113.' || CAST(n % {count} AS TEXT)");
    [
        format!(
            "INSERT INTO {columns} {} SELECT {now} - 86400 - n * 34, {kind}, 'scimward', {}, \
             'Okta SCIM Client 1.0.0', {subject}, 7 FROM numbers",
            numbers(988_000),
            from(250)
        ),
        format!(
            "INSERT INTO {columns} {} SELECT {now} - n * 7, 'requests_refused', 'scimward', {}, \
             'Okta SCIM Client 1.0.0', 'unknown', 7 FROM numbers",
            numbers(12_000),
            from(200)
        ),
        format!(
            "INSERT INTO tokens (id, lifespan_months, generated_at, generated_by, expires_at, \
             revoked_at, revoked_by, replaced_by, first_used_at, late_uses, position) {} \
             SELECT {id}, 6, {now} - n * 3600, 'command line', {now} + 9999999, {now} - n * 3600, \
             'command line', CASE WHEN n = 1 THEN (SELECT id FROM tokens WHERE position = 1) ELSE \
             SUBSTR(CAST(99999999 + n AS TEXT), 2) END, {now} - n * 3600, 0, -n FROM numbers",
            numbers(10_000)
        ),
        format!(
            "INSERT INTO mails (occasion, token_id, admin_id, address, due_at, attempts, sent_at, \
             answer) {} SELECT occasion, {id}, server_admins.id, '{EMAIL}', {now} - n * 3600, 1, \
             {now} - n * 3600, '250 OK' FROM numbers, server_admins, (SELECT 'generated' AS \
             occasion UNION SELECT 'minus15' UNION SELECT 'minus1' UNION \
             SELECT 'day0' UNION SELECT 'plus1') AS occasions",
            numbers(10_000)
        ),
        counts(now),
    ]
    .join(";\n")
}

/// The requests.
fn counts(now: i64) -> String {
    [
        format!(
            "INSERT INTO request_hours (hour, accepted, refused, first_accepted_at, \
             last_accepted_at) {} SELECT hour, 40 + n % 17, n % 3, hour + 5, hour + 3590 FROM \
             (SELECT n, {now} - {now} % 3600 - n * 3600 AS hour FROM numbers) AS hours",
            numbers(397 * 24)
        ),
        format!(
            "INSERT INTO callers (address, agent, token_id, day, accepted, refused, first_at, \
             last_at) {} SELECT CASE WHEN n % 51 = 0 THEN '' ELSE '203.0.113.' || \
             CAST(n % 51 AS TEXT) END, CASE WHEN n % 51 = 0 THEN '' ELSE 'Okta SCIM Client 1.0.0' \
             END, '', {now} - {now} % 86400 - n / 51 * 86400, 1000, 3, {now} - 9999999, \
             {now} - {now} % 86400 - n / 51 * 86400 FROM numbers",
            numbers(30 * 51 - 1)
        ),
    ]
    .join(";\n")
}

/// A query begins with this if it counts from 1.
fn numbers(count: u32) -> String {
    format!(
        "WITH RECURSIVE numbers (n) AS \
         (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {count})"
    )
}

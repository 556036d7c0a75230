//! Copying the embedded database while it is in use, and putting a copy in its place.
//!
//! Every failure is a sentence for the person at the command line.

use std::fs;
use std::io;
use std::path::{self, Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, Utc};
use diesel::connection::{Connection, SimpleConnection};
use diesel::sql_types::Text;
use diesel::sqlite::SqliteConnection;
use diesel::{QueryableByName, RunQueryDsl};

use super::database::connection::Conn;
use super::database::in_use::InUse;
use super::database::pool::PooledConn;
use super::database::url::DatabaseUrl;
use super::database::{files, migrate, sqlite};
use super::error::StoreError;
use super::transaction::Transaction;
use crate::audit;
use crate::domain::activity::Event;

/// How long to wait for a lock that another process holds for a moment.
const PATIENCE: Duration = Duration::from_secs(30);

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    text: String,
}

/// Writes a copy of the database, as it is at one instant, to a new file.
///
/// # Errors
/// If the file exists, or the database does not.
pub fn back_up(url: &DatabaseUrl, file: &Path) -> Result<(), String> {
    let database = path_of(url)?;
    if !database.is_file() {
        return Err(format!("there is no database {}", database.display()));
    }
    let _in_use = InUse::shared(&database)?;
    let cannot = |error: io::Error| format!("{} cannot be written: {error}", file.display());
    drop(files::create(file).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => {
            format!("{} exists already, and a backup replaces no file", file.display())
        }
        _ => cannot(error),
    })?);
    let written =
        copy_into(&database, file).and_then(|()| files::make_durable(file).map_err(cannot));
    if written.is_err() {
        // Half a backup is none.
        let _ = fs::remove_file(file);
    }
    written
}

fn copy_into(database: &Path, file: &Path) -> Result<(), String> {
    let cannot = |error: &dyn std::error::Error| {
        format!("the database {} cannot be copied: {error}", database.display())
    };
    // A path that is not absolute could be taken for one of SQLite's URLs.
    let file = path::absolute(file).map_err(|error| cannot(&error))?;
    let file = file.to_str().ok_or("the name of the file is not valid UTF-8")?;
    let mut conn = open(database).map_err(|error| cannot(&*error))?;
    check_origin(&mut conn, database)?;
    let copied = diesel::sql_query("VACUUM INTO ?").bind::<Text, _>(file).execute(&mut conn);
    copied.map(drop).map_err(|error| cannot(&error))
}

/// Puts a copy of `backup` in the place of the database. Before anybody sees it, its schema is
/// brought up to date and `change` is made. The database that was there is kept under a name with
/// the date of `now`. Returns what `change` did, and that name, if there was a database.
///
/// # Errors
/// If the database is in use, or `backup` is not whole or not scimward's. Nothing has changed then.
pub fn restore<T>(
    url: &DatabaseUrl,
    backup: &Path,
    now: DateTime<Utc>,
    change: impl FnOnce(&mut Transaction) -> Result<T, StoreError>,
) -> Result<(T, Option<PathBuf>), String> {
    let database = path_of(url)?;
    files::make_folder(&database)?;
    let _alone = InUse::alone(&database)?;
    let draft = files::with_suffix(&database, ".restoring");
    // A restore that was cut off may have left one.
    remove_all(&draft);
    let restored = prepare(&database, backup, &draft, change)
        .map_err(|cause| format!("{} cannot be restored: {cause}", backup.display()))
        .and_then(|(changed, recorded)| {
            let kept = replace(&database, &draft, now)?;
            for event in &recorded {
                audit::recorded(event, true);
            }
            Ok((changed, kept))
        });
    if restored.is_err() {
        remove_all(&draft);
    }
    restored
}

/// Makes the draft of a database: one whole file. Returns what `change` did, and the entries of the
/// activity list that it has added.
fn prepare<T>(
    database: &Path,
    backup: &Path,
    draft: &Path,
    change: impl FnOnce(&mut Transaction) -> Result<T, StoreError>,
) -> Result<(T, Vec<Event>), String> {
    let mut conn = open_copy(database, backup, draft)?;
    check_wholeness(&mut conn)?;
    check_origin(&mut conn, backup)?;
    let mut conn = Conn::Sqlite(conn);
    migrate::run(&mut conn)?;
    let mut draft_change = Transaction::new(PooledConn::alone(conn));
    let changed = change(&mut draft_change).map_err(|error| error.to_string())?;
    close(&mut *draft_change).map_err(|error| error.to_string())?;
    let recorded = draft_change.into_recorded();
    files::make_durable(draft).map_err(|error| error.to_string())?;
    Ok((changed, recorded))
}

/// At no time is there no database, or one that is half replaced.
fn replace(database: &Path, draft: &Path, now: DateTime<Utc>) -> Result<Option<PathBuf>, String> {
    let kept = keep_aside(database, now)?;
    let replaced = fs::rename(draft, database).and_then(|()| files::make_durable(database));
    replaced.map_err(|error| {
        format!("the database {} cannot be replaced: {error}", database.display())
    })?;
    Ok(kept)
}

fn open_copy(database: &Path, backup: &Path, draft: &Path) -> Result<SqliteConnection, String> {
    let text = |error: io::Error| error.to_string();
    let original = fs::canonicalize(backup).map_err(text)?;
    if fs::canonicalize(database).is_ok_and(|database| database == original) {
        return Err("it is the database itself".to_owned());
    }
    copy(&original, draft).map_err(text)?;
    // A copy of the bare files has its latest changes there.
    let log = files::with_suffix(&original, "-wal");
    if log.is_file() {
        copy(&log, &files::with_suffix(draft, "-wal")).map_err(text)?;
    }
    open(draft).map_err(|error| error.to_string())
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let mut copy = files::create(to)?;
    files::leave_to_owner_of_folder(&copy, to);
    io::copy(&mut fs::File::open(from)?, &mut copy).map(drop)
}

fn check_origin(conn: &mut SqliteConnection, file: &Path) -> Result<(), String> {
    let versions = diesel::sql_query("SELECT version AS text FROM __diesel_schema_migrations");
    let versions = versions.load::<Line>(conn).unwrap_or_default();
    if versions.iter().any(|version| version.text == migrate::FIRST) {
        return Ok(());
    }
    Err(format!("{} is not a database of scimward", file.display()))
}

fn check_wholeness(conn: &mut SqliteConnection) -> Result<(), String> {
    let check = "SELECT integrity_check AS text FROM pragma_integrity_check LIMIT 1";
    let found = diesel::sql_query(check);
    let found = found.get_result::<Line>(conn).map_err(|error| error.to_string())?;
    if found.text == "ok" { Ok(()) } else { Err(format!("it is damaged: {}", found.text)) }
}

fn open(file: &Path) -> Result<SqliteConnection, Box<dyn std::error::Error>> {
    let mut conn = SqliteConnection::establish(&file.to_string_lossy())?;
    conn.batch_execute(&format!("PRAGMA busy_timeout = {};", PATIENCE.as_millis()))?;
    Ok(conn)
}

/// Writes everything into the one file.
fn close(conn: &mut impl SimpleConnection) -> diesel::QueryResult<()> {
    conn.batch_execute("PRAGMA journal_mode = DELETE;")
}

/// Gives the database a second name, and takes away what SQLite keeps beside it: the write-ahead log
/// of one database must not be applied to another.
fn keep_aside(database: &Path, now: DateTime<Utc>) -> Result<Option<PathBuf>, String> {
    if !database.exists() {
        return Ok(None);
    }
    let cannot =
        |error: io::Error| format!("the database {} cannot be kept: {error}", database.display());
    let settled = SqliteConnection::establish(&database.to_string_lossy());
    let settled = settled
        .map_err(|error| error.to_string())
        .and_then(|mut conn| close(&mut conn).map_err(|error| error.to_string()));
    // What is damaged is kept as it is, with all that belongs to it.
    if settled.is_err_and(|error| sqlite::is_lock(&error)) {
        let database = database.display();
        return Err(format!(
            "the database {database} is in use by another program: end that first"
        ));
    }
    let kept = link_under_a_date(database, now).map_err(cannot)?;
    for suffix in files::BESIDE {
        let beside = files::with_suffix(database, suffix);
        if beside.exists() {
            fs::rename(&beside, files::with_suffix(&kept, suffix)).map_err(cannot)?;
        }
    }
    Ok(Some(kept))
}

fn link_under_a_date(database: &Path, now: DateTime<Utc>) -> io::Result<PathBuf> {
    let date = now.format(".replaced-%Y-%m-%d-%H%M%S").to_string();
    let mut kept = files::with_suffix(database, &date);
    let mut number = 1;
    loop {
        match fs::hard_link(database, &kept) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
            linked => return linked.map(|()| kept),
        }
        kept = files::with_suffix(database, &format!("{date}-{number}"));
    }
}

fn remove_all(draft: &Path) {
    let _ = fs::remove_file(draft);
    for suffix in files::BESIDE {
        let _ = fs::remove_file(files::with_suffix(draft, suffix));
    }
}

/// The file of an embedded database, as all processes name it.
fn path_of(url: &DatabaseUrl) -> Result<PathBuf, String> {
    match url {
        DatabaseUrl::Sqlite(path) => Ok(files::real(path)),
        DatabaseUrl::Postgres(_) => Err("a PostgreSQL database is backed up and restored by its \
                                         own tools, pg_dump and pg_restore; docs/backup.md says how"
            .to_owned()),
    }
}

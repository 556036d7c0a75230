//! Reading the activity list, by pages and as a whole.

use super::{Failure, Resources};
use crate::domain::activity::timeline::{Cursor, PageBuilder, TimelineEntry, TimelinePage};
use crate::domain::activity::{Event, Kind, Recorded};
use crate::domain::admin::ServerAdmin;
use crate::store::{self, Conn, StoreError};

/// Entries on a page.
pub const PAGE: usize = 50;
/// Rows that are read at once where many are needed.
const CHUNK: usize = 500;
/// How often one page asks at most, each time for more: in a long outage one entry stands for many
/// rows.
const READS: usize = 3;
/// Entries among which the latest of some kinds are looked for at first.
const LATEST: usize = 12;
/// How much more each time.
const GROWTH: usize = 3;

/// The activity list.
#[derive(Clone)]
pub struct Activity {
    resources: Resources,
}

/// Which page of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageRequest {
    /// The newest entries.
    Newest,
    /// The entries next to this one, on the older side.
    Before(Cursor),
    /// The entries next to this one, on the newer side.
    After(Cursor),
}

impl Activity {
    /// Works on `resources`.
    pub const fn new(resources: Resources) -> Self {
        Self { resources }
    }

    /// A page with entries of these kinds only, unless `kinds` is empty. The page of the newest
    /// entries takes the place of one that would be cut short by the end of the list.
    pub async fn page(
        &self,
        request: PageRequest,
        kinds: &[Kind],
    ) -> Result<TimelinePage, Failure> {
        let kinds = kinds.to_vec();
        let read = move |conn: &mut Conn| match request {
            PageRequest::Newest => older(conn, None, &kinds, PAGE),
            PageRequest::Before(cursor) => older(conn, Some(cursor), &kinds, PAGE),
            PageRequest::After(cursor) => match newer(conn, cursor, &kinds)? {
                Some(page) => Ok(page),
                None => older(conn, None, &kinds, PAGE),
            },
        };
        Ok(self.resources.store.read(read).await?)
    }

    /// The newest entries of these kinds, at most `limit`.
    pub async fn recent(
        &self,
        kinds: Vec<Kind>,
        limit: usize,
    ) -> Result<Vec<TimelineEntry>, Failure> {
        let entries = self.resources.store.read(move |conn| recent(conn, &kinds, limit));
        Ok(entries.await?)
    }

    /// What the list says about the last login of an admin, if it is still there.
    pub async fn last_login(&self, admin: &ServerAdmin) -> Result<Option<Event>, Failure> {
        let (id, at) = (admin.id, admin.last_login_at);
        let read = move |conn: &mut Conn| {
            let entry = at.map(|at| store::activity::done_at(conn, id, &Kind::LOGINS, at));
            Ok(entry.transpose()?.flatten())
        };
        Ok(self.resources.store.read(read).await?.map(|entry| entry.event))
    }

    /// The next rows of an export, newest first; none when everything before `before` was read.
    pub async fn rows(
        &self,
        before: Option<Cursor>,
        kinds: &[Kind],
    ) -> Result<Vec<Recorded>, Failure> {
        let kinds = kinds.to_vec();
        let rows = self
            .resources
            .store
            .read(move |conn| store::activity::page(conn, before, &kinds, CHUNK));
        Ok(rows.await?)
    }
}

/// Nearly always they are among the latest entries of all kinds. Else each kind is asked for by itself,
/// so that a flood of entries of other kinds costs no more than that.
fn recent(conn: &mut Conn, kinds: &[Kind], limit: usize) -> Result<Vec<TimelineEntry>, StoreError> {
    let mut page = PageBuilder::new(limit);
    let (mut from, mut wanted) = (None, LATEST);
    for _ in 0..READS {
        let rows = store::activity::page(conn, from, &[], wanted)?;
        let is_whole = rows.len() < wanted;
        from = rows.last().map(Cursor::from);
        let mut rows = rows.into_iter().filter(|row| kinds.contains(&row.event.kind));
        if !rows.all(|row| page.take(row)) || is_whole {
            return Ok(page.entries());
        }
        wanted = (wanted * GROWTH).min(CHUNK);
    }
    let found = page.entries();
    if found.len() == limit { Ok(found) } else { Ok(older(conn, None, kinds, limit)?.entries) }
}

fn older(
    conn: &mut Conn,
    before: Option<Cursor>,
    kinds: &[Kind],
    limit: usize,
) -> Result<TimelinePage, StoreError> {
    let mut page = PageBuilder::new(limit);
    let is_whole =
        fill(&mut page, before, |from, rows| store::activity::page(conn, from, kinds, rows))?;
    let (first, last) = (page.first(), page.last());
    Ok(TimelinePage {
        entries: page.entries(),
        newer: before.and(first.or(before)),
        older: last.filter(|_| !is_whole),
    })
}

/// The page on the newer side, unless the list ends within it.
fn newer(
    conn: &mut Conn,
    after: Cursor,
    kinds: &[Kind],
) -> Result<Option<TimelinePage>, StoreError> {
    let mut page = PageBuilder::new(PAGE);
    let is_whole = fill(&mut page, Some(after), |from, rows| {
        store::activity::page_after(conn, from.unwrap_or(after), kinds, rows)
    })?;
    if is_whole {
        return Ok(None);
    }
    let (first, last) = (page.first(), page.last());
    Ok(Some(TimelinePage { entries: page.entries(), newer: last, older: first }))
}

/// Fills a page with rows from `next`; says whether there are no more.
fn fill(
    page: &mut PageBuilder,
    from: Option<Cursor>,
    mut next: impl FnMut(Option<Cursor>, usize) -> Result<Vec<Recorded>, StoreError>,
) -> Result<bool, StoreError> {
    let mut wanted = page.limit() + 1;
    for _ in 0..READS {
        let rows = next(page.last().or(from), wanted)?;
        let ended = rows.len() < wanted;
        for row in rows {
            if !page.take(row) {
                return Ok(false);
            }
        }
        if ended {
            return Ok(true);
        }
        wanted = (wanted * GROWTH).min(CHUNK);
    }
    Ok(false)
}

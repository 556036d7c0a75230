//! Reading how many requests arrived, when, and who sent them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

use super::{Failure, Resources};
use crate::domain::requests::caller::CallerSummary;
use crate::domain::requests::series::{Series, Step};
use crate::domain::requests::{day, hour};
use crate::store::{self, Conn, Lock, StoreError};

/// Callers are listed for so many days and today.
const CALLER_DAYS: TimeDelta = TimeDelta::days(29);
/// Replacements that are marked at most.
const REPLACEMENTS: i64 = 100;
/// So long a refused request of a caller counts as lately.
const LATELY: TimeDelta = TimeDelta::days(1);

/// The counted requests.
///
/// They change once a minute, and putting them together costs as much as half of a page. So the last
/// result is kept for as long as no instance has written anything that it depends on.
#[derive(Clone)]
pub struct Requests {
    resources: Resources,
    kept: Arc<Mutex<Vec<Kept>>>,
}

/// What pages show of them.
#[derive(Debug, PartialEq, Eq)]
pub struct RequestsOverview {
    /// Requests by day or hour.
    pub series: Series,
    /// Who sent them in the last 30 days, the latest first.
    pub callers: Vec<CallerSummary>,
}

impl RequestsOverview {
    /// Whether nothing has arrived.
    pub fn is_empty(&self) -> bool {
        self.callers.is_empty() && self.series.total() == (0, 0)
    }
}

struct Kept {
    step: Step,
    start: DateTime<Utc>,
    /// How often the locks had been taken under which counts and tokens are written.
    taken: Vec<i64>,
    overview: Arc<RequestsOverview>,
}

impl Requests {
    /// Works on `resources`.
    pub fn new(resources: Resources) -> Self {
        Self { resources, kept: Arc::default() }
    }

    /// The last 30 days, or the last 48 hours. Requests of the current minute may be missing.
    pub async fn overview(&self, step: Step) -> Result<Arc<RequestsOverview>, Failure> {
        let now = self.resources.clock.now();
        let start = match step {
            Step::Day => day(now) - TimeDelta::days(29),
            Step::Hour => hour(now) - TimeDelta::hours(47),
        };
        let requests = self.clone();
        let read = move |conn: &mut Conn| {
            let taken = store::taken(conn, &[Lock::Tokens, Lock::Usage])?;
            if let Some(overview) = requests.find(step, start, &taken) {
                return Ok(overview);
            }
            let overview = Arc::new(read(conn, step, start, now)?);
            requests.keep(Kept { step, start, taken, overview: Arc::clone(&overview) });
            Ok(overview)
        };
        Ok(self.resources.store.read(read).await?)
    }

    fn find(
        &self,
        step: Step,
        start: DateTime<Utc>,
        taken: &[i64],
    ) -> Option<Arc<RequestsOverview>> {
        let kept = self.kept();
        let found = kept.iter().find(|it| it.step == step && it.start == start)?;
        (found.taken == taken).then(|| Arc::clone(&found.overview))
    }

    fn keep(&self, new: Kept) {
        let mut kept = self.kept();
        kept.retain(|it| it.step != new.step);
        kept.push(new);
    }

    fn kept(&self) -> MutexGuard<'_, Vec<Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn read(
    conn: &mut Conn,
    step: Step,
    start: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<RequestsOverview, StoreError> {
    let hours = store::requests::hours::since(conn, start)?;
    let counted_since = store::requests::hours::first(conn)?;
    let replaced_at = store::tokens::replacements(conn, start, REPLACEMENTS)?;
    let mut callers = store::requests::callers::summaries(conn, now - CALLER_DAYS, now - LATELY)?;
    callers.sort_by_key(|caller| std::cmp::Reverse(caller.count.last_at));
    let series = Series::of(step, start, now, &hours, counted_since, replaced_at);
    Ok(RequestsOverview { series, callers })
}

//! Reads of tokens that requests on one thread share.
//!
//! A request joins a read that has not begun; while one runs, others gather for the next. So no
//! answer is older than its question, and the database sees at most one read per round trip and
//! thread.

use std::cell::{Cell, OnceCell, RefCell};
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::thread;

use tokio::task::{spawn_local, yield_now};

use crate::domain::token::secret::TokenId;
use crate::store::tokens::reader::TokenReader;
use crate::store::tokens::record::TokenRecord;
use crate::store::{Store, StoreError};

/// Turns of the event loop that a read waits for further requests at most.
const TURNS: usize = 32;

/// Reads tokens for one thread; cheap to clone.
#[derive(Clone)]
pub(crate) struct SharedReads {
    inner: Rc<Reads>,
}

struct Reads {
    store: Store,
    /// Absent before the first read and while one runs.
    reader: Cell<Option<TokenReader>>,
    gathering: RefCell<Rc<Batch>>,
    /// How many shared the last read.
    last: Cell<usize>,
    is_reading: Cell<bool>,
}

/// Requests that wait for the same read.
#[derive(Default)]
struct Batch {
    waiting: RefCell<Vec<Waiter>>,
    found: OnceCell<ReadResult>,
}

type ReadResult = Result<Vec<Rc<TokenRecord>>, Rc<StoreError>>;

struct Waiter {
    id: TokenId,
    waker: Option<Waker>,
}

impl SharedReads {
    pub(crate) fn new(store: &Store) -> Self {
        let inner = Reads {
            store: store.clone(),
            reader: Cell::default(),
            gathering: RefCell::default(),
            last: Cell::default(),
            is_reading: Cell::new(false),
        };
        Self { inner: Rc::new(inner) }
    }

    /// The token with this id, as a read finds it that begins after this call.
    ///
    /// # Errors
    /// When the database fails or is too slow: within two seconds.
    pub(crate) async fn get(
        &self,
        id: &TokenId,
    ) -> Result<Option<Rc<TokenRecord>>, Rc<StoreError>> {
        let batch = Rc::clone(&self.inner.gathering.borrow());
        let place = batch.join(id);
        if !self.inner.is_reading.replace(true) {
            // Its first turn comes after the tasks that are ready now: their requests join it.
            spawn_local(ReadTask { inner: Rc::clone(&self.inner), batch: Rc::default() }.run());
        }
        poll_fn(|context| batch.poll(place, id, context)).await
    }
}

impl Reads {
    /// How many wait for the next read.
    fn waiting(&self) -> usize {
        self.gathering.borrow().waiting.borrow().len()
    }
}

impl Batch {
    fn join(&self, id: &TokenId) -> usize {
        let mut waiting = self.waiting.borrow_mut();
        waiting.push(Waiter { id: id.clone(), waker: None });
        waiting.len() - 1
    }

    fn poll(
        &self,
        place: usize,
        id: &TokenId,
        context: &Context<'_>,
    ) -> Poll<Result<Option<Rc<TokenRecord>>, Rc<StoreError>>> {
        if let Some(found) = self.found.get() {
            let found = found.as_ref().map_err(Rc::clone);
            return Poll::Ready(found.map(|all| all.iter().find(|one| one.id == *id).cloned()));
        }
        if let Some(waiting) = self.waiting.borrow_mut().get_mut(place) {
            waiting.waker = Some(context.waker().clone());
        }
        Poll::Pending
    }

    fn ids(&self) -> Vec<TokenId> {
        let mut ids: Vec<TokenId> = Vec::new();
        for Waiter { id, .. } in &*self.waiting.borrow() {
            // Nearly always the same as the one before.
            if ids.last() != Some(id) {
                ids.push(id.clone());
            }
        }
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    fn finish(&self, found: ReadResult) {
        // A batch that was answered keeps its answer.
        let _ = self.found.set(found);
        for Waiter { waker, .. } in self.waiting.take() {
            waker.into_iter().for_each(Waker::wake);
        }
    }
}

/// The task that reads until no request waits. However it ends, none is left waiting.
struct ReadTask {
    inner: Rc<Reads>,
    batch: Rc<Batch>,
}

impl ReadTask {
    async fn run(mut self) {
        let idle = self.inner.reader.take();
        let mut reader = idle.unwrap_or_else(|| TokenReader::new(self.inner.store.clone()));
        loop {
            self.gather().await;
            if !self.take_batch() {
                break;
            }
            let found = reader.records(&self.batch.ids()).await;
            let found = found.map(|all| all.into_iter().map(Rc::new).collect()).map_err(Rc::new);
            if let Err(error) = &found {
                // Requests that came meanwhile have waited for this and cannot wait as long again.
                self.inner.gathering.take().finish(Err(Rc::clone(error)));
            }
            self.batch.finish(found);
        }
        self.inner.reader.set(Some(reader));
    }

    /// Lets requests that arrive now join, for as long as every turn of the event loop brings more:
    /// waiting for them costs less than reading again.
    async fn gather(&self) {
        let (mut seen, mut stood_back) = (self.inner.waiting(), false);
        if seen == 0 {
            return;
        }
        for _ in 0..TURNS {
            yield_now().await;
            let waiting = self.inner.waiting();
            if waiting > seen {
                (seen, stood_back) = (waiting, false);
            } else if stood_back || seen >= self.inner.last.get() {
                break;
            } else {
                // Clients that were just answered need a processor to ask again.
                thread::yield_now();
                stood_back = true;
            }
        }
        self.inner.last.set(seen);
    }

    /// The requests that have gathered; false if there are none.
    fn take_batch(&mut self) -> bool {
        self.batch = self.inner.gathering.take();
        !self.batch.waiting.borrow().is_empty()
    }
}

impl Drop for ReadTask {
    fn drop(&mut self) {
        self.inner.is_reading.set(false);
        for batch in [&self.batch, &self.inner.gathering.take()] {
            let error = StoreError::Unavailable("the read was given up".to_owned());
            batch.finish(Err(Rc::new(error)));
        }
    }
}

//! A relay before a server that can keep back what the server answers.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;

/// The relay; its threads end with the connections, and it takes no further ones once it is gone.
pub(crate) struct Relay {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    gate: Arc<Gate>,
}

#[derive(Default)]
struct Gate {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    is_closed: bool,
    /// An answer that holds this closes it.
    closed_by: Option<&'static str>,
    /// Connections on which an answer waits.
    waiting: usize,
    has_ended: bool,
}

impl Relay {
    /// Starts before the server at `target` and lets everything pass.
    pub(crate) fn before(target: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().unwrap();
        let gate = Arc::<Gate>::default();
        let shared = Arc::clone(&gate);
        thread::spawn(move || {
            while let Ok((client, _)) = listener.accept() {
                if shared.state.lock().unwrap().has_ended {
                    return;
                }
                let server = TcpStream::connect(target).expect("the server listens");
                let (asking, answering) = (client.try_clone(), server.try_clone());
                let gate = Arc::clone(&shared);
                thread::spawn(move || pass(asking.unwrap(), server, |_| {}));
                thread::spawn(move || pass(answering.unwrap(), client, |answer| gate.pass(answer)));
            }
        });
        Self { address, gate }
    }

    /// From now on keeps answers back.
    pub(crate) fn hold(&self) {
        self.gate.state.lock().unwrap().is_closed = true;
    }

    /// Keeps answers back from the first one on that holds `text`.
    pub(crate) fn hold_from(&self, text: &'static str) {
        self.gate.state.lock().unwrap().closed_by = Some(text);
    }

    /// Waits until answers are kept back on so many connections.
    pub(crate) fn wait_for_held(&self, count: usize) {
        let state = self.gate.state.lock().unwrap();
        drop(self.gate.changed.wait_while(state, |state| state.waiting < count).unwrap());
    }

    /// Lets everything pass again.
    pub(crate) fn release(&self) {
        let mut state = self.gate.state.lock().unwrap();
        (state.is_closed, state.closed_by) = (false, None);
        drop(state);
        self.gate.changed.notify_all();
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.gate.state.lock().unwrap().has_ended = true;
        self.release();
        // Wakes the thread that accepts.
        let _ = TcpStream::connect(self.address);
    }
}

impl Gate {
    fn pass(&self, answer: &[u8]) {
        let mut state = self.state.lock().unwrap();
        let holds = |text: &str| answer.windows(text.len()).any(|part| part == text.as_bytes());
        state.is_closed |= state.closed_by.is_some_and(holds);
        state.waiting += 1;
        self.changed.notify_all();
        state = self.changed.wait_while(state, |state| state.is_closed).unwrap();
        state.waiting -= 1;
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream, before_each: impl Fn(&[u8])) {
    let mut part = [0; 8192];
    while let Ok(read @ 1..) = from.read(&mut part) {
        before_each(&part[..read]);
        if to.write_all(&part[..read]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}

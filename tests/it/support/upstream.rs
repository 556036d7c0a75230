//! A small HTTP server that answers as it is told and tells what it received: the SCIM service behind
//! a proxy, the receiver of a webhook, or somebody in scimward's place.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

/// The server; ends with the test.
pub(crate) struct Upstream {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    received: Arc<Mutex<Vec<Received>>>,
    arrived: Receiver<()>,
    ended: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// A request as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    /// Method, target and version.
    pub(crate) line: String,
    /// The header lines, with names in small letters.
    pub(crate) headers: Vec<(String, String)>,
    /// The body.
    pub(crate) body: String,
}

impl Upstream {
    /// Answers every request with these header lines and this body, and 200.
    pub(crate) fn answering(headers: &str, body: &str) -> Self {
        let length = body.len();
        let head = format!("HTTP/1.1 200 OK\r\n{headers}Content-Length: {length}\r\n");
        let answer = format!("{head}Connection: close\r\n\r\n{body}");
        Self::with(move |_| Some(answer.clone()))
    }

    /// Answers each request with the status that `status` returns for it, and header lines that end a
    /// line each; without a status it does not answer until the test ends.
    pub(crate) fn deciding(
        mut status: impl FnMut(&Received) -> Option<String> + Send + 'static,
    ) -> Self {
        Self::with(move |request| {
            let status = status(request)?;
            let end = if status.ends_with("\r\n") { "" } else { "\r\n" };
            Some(format!("HTTP/1.1 {status}{end}Content-Length: 0\r\nConnection: close\r\n\r\n"))
        })
    }

    fn with(mut answer: impl FnMut(&Received) -> Option<String> + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().unwrap();
        let received = Arc::<Mutex<Vec<Received>>>::default();
        let ended = Arc::<AtomicBool>::default();
        let (tell, arrived) = mpsc::channel();
        let thread = {
            let (received, ended) = (Arc::clone(&received), Arc::clone(&ended));
            std::thread::spawn(move || {
                let mut unanswered = Vec::new();
                while let Ok((stream, _)) = listener.accept() {
                    if ended.load(Ordering::SeqCst) {
                        break;
                    }
                    let Some(request) = read(&stream) else { continue };
                    let answer = answer(&request);
                    // Told before it is answered: the test may ask as soon as it has the answer.
                    received.lock().unwrap().push(request);
                    let _ = tell.send(());
                    match answer {
                        Some(answer) => drop((&stream).write_all(answer.as_bytes())),
                        None => unanswered.push(stream),
                    }
                }
            })
        };
        Self { address, received, arrived, ended, thread: Some(thread) }
    }

    /// Waits for the next request, which `received` tells.
    pub(crate) fn wait(&self) {
        self.arrived.recv_timeout(Duration::from_mins(1)).expect("a request arrives");
    }

    /// What has arrived since this was asked last.
    pub(crate) fn received(&self) -> Vec<Received> {
        std::mem::take(&mut *self.received.lock().unwrap())
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Received {
    /// The values of a header, whatever a service may take for its name: many read every character
    /// that is no letter or digit as an underscore.
    pub(crate) fn values(&self, name: &str) -> Vec<&str> {
        let folded = |name: &str| {
            let one =
                |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
            name.chars().map(one).collect::<String>()
        };
        let wanted = folded(name);
        let of_this_name = self.headers.iter().filter(|(name, _)| folded(name) == wanted);
        of_this_name.map(|(_, value)| value.as_str()).collect()
    }
}

/// The one request of a connection; nothing if it was closed before.
fn read(stream: &TcpStream) -> Option<Received> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
    let mut headers = Vec::new();
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        let Some((name, value)) = header.split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let mut body = vec![0; length.map_or(0, |(_, length)| length.parse().expect("a number"))];
    reader.read_exact(&mut body).ok()?;
    let body = String::from_utf8(body).expect("UTF-8");
    Some(Received { line: line.trim_end().to_owned(), headers, body })
}

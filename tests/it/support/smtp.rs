//! A mail server over real TCP and TLS that keeps what arrives, and misbehaves on request.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// What goes wrong for a recipient.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Fault {
    /// `RCPT` gets this answer.
    Recipient(&'static str),
    /// The content gets this answer.
    Content(&'static str),
    /// The content gets this answer, and what it said from the link on.
    Repeat(&'static str),
    /// The connection ends in the middle of the content.
    DropInData,
    /// The content is kept and the connection ends without an answer.
    DropAnswer,
    /// The content is kept and never answered.
    NeverAnswer,
}

/// The user `user` with the password `password`, and with one that is found wherever it stands:
/// `the-password-of-the-mail-server`.
const LOGINS: [&str; 2] =
    ["AHVzZXIAcGFzc3dvcmQ=", "AHVzZXIAdGhlLXBhc3N3b3JkLW9mLXRoZS1tYWlsLXNlcnZlcg=="];

/// How connections are protected and who may use them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protection {
    /// None.
    Plain,
    /// STARTTLS, then AUTH.
    StartTls,
    /// TLS from the first byte, then AUTH.
    Implicit,
}

/// A mail as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    /// The envelope's recipient.
    pub(crate) to: String,
    /// Headers and bodies.
    pub(crate) content: String,
}

impl Received {
    /// The value of a header, unfolded.
    pub(crate) fn header(&self, name: &str) -> String {
        let (head, _) = self.content.split_once("\r\n\r\n").expect("headers and a body");
        let head = head.replace("\r\n ", " ").replace("\r\n\t", " ");
        let line = head.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")));
        line.unwrap_or_else(|| panic!("no {name} in\n{head}")).to_owned()
    }
}

#[derive(Default)]
struct State {
    mails: Mutex<Vec<Received>>,
    arrived: Condvar,
    faults: Mutex<HashMap<String, Fault>>,
    /// Lines that clients sent, without their content.
    heard: Mutex<Vec<String>>,
    is_down: AtomicBool,
    connections: AtomicUsize,
}

/// A running mail server.
pub(crate) struct MailServer {
    /// Where it listens on the loopback address.
    pub(crate) port: u16,
    /// Its certificate, in PEM.
    pub(crate) certificate: String,
    state: Arc<State>,
}

impl MailServer {
    /// Starts without protection.
    pub(crate) fn start() -> Self {
        Self::with(Protection::Plain)
    }

    /// Starts with this protection.
    pub(crate) fn with(protection: Protection) -> Self {
        let own = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        Self::showing(protection, &own)
    }

    /// Starts with this protection and this certificate.
    pub(crate) fn showing(
        protection: Protection,
        key: &rcgen::CertifiedKey<rcgen::KeyPair>,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(State::default());
        let tls = Arc::new(tls(key));
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (state, tls) = (Arc::clone(&shared), Arc::clone(&tls));
                std::thread::spawn(move || {
                    state.connections.fetch_add(1, Ordering::SeqCst);
                    if state.is_down.load(Ordering::SeqCst) {
                        return;
                    }
                    let _ = SmtpSession { state, line: Vec::new() }.serve(stream, protection, tls);
                });
            }
        });
        Self { port, certificate: key.cert.pem(), state }
    }

    /// The URL by which it is configured.
    pub(crate) fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}?tls=none", self.port)
    }

    /// The same with a login, for a server that speaks STARTTLS and whose certificate is in `own.pem`.
    pub(crate) fn url_of_user(&self) -> String {
        let password = "the-password-of-the-mail-server";
        format!("smtp://user:{password}@localhost:{}?ca=own.pem", self.port)
    }

    /// Misbehaves for a recipient from now on.
    pub(crate) fn fault(&self, recipient: &str, fault: Fault) {
        self.state.faults.lock().unwrap().insert(recipient.to_owned(), fault);
    }

    /// Behaves well again.
    pub(crate) fn mend(&self) {
        self.state.faults.lock().unwrap().clear();
        self.set_down(false);
    }

    /// Whether every new connection is closed at once.
    pub(crate) fn set_down(&self, is_down: bool) {
        self.state.is_down.store(is_down, Ordering::SeqCst);
    }

    /// The mails that arrived since the last call.
    pub(crate) fn take(&self) -> Vec<Received> {
        std::mem::take(&mut self.state.mails.lock().unwrap())
    }

    /// Waits until a mail has arrived that was not taken.
    pub(crate) fn wait(&self) {
        let mails = self.state.mails.lock().unwrap();
        let limit = Duration::from_mins(1);
        let waited = self.state.arrived.wait_timeout_while(mails, limit, |mails| mails.is_empty());
        assert!(!waited.unwrap().1.timed_out(), "no mail arrives");
    }

    /// How many connections there were.
    pub(crate) fn connections(&self) -> usize {
        self.state.connections.load(Ordering::SeqCst)
    }

    /// Whether a client sent this line.
    pub(crate) fn has_heard(&self, start: &str) -> bool {
        self.state.heard.lock().unwrap().iter().any(|line| line.starts_with(start))
    }
}

/// How a server speaks TLS with this certificate.
pub(crate) fn tls(key: &rcgen::CertifiedKey<rcgen::KeyPair>) -> ServerConfig {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let certificate = CertificateDer::from(key.cert.der().to_vec());
    let private = PrivateKeyDer::try_from(key.signing_key.serialize_der()).unwrap();
    ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], private)
        .unwrap()
}

trait Stream: Read + Write {}
impl<T: Read + Write> Stream for T {}

struct SmtpSession {
    state: Arc<State>,
    line: Vec<u8>,
}

impl SmtpSession {
    fn serve(
        &mut self,
        stream: TcpStream,
        protection: Protection,
        tls: Arc<ServerConfig>,
    ) -> std::io::Result<()> {
        let encrypt = |stream: TcpStream| {
            let connection = ServerConnection::new(tls).expect("a TLS connection");
            Box::new(StreamOwned::new(connection, stream))
        };
        match protection {
            Protection::Plain => self.greet(&mut { stream }, "250 8BITMIME"),
            Protection::Implicit => self.greet(&mut *encrypt(stream), "250 AUTH PLAIN"),
            Protection::StartTls => {
                let mut stream = stream;
                writeln_crlf(&mut stream, "220 test")?;
                loop {
                    let line = self.read_line(&mut stream)?;
                    match line.as_str() {
                        "STARTTLS" => break,
                        "QUIT" => return Ok(()),
                        _ => writeln_crlf(&mut stream, "250-test\r\n250 STARTTLS")?,
                    }
                }
                writeln_crlf(&mut stream, "220 go on")?;
                self.listen(&mut *encrypt(stream), "250 AUTH PLAIN")
            }
        }
    }

    fn greet(&mut self, stream: &mut dyn Stream, extension: &str) -> std::io::Result<()> {
        writeln_crlf(stream, "220 test")?;
        self.listen(stream, extension)
    }

    fn listen(&mut self, stream: &mut dyn Stream, extension: &str) -> std::io::Result<()> {
        let needs_login = extension.contains("AUTH");
        let mut signed_in = !needs_login;
        let mut to = String::new();
        loop {
            let line = self.read_line(stream)?;
            let verb = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
            let answer = match verb.as_str() {
                "EHLO" => format!("250-test\r\n{extension}"),
                "AUTH" if LOGINS.iter().any(|login| line.ends_with(login)) => {
                    signed_in = true;
                    "235 welcome".to_owned()
                }
                "AUTH" => "535 5.7.8 wrong password".to_owned(),
                "MAIL" if !signed_in => "530 5.7.0 sign in first".to_owned(),
                "RCPT" => {
                    between(&line, '<', '>').clone_into(&mut to);
                    match self.fault(&to) {
                        Some(Fault::Recipient(answer)) => answer.to_owned(),
                        _ => "250 ok".to_owned(),
                    }
                }
                "DATA" => match self.content(stream, &to)? {
                    Some(answer) => answer,
                    None => return Ok(()),
                },
                "QUIT" => return writeln_crlf(stream, "221 bye"),
                _ => "250 ok".to_owned(),
            };
            writeln_crlf(stream, &answer)?;
        }
    }

    /// Receives the content and returns the answer; none if the connection is to end.
    fn content(&mut self, stream: &mut dyn Stream, to: &str) -> std::io::Result<Option<String>> {
        let fault = self.fault(to);
        writeln_crlf(stream, "354 go on")?;
        if let Some(Fault::DropInData) = fault {
            self.read_line(stream)?;
            return Ok(None);
        }
        let mut content = String::new();
        loop {
            let line = self.read_line(stream)?;
            if line == "." {
                break;
            }
            content.push_str(line.strip_prefix('.').unwrap_or(&line));
            content.push_str("\r\n");
        }
        if let Some(Fault::Content(answer)) = fault {
            return Ok(Some(answer.to_owned()));
        }
        if let Some(Fault::Repeat(code)) = fault {
            let (_, said) = content.split_once("Set a password:").expect("a link");
            let lines = said.lines().filter(|line| !line.is_empty()).take(4);
            let mut lines: Vec<String> = lines.map(|line| format!("{code}-{line}")).collect();
            lines.push(format!("{code} as you said"));
            return Ok(Some(lines.join("\r\n")));
        }
        self.state.mails.lock().unwrap().push(Received { to: to.to_owned(), content });
        self.state.arrived.notify_all();
        match fault {
            Some(Fault::DropAnswer) => Ok(None),
            Some(Fault::NeverAnswer) => {
                while self.read_line(stream).is_ok() {}
                Ok(None)
            }
            _ => Ok(Some("250 2.0.0 queued as 42".to_owned())),
        }
    }

    fn fault(&self, to: &str) -> Option<Fault> {
        self.state.faults.lock().unwrap().get(to).copied()
    }

    fn read_line(&mut self, stream: &mut dyn Stream) -> std::io::Result<String> {
        loop {
            if let Some(end) = self.line.windows(2).position(|pair| pair == b"\r\n") {
                let rest = self.line.split_off(end + 2);
                let line = std::mem::replace(&mut self.line, rest);
                let line = String::from_utf8_lossy(&line[..end]).into_owned();
                self.state.heard.lock().unwrap().push(line.clone());
                return Ok(line);
            }
            let mut bytes = [0; 4096];
            let count = stream.read(&mut bytes)?;
            if count == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            self.line.extend_from_slice(&bytes[..count]);
        }
    }
}

fn writeln_crlf(stream: &mut (impl Write + ?Sized), text: &str) -> std::io::Result<()> {
    stream.write_all(format!("{text}\r\n").as_bytes())?;
    stream.flush()
}

fn between(text: &str, start: char, end: char) -> &str {
    let text = text.split_once(start).map_or("", |(_, rest)| rest);
    text.split_once(end).map_or("", |(inner, _)| inner)
}

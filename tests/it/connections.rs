//! What clients without a login can take up: connections are few and short, who has shown
//! something valid keeps theirs, and machines are answered meanwhile.

use std::io::{Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::time::Duration;

use scimward::web::Limits;

use crate::support::app::TestApp;
use crate::support::database::{Database, Engine};
use crate::support::http::{Response, connect};

mod bodies;
mod floods;
mod heads;
mod offers;
mod room;
mod stopping;
mod tls;

const HOUR: Duration = Duration::from_hours(1);
const SOON: Duration = Duration::from_millis(100);
const FORM: &str = "Content-Type: application/x-www-form-urlencoded";

/// Limits that no test reaches, for it to make one of them small.
fn no_limits() -> Limits {
    let limits = Limits::within(4096);
    Limits { head: HOUR, body: HOUR, farewell: SOON, ..limits }
}

/// An application on the embedded database: what these tests prove does not depend on it.
struct Limited {
    app: TestApp,
    token: String,
    _database: Database,
}

impl Limited {
    fn start(limits: Limits) -> Self {
        Self::with(&[], limits)
    }

    fn with(settings: &[(&str, &str)], limits: Limits) -> Self {
        let database = Database::fresh(Engine::Sqlite);
        let app = TestApp::limited(&database, settings, limits);
        let token = app.generate(6).plain.expose().to_owned();
        Self { app, token, _database: database }
    }

    fn connect(&self) -> TcpStream {
        connect(self.app.address)
    }

    /// A request with the token on a connection that is kept.
    fn valid(&self) -> String {
        let token = &self.token;
        format!(
            "GET /v1/token/validate HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n"
        )
    }
}

/// Sends a request and reads its answer, which says how long it is.
fn ask(stream: &mut TcpStream, request: &str) -> Response {
    stream.write_all(request.as_bytes()).expect("the connection is open");
    let (mut answer, mut byte) = (Vec::new(), [0]);
    while !answer.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).expect("an answer");
        answer.push(byte[0]);
    }
    let length =
        Response::parse(&answer).header("content-length").map_or(0, |l| l.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).expect("a body");
    Response { body, ..Response::parse(&answer) }
}

/// What still arrives until the server closes the connection.
fn rest(stream: &mut TcpStream) -> Vec<u8> {
    let mut rest = Vec::new();
    match stream.read_to_end(&mut rest) {
        Ok(_) => rest,
        Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => rest,
        Err(error) => panic!("the connection is not closed: {error}"),
    }
}

/// Connects from an address of this machine.
fn connect_from(app: &TestApp, source: &str) -> TcpStream {
    let source: IpAddr = source.parse().expect("an address");
    app.wait(async {
        let socket = tokio::net::TcpSocket::new_v4()?;
        socket.bind(SocketAddr::new(source, 0))?;
        let stream = socket.connect(app.address).await?.into_std()?;
        stream.set_nonblocking(false)?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        std::io::Result::Ok(stream)
    })
    .expect("the server accepts connections")
}

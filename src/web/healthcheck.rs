//! Asks the server of this machine how it is, as a container's health check does.

use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use rustls::{ClientConnection, StreamOwned};

use crate::trust::{self, Anybody};

/// Those who ask give up later: Docker after 30 seconds, Kubernetes as its manifest says.
const PATIENCE: Duration = Duration::from_secs(3);
/// The longest beginning of an answer that is read.
const STATUS_LINE: u64 = 64;

/// The status with which the server that listens on `listen` answers a path.
///
/// # Errors
/// When it does not answer in time.
pub fn status(listen: SocketAddr, is_tls: bool, path: &str) -> io::Result<u16> {
    let address = reachable(listen);
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    if is_tls {
        // The certificate is for the name by which others reach the server. No secret is sent.
        let client = Arc::new(trust::client(Anybody).map_err(io::Error::other)?);
        let client = ClientConnection::new(client, ServerName::from(address.ip()));
        let mut stream = StreamOwned::new(client.map_err(io::Error::other)?, stream);
        return exchange(&mut stream, address, path);
    }
    exchange(&mut stream, address, path)
}

/// A server that listens on every address is reached on this machine's own.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}

fn exchange(stream: &mut (impl Read + Write), to: SocketAddr, path: &str) -> io::Result<u16> {
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {to}\r\nConnection: close\r\n\r\n")?;
    stream.flush()?;
    let mut answer = Vec::new();
    let read = stream.take(STATUS_LINE).read_to_end(&mut answer);
    let line = String::from_utf8_lossy(&answer);
    let status = line.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)?.parse().ok());
    match (status, read) {
        (Some(status), _) => Ok(status),
        (None, Err(error)) => Err(error),
        (None, Ok(_)) => Err(io::Error::other("that is no answer of HTTP")),
    }
}

//! A mail server within the process: it takes every mail and throws it away, so that nothing leaves
//! the machine and the pages show what they show with a real one.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use super::people::MISTYPED;

/// A client that is silent for this long is dropped: only one is served at a time.
const PATIENCE: Duration = Duration::from_secs(10);

/// Starts it on a port of its own and returns the port.
pub(super) fn start() -> io::Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let port = listener.local_addr()?.port();
    thread::Builder::new().name("demo-mail".to_owned()).spawn(move || {
        for stream in listener.incoming().flatten() {
            // A broken connection concerns its client alone.
            let _ = converse(stream);
        }
    })?;
    Ok(port)
}

fn converse(mut stream: TcpStream) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let mut say = |answer: &str| stream.write_all(format!("{answer}\r\n").as_bytes());
    say("220 demo.example.com")?;
    while let Some(line) = lines.next().transpose()? {
        let command = line.to_ascii_uppercase();
        if command == "QUIT" {
            return say("221 2.0.0 Goodbye");
        }
        if command == "DATA" {
            say("354 Go on")?;
            while lines.next().transpose()?.is_some_and(|line| line != ".") {}
        }
        if command.starts_with("RCPT") && line.contains(MISTYPED) {
            say("550 5.1.1 No such user here")?;
        } else {
            say("250 2.0.0 OK")?;
        }
    }
    Ok(())
}

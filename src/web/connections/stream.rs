//! The bytes of a connection, decrypted, on their way to and from the HTTP library.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

use super::connection::Connection;
use super::library_answer;
use super::offers::Offers;

/// With or without TLS.
pub(super) enum Transport {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// A transport whose connection learns what passes through.
pub(super) struct Stream {
    transport: Transport,
    pub(super) connection: Arc<Connection>,
    offers: Offers,
    /// What has been read before the HTTP library asked.
    first: Vec<u8>,
    /// What is still to be sent of an answer that was completed.
    last: Vec<u8>,
    is_https: bool,
}

impl Stream {
    pub(super) fn new(transport: Transport, connection: Arc<Connection>, is_https: bool) -> Self {
        let (offers, first, last) = (Offers::default(), Vec::new(), Vec::new());
        Self { transport, connection, offers, first, last, is_https }
    }

    /// Waits for the first bytes: until then the HTTP library and its buffers are not needed.
    ///
    /// # Errors
    /// When the client leaves without a word.
    pub(super) async fn first_bytes(&mut self) -> io::Result<()> {
        self.first = poll_fn(|context| {
            // Not on the stack, where nothing is wiped.
            let mut space = vec![0; 2048];
            let mut buffer = ReadBuf::new(&mut space);
            ready!(self.read(context, &mut buffer))?;
            let filled = buffer.filled().len();
            space.truncate(filled);
            Poll::Ready(io::Result::Ok(space))
        })
        .await?;
        if self.first.is_empty() { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(()) }
    }

    fn read(
        &mut self,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.transport).poll_read(context, buffer))?;
        let bytes = buffer.filled_mut().get_mut(before..).unwrap_or_default();
        if !bytes.is_empty() {
            self.connection.has_read();
            self.offers.withdraw(bytes);
        }
        Poll::Ready(Ok(()))
    }
}

impl Stream {
    fn write_last(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.last.is_empty() {
            let written =
                ready!(Pin::new(&mut self.transport).poll_write(context, self.last.as_slice()))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.last.drain(..written);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.first.is_empty() {
            let fitting = self.first.len().min(buffer.remaining());
            let rest = self.first.split_off(fitting);
            buffer.put_slice(&std::mem::replace(&mut self.first, rest));
            return Poll::Ready(Ok(()));
        }
        match self.read(context, buffer) {
            // To the HTTP library it looks as if the client had finished.
            Poll::Pending if self.connection.is_closing() => Poll::Ready(Ok(())),
            other => other,
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.last.is_empty() && self.connection.is_reading_head() {
            let completed = library_answer::completed(bytes, &self.connection.ids, self.is_https);
            self.last = completed.unwrap_or_default();
        }
        if !self.last.is_empty() {
            ready!(self.write_last(context))?;
            return Poll::Ready(Ok(bytes.len()));
        }
        let written = ready!(Pin::new(&mut self.transport).poll_write(context, bytes))?;
        self.connection.has_written();
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.transport).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.transport).poll_shutdown(context)
    }
}

impl AsyncRead for Transport {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
            Self::Tls(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Transport {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
            Self::Tls(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(context),
            Self::Tls(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}

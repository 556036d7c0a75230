//! Where the body of a request ends, in the bytes of a connection as they arrive.
//!
//! The HTTP library closes the connection after a body that is not framed as its head says, so only
//! what it accepts has to be read as it reads it.

use memchr::memchr;

/// What a head says about the length of its body.
#[derive(Debug, Clone, Copy, Default)]
pub(super) enum Length {
    #[default]
    None,
    Sized(u64),
    Chunked,
}

impl Length {
    /// Adds what may be the next digit of a length.
    pub(super) fn add_digit(&mut self, letter: u8) {
        if let (Self::Sized(length), b'0'..=b'9') = (self, letter) {
            *length = length.saturating_mul(10).saturating_add(u64::from(letter - b'0'));
        }
    }

    /// The body that follows, if there is one.
    pub(super) const fn body(self) -> Option<Body> {
        match self {
            Self::None | Self::Sized(0) => None,
            Self::Sized(left) => Some(Body::Sized { left }),
            Self::Chunked => Some(Body::Size { size: 0 }),
        }
    }
}

/// A place in a body.
#[derive(Debug, Clone, Copy)]
pub(super) enum Body {
    /// So many bytes are left of it.
    Sized { left: u64 },
    /// Among the digits of a chunk's size.
    Size { size: u64 },
    /// Behind them.
    Extension { size: u64 },
    /// So many bytes are left of a chunk, which a line end follows.
    Chunk { left: u64 },
    /// Behind the last chunk, where a line begins.
    TrailerStart,
    /// In such a line.
    Trailer,
}

impl Body {
    /// Reads from these bytes: tells how many, and where that leads; nowhere is its end.
    pub(super) fn read(self, bytes: &[u8]) -> (usize, Option<Self>) {
        let Some(&first) = bytes.first() else { return (0, Some(self)) };
        match self {
            Self::Sized { left } => {
                let (read, left) = pass(left, bytes);
                (read, (left > 0).then_some(Self::Sized { left }))
            }
            Self::Chunk { left: 0 } if first == b'\n' => (1, Some(Self::Size { size: 0 })),
            Self::Chunk { left: 0 } => (1, Some(self)),
            Self::Chunk { left } => {
                let (read, left) = pass(left, bytes);
                (read, Some(Self::Chunk { left }))
            }
            Self::Size { size } => match char::from(first).to_digit(16) {
                Some(digit) => {
                    let size = size.saturating_mul(16).saturating_add(u64::from(digit));
                    (1, Some(Self::Size { size }))
                }
                None => (0, Some(Self::Extension { size })),
            },
            Self::Extension { size } => line(bytes, self, || match size {
                0 => Self::TrailerStart,
                left => Self::Chunk { left },
            }),
            Self::TrailerStart if first == b'\n' => (1, None),
            Self::TrailerStart if first == b'\r' => (1, Some(self)),
            Self::TrailerStart => (1, Some(Self::Trailer)),
            Self::Trailer => line(bytes, self, || Self::TrailerStart),
        }
    }
}

/// How many bytes are there of those that are left, and how many are left then.
fn pass(left: u64, bytes: &[u8]) -> (usize, u64) {
    let read = usize::try_from(left).map_or(bytes.len(), |left| left.min(bytes.len()));
    (read, left - u64::try_from(read).unwrap_or(left))
}

/// Reads to the end of a line.
fn line(bytes: &[u8], same: Body, next: impl FnOnce() -> Body) -> (usize, Option<Body>) {
    match memchr(b'\n', bytes) {
        Some(end) => (end + 1, Some(next())),
        None => (bytes.len(), Some(same)),
    }
}

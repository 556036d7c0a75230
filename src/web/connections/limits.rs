//! How much of the server one client, or all of them, may take up.

use std::time::Duration;

/// The most connections, whatever the limit of open files: each costs 20 KiB, and up to 150 KiB
/// while a head arrives.
const MOST: usize = 4096;
/// Files that are not connections: the database, listeners, the log, mails under way.
const OTHER_FILES: usize = 128;

/// The limits of one listener.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Connections in all.
    pub total: usize,
    /// Connections of one source that have shown nothing valid yet.
    pub per_source: usize,
    /// For a TLS handshake, then for the first byte, and for every request head from its first
    /// byte on.
    pub head: Duration,
    /// For a request body, from the end of the head.
    pub body: Duration,
    /// How long a connection is kept between requests.
    pub keep_alive: Duration,
    /// How long a connection that ends is kept for its last answer to arrive.
    pub farewell: Duration,
    /// How long requests in flight may go on when the server stops.
    pub grace: Duration,
}

impl Limits {
    /// What fits into a process that may open so many files.
    pub fn within(open_files: usize) -> Self {
        let free = open_files.saturating_sub(OTHER_FILES).max(open_files / 2);
        // An eighth is left for connections that are accepted before others are closed for them.
        let total = (free - free / 8).clamp(1, MOST);
        Self {
            total,
            per_source: (total / 8).max(1),
            head: Duration::from_secs(10),
            body: Duration::from_secs(10),
            keep_alive: Duration::from_secs(75),
            farewell: Duration::from_secs(2),
            grace: Duration::from_secs(5),
        }
    }

    /// How often deadlines are looked at.
    pub(super) fn tick(&self) -> Duration {
        let shortest = self.head.min(self.body).min(self.keep_alive).min(self.farewell);
        (shortest / 4).clamp(Duration::from_millis(5), Duration::from_millis(500))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_left_for_the_database() {
        for (files, total, per_source) in [
            (0, 1, 1),
            (64, 28, 3),
            (256, 112, 14),
            (1024, 784, 98),
            (4096, 3472, 434),
            (524_288, 4096, 512),
        ] {
            let limits = Limits::within(files);
            assert_eq!((limits.total, limits.per_source), (total, per_source), "{files}");
        }
    }
}

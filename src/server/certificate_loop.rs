//! Reads the certificate again when its files have changed: every minute, and at once on SIGHUP.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::spawn_blocking;
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use crate::clock::SharedClock;
use crate::service::certificate::ServedCertificate;
use crate::web::tls::{Pair, ServedPair, TlsFiles};

/// How often the files are read.
pub(super) const EVERY: Duration = Duration::from_mins(1);

/// A certificate that is served.
pub(super) struct Renewal {
    pub(super) files: TlsFiles,
    pub(super) served: Arc<ServedPair>,
    /// Where the use cases learn about it.
    pub(super) known: ServedCertificate,
    pub(super) clock: SharedClock,
}

impl Renewal {
    /// Reads the files and prepares to serve what is in them.
    ///
    /// # Errors
    /// Names the file and what is wrong with it.
    pub(super) fn load(
        files: TlsFiles,
        known: ServedCertificate,
        clock: SharedClock,
    ) -> Result<Self, String> {
        let pair = files.load()?;
        let served = ServedPair::new(pair.clone());
        let renewal = Self { files, served, known, clock };
        renewal.tell(&pair);
        Ok(renewal)
    }

    /// Shows new connections another pair if the files hold one.
    fn take(&self, pair: &Pair) {
        if self.served.replace(pair.clone()) {
            tracing::info!("the certificate was replaced; open connections go on");
            self.tell(pair);
        }
    }

    fn tell(&self, pair: &Pair) {
        let expires_at = pair.known.expires_at;
        if pair.known.has_expired(self.clock.now()) {
            tracing::warn!(%expires_at, "the certificate has expired, and clients refuse it");
        } else {
            tracing::info!(%expires_at, "the certificate");
        }
        self.known.set(pair.known.clone());
    }
}

/// Receives SIGHUP, which ends a process that does not.
pub(super) fn hangups() -> Result<Signal, String> {
    let received: io::Result<Signal> = signal(SignalKind::hangup());
    received.map_err(|error| format!("signals cannot be received: {error}"))
}

/// Reads the files `every` so often, until `stop` ends.
pub(super) async fn run(
    renewal: Option<Renewal>,
    every: Duration,
    mut hangups: Signal,
    stop: impl Future<Output = ()>,
) {
    let mut stop = std::pin::pin!(stop);
    let mut minutes = interval_at(Instant::now() + every, every);
    minutes.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut last_problem = None::<String>;
    loop {
        let is_asked = tokio::select! {
            () = &mut stop => return,
            _ = minutes.tick() => false,
            _ = hangups.recv() => true,
        };
        let Some(renewal) = &renewal else {
            if is_asked {
                tracing::info!("there is no certificate to read again");
            }
            continue;
        };
        let files = renewal.files.clone();
        let problem = match spawn_blocking(move || files.load()).await {
            Ok(Ok(pair)) => {
                renewal.take(&pair);
                None
            }
            Ok(Err(error)) => Some(error),
            Err(panic) => Some(panic.to_string()),
        };
        // Said again only to somebody who asks again.
        if let Some(error) = problem.as_ref().filter(|_| is_asked || problem != last_problem) {
            tracing::warn!(%error, "the new certificate cannot be used; the old one is served on");
        }
        last_problem = problem;
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use rcgen::{CertificateParams, KeyPair};

    use super::*;
    use crate::clock::SystemClock;

    fn write(folder: &Path, year: i32) {
        let mut asked = CertificateParams::new(["localhost".to_owned()]).unwrap();
        asked.not_after = rcgen::date_time_ymd(year, 1, 1);
        let key = KeyPair::generate().unwrap();
        let certificate = asked.self_signed(&key).unwrap();
        std::fs::write(folder.join("cert.pem"), certificate.pem()).unwrap();
        std::fs::write(folder.join("key.pem"), key.serialize_pem()).unwrap();
    }

    #[tokio::test]
    async fn a_changed_certificate_is_found_without_being_told() {
        let name = format!("scimward-renewal-{}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        write(&folder, 2998);
        let files = TlsFiles { cert: folder.join("cert.pem"), key: folder.join("key.pem") };
        let known = ServedCertificate::default();
        let renewal = Renewal::load(files, known.clone(), Arc::new(SystemClock)).unwrap();
        let first = known.get().unwrap();
        write(&folder, 2999);

        let replaced = async {
            while known.get().as_ref() == Some(&first) {
                tokio::task::yield_now().await;
            }
        };
        run(Some(renewal), Duration::from_millis(1), hangups().unwrap(), replaced).await;

        assert!(known.get().unwrap().expires_at > first.expires_at);
        std::fs::remove_dir_all(folder).unwrap();
    }
}

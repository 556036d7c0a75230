//! The text format of Prometheus, version 0.0.4. No label holds a character that would need escaping.

use std::fmt::{Display, Write};
use std::time::Duration;

/// What a scrape gets.
#[derive(Default)]
pub(super) struct Text(pub(super) String);

impl Text {
    /// Begins a metric; its samples follow.
    pub(super) fn metric(&mut self, name: &str, kind: &str, help: &str) {
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    pub(super) fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: impl Display) {
        let labels: Vec<_> = labels.iter().map(|(name, v)| format!("{name}=\"{v}\"")).collect();
        let labels =
            if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        let _ = writeln!(self.0, "{name}{labels} {value}");
    }

    /// A metric of one sample without labels.
    pub(super) fn gauge(&mut self, name: &str, help: &str, value: impl Display) {
        self.metric(name, "gauge", help);
        self.sample(name, &[], value);
    }

    /// A histogram of times: each bucket with its upper end, and how many were longer than all.
    pub(super) fn histogram(
        &mut self,
        name: &str,
        help: &str,
        buckets: impl Iterator<Item = (Duration, u64)>,
        longer: u64,
        sum: Duration,
    ) {
        self.metric(name, "histogram", help);
        let mut count = 0;
        let bucket = format!("{name}_bucket");
        for (end, more) in buckets {
            // In this format each bucket holds those before it.
            count += more;
            self.sample(&bucket, &[("le", &end.as_secs_f64().to_string())], count);
        }
        count += longer;
        self.sample(&bucket, &[("le", "+Inf")], count);
        self.sample(&format!("{name}_sum"), &[], sum.as_secs_f64());
        self.sample(&format!("{name}_count"), &[], count);
    }
}

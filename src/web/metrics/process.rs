//! What the process takes up, under the names that all programs use.

use std::fs;

use rustix::process::{Resource, getrlimit};
use rustix::time::{ClockId, clock_gettime};

use super::text::Text;

/// Adds what the system tells; what it does not tell is absent.
pub(super) fn show(text: &mut Text, started_at: i64) {
    let name = "process_start_time_seconds";
    text.gauge(name, "When the server started.", started_at);
    let used = clock_gettime(ClockId::ProcessCPUTime);
    let name = "process_cpu_seconds_total";
    text.metric(name, "counter", "Processor time used, by all threads.");
    text.sample(name, &[], format!("{}.{:09}", used.tv_sec, used.tv_nsec));
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    for (name, key, help) in [
        ("process_resident_memory_bytes", "VmRSS:", "Memory in use."),
        ("process_virtual_memory_bytes", "VmSize:", "Address space in use."),
    ] {
        if let Some(bytes) = bytes(&status, key) {
            text.gauge(name, help, bytes);
        }
    }
    if let Ok(open) = fs::read_dir("/proc/self/fd") {
        // One of them is open for counting.
        let open = open.count().saturating_sub(1);
        text.gauge("process_open_fds", "Open files, connections included.", open);
    }
    if let Some(most) = getrlimit(Resource::Nofile).current {
        text.gauge("process_max_fds", "How many files may be open.", most);
    }
}

/// A line such as `VmRSS:     12345 kB`.
fn bytes(status: &str, key: &str) -> Option<u64> {
    let value = status.lines().find_map(|line| line.strip_prefix(key))?;
    let kib: u64 = value.trim().strip_suffix("kB")?.trim_end().parse().ok()?;
    Some(kib * 1024)
}

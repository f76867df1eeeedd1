//! The machine as it is: printed with every report, because a figure without it means little.

use std::fs;
use std::path::Path;

use serde::Serialize;

/// What the operating system says about the machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Machine {
    /// The processor's name.
    pub processor: String,
    /// How many processors this process may use.
    pub processors: usize,
    /// Memory in KiB.
    pub memory_kib: u64,
    /// The kernel.
    pub kernel: String,
    /// The device and file system beneath the measured folder.
    pub disk: String,
    /// The load of the last minute before the run: above a few tenths, somebody else is at work.
    pub load: String,
}

impl Machine {
    /// The machine that runs this, with the disk beneath `dir`.
    pub fn here(dir: &Path) -> Self {
        let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let field = |text: &str, name: &str| {
            text.lines()
                .find_map(|line| line.strip_prefix(name)?.trim_start().strip_prefix(':'))
                .map_or_else(|| "unknown".to_owned(), |value| value.trim().to_owned())
        };
        let memory = field(&read("/proc/meminfo"), "MemTotal");
        Self {
            processor: field(&read("/proc/cpuinfo"), "model name"),
            processors: std::thread::available_parallelism().map_or(1, usize::from),
            memory_kib: memory.split(' ').next().and_then(|kib| kib.parse().ok()).unwrap_or(0),
            kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
            disk: mount(&read("/proc/mounts"), dir),
            load: read("/proc/loadavg").split(' ').next().unwrap_or("unknown").to_owned(),
        }
    }
}

/// Device and file system of the longest mount point above `dir`.
fn mount(mounts: &str, dir: &Path) -> String {
    let dir = dir.canonicalize().unwrap_or_else(|_| dir.to_owned());
    mounts
        .lines()
        .filter_map(|line| {
            let mut fields = line.split(' ');
            Some((fields.next()?, fields.next()?, fields.next()?))
        })
        .filter(|(_, point, _)| dir.starts_with(point))
        .max_by_key(|(_, point, _)| point.len())
        .map_or_else(|| "unknown".to_owned(), |(device, point, kind)| format!("{device} on {point}, {kind}"))
}

/// A field of `/proc/self/status` in KiB, such as `VmRSS`.
pub fn own_memory_kib(field: &str) -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'))?;
    line.trim().split(' ').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_mount_point_names_the_disk() {
        let mounts = "/dev/a / ext4 rw 0 0\n/dev/b /proc xfs rw 0 0\n";
        assert_eq!(mount(mounts, Path::new("/proc/self")), "/dev/b on /proc, xfs");
        assert_eq!(mount(mounts, Path::new("/")), "/dev/a on /, ext4");
    }

    #[test]
    fn this_process_takes_some_memory() {
        assert!(own_memory_kib("VmRSS").is_some_and(|kib| kib > 100));
    }
}

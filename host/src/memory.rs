//! How much memory there is, asked before work starts.
//!
//! Systems promise memory that they do not have and end the process once it is used, so a reservation
//! alone does not tell. On Linux the memory that is free is asked for as well, also that of a container.

use std::fs;

/// Whether so many bytes more can be used, as far as the system says it.
#[must_use]
pub fn has(bytes: u64) -> bool {
    [machine(), container()].into_iter().flatten().all(|free| bytes <= free)
}

/// Room for so many elements, all of them the default; `None` where there is not so much memory.
#[must_use]
pub fn filled<T: Clone + Default>(count: usize) -> Option<Vec<T>> {
    let mut room = reserve(count)?;
    room.resize(count, T::default());
    Some(room)
}

/// An empty vector with room for so many elements; `None` where there is not so much memory.
#[must_use]
pub fn reserve<T>(count: usize) -> Option<Vec<T>> {
    let bytes = (count as u64).saturating_mul(size_of::<T>() as u64);
    let mut room = Vec::new();
    if !has(bytes) {
        return None;
    }
    room.try_reserve_exact(count).ok()?;
    Some(room)
}

/// `MemAvailable` of Linux in bytes; `None` elsewhere.
fn machine() -> Option<u64> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

/// What the control group of a container leaves, in bytes; `None` where there is no limit.
fn container() -> Option<u64> {
    let number = |name: &str| {
        let text = fs::read_to_string(format!("/sys/fs/cgroup/{name}")).ok()?;
        text.trim().parse::<u64>().ok()
    };
    let (limit, used) = (number("memory.max")?, number("memory.current")?);
    Some(limit.saturating_sub(used))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_machine_has_is_refused_and_little_is_not() {
        assert!(has(1) && !has(u64::MAX));
        assert_eq!(filled::<u32>(3), Some(vec![0; 3]));
        assert!(reserve::<u64>(usize::MAX).is_none());
        assert!(reserve::<u8>(usize::MAX / 4).is_none());
        assert_eq!(reserve::<u8>(5).map(|room| room.len()), Some(0));
    }
}

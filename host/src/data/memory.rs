//! Memory for images, asked for before work starts.
//!
//! Systems promise memory that they do not have and end the process once it is used, so a
//! reservation alone does not tell. On Linux the memory that is free is asked for as well.

/// Room for `bytes` bytes, or the number itself where there is not so much.
pub(super) fn reserve(bytes: u64) -> Result<Vec<u8>, u64> {
    let mut room = Vec::new();
    let length = usize::try_from(bytes).map_err(|_| bytes)?;
    match free() {
        Some(free) if bytes > free => Err(bytes),
        _ => room.try_reserve_exact(length).map(|()| room).map_err(|_| bytes),
    }
}

/// `MemAvailable` of Linux in bytes; `None` elsewhere.
fn free() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

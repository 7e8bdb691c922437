//! Memory for images, asked for before work starts.

use crate::memory;

/// Room for `bytes` bytes, or the number itself where there is not so much.
pub(super) fn reserve(bytes: u64) -> Result<Vec<u8>, u64> {
    usize::try_from(bytes).ok().and_then(memory::reserve).ok_or(bytes)
}

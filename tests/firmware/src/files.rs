//! Reading the files that the emulator offers.

use semihosting::fs::File;
use semihosting::io::Read;

/// Fills `bytes`; `None` where the file ends before.
pub fn read(file: &mut File, bytes: &mut [u8]) -> Option<()> {
    let mut rest = bytes;
    while !rest.is_empty() {
        let count = file.read(rest).ok()?;
        rest = rest.get_mut(count..).filter(|_| count > 0)?;
    }
    Some(())
}

//! Unpacks gzip archives of which nothing is known: neither a bomb nor garbage costs more than the expected size.

use super::idx::{CheckError, Layout, read_full};
use super::{DataError, Fault};
use flate2::read::MultiGzDecoder;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

const CHUNK: usize = 64 * 1024;

/// Unpacks `archive` to `output` until it ends or the size of `layout` is passed by one byte.
///
/// Returns how many bytes came out; one more than `layout.bytes()` says that there would be more.
///
/// # Errors
/// [`DataError::BadFile`] names `archive`; an error of writing names `output_path`.
pub(super) fn unpack(
    archive: &Path,
    layout: Layout,
    output: &mut impl Write,
    output_path: &Path,
) -> Result<u64, DataError> {
    let input = File::open(archive).map_err(DataError::io("open", archive))?;
    let found = input.metadata().map_err(DataError::io("look at", archive))?.len();
    let limit = layout.archive_limit();
    let bad = |fault| DataError::BadFile { path: archive.to_owned(), fault };
    if found == 0 {
        return Err(bad(Fault::Empty));
    }
    if found > limit {
        return Err(bad(Fault::Archive { limit, found }));
    }
    let mut decoder = MultiGzDecoder::new(input.take(limit)).take(layout.bytes() + 1);
    let mut buffer = vec![0; CHUNK];
    let mut total = 0;
    loop {
        let count = match read_full(&mut decoder, &mut buffer).map_err(classify) {
            Ok(count) => count,
            Err(CheckError::Fault(fault)) => return Err(bad(fault)),
            Err(CheckError::Io(error)) => return Err(DataError::io("read", archive)(error)),
        };
        if count == 0 {
            return Ok(total);
        }
        output.write_all(&buffer[..count]).map_err(DataError::io("write", output_path))?;
        total += count as u64;
    }
}

/// Tells a corrupt archive from a disk that does not answer.
fn classify(error: io::Error) -> CheckError {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => Fault::Gzip("it ends too early".into()).into(),
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => {
            Fault::Gzip(error.to_string()).into()
        }
        _ => error.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::idx::Kind;
    use super::super::testing::gzip;
    use super::*;

    const LAYOUT: Layout = Layout { kind: Kind::Labels, samples: 2 };

    fn unpacked(archive: &[u8]) -> Result<Vec<u8>, DataError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f.gz");
        std::fs::write(&path, archive).unwrap();
        let mut output = Vec::new();
        let count = unpack(&path, LAYOUT, &mut output, Path::new("out"))?;
        assert_eq!(count, output.len() as u64);
        Ok(output)
    }

    fn fault(archive: &[u8]) -> Fault {
        match unpacked(archive) {
            Err(DataError::BadFile { fault, .. }) => fault,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn archives_come_out_as_they_went_in() {
        assert_eq!(unpacked(&gzip(b"0123456789")).unwrap(), b"0123456789");
        assert_eq!(unpacked(&gzip(b"")).unwrap(), b"");
        let members = [gzip(b"01234"), gzip(b"56789")].concat();
        assert_eq!(unpacked(&members).unwrap(), b"0123456789");
    }

    #[test]
    fn a_bomb_is_stopped_one_byte_past_the_expected_size() {
        let bomb = gzip(&vec![0; 100_000]);
        assert!(bomb.len() < 1034, "the limit of archives must not hide it");
        assert_eq!(unpacked(&bomb).unwrap(), [0; 11]);
    }

    #[test]
    fn damage_anywhere_in_an_archive_is_told() {
        let good = gzip(b"0123456789");
        assert_eq!(fault(b""), Fault::Empty);
        for length in 1..good.len() {
            let fault = fault(&good[..length]);
            assert!(matches!(fault, Fault::Gzip(_)), "{length}: {fault}");
        }
        for at in [0, 1, 2, good.len() - 8, good.len() - 4] {
            let mut bytes = good.clone();
            bytes[at] ^= 0x55;
            let fault = fault(&bytes);
            assert!(matches!(fault, Fault::Gzip(_)), "{at}: {fault}");
        }
        assert!(matches!(fault(&[&good[..], b"xyz"].concat()), Fault::Gzip(_)));
        assert!(matches!(fault(b"<html>not found</html>"), Fault::Gzip(_)));
    }

    #[test]
    fn an_archive_beyond_any_such_archive_is_not_read() {
        let limit = LAYOUT.archive_limit();
        let found = limit + 1;
        assert_eq!(fault(&vec![0; found as usize]), Fault::Archive { limit, found });
    }
}

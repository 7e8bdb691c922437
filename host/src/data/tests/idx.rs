//! Tests of [`idx`](crate::data::idx): every header and length that a file can have.

use crate::data::error::Fault;
use crate::data::idx::{Header, Kind, parse};
use std::io;

const IMAGES: Header = Header { kind: Kind::Images, samples: 3, size: [4, 5] };
const LABELS: Header = Header { kind: Kind::Labels, samples: 3, size: [1, 1] };

fn file(header: Header) -> Vec<u8> {
    let mut bytes = header.encode();
    bytes.resize(header.file_bytes() as usize, 7);
    bytes
}

fn fault(header: Header, bytes: &[u8]) -> Fault {
    parse(header.kind, bytes).unwrap_err()
}

#[test]
fn a_file_is_read_as_it_is_written() {
    // By hand, from the description of the format.
    let images = [0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6];
    let header = Header { kind: Kind::Images, samples: 1, size: [2, 3] };
    assert_eq!(parse(Kind::Images, &images).unwrap(), (header, vec![1, 2, 3, 4, 5, 6]));
    assert_eq!(header.encode(), images[..16]);
    let labels = [0, 0, 8, 1, 0, 0, 0, 2, 9, 200];
    let header = Header { kind: Kind::Labels, samples: 2, size: [1, 1] };
    assert_eq!(parse(Kind::Labels, &labels).unwrap(), (header, vec![9, 200]));
    assert_eq!(header.encode(), labels[..8]);
}

#[test]
fn lengths_are_those_of_the_published_files() {
    let images = |samples| Header { samples, size: [28, 28], ..IMAGES }.file_bytes();
    let labels = |samples| Header { samples, ..LABELS }.file_bytes();
    assert_eq!((images(60_000), images(10_000)), (47_040_016, 7_840_016));
    assert_eq!((labels(60_000), labels(10_000)), (60_008, 10_008));
}

#[test]
fn empty_files_and_cut_headers_are_told() {
    for header in [IMAGES, LABELS] {
        assert_eq!(fault(header, &[]), Fault::Empty);
        let expected = header.encode().len() as u64;
        for found in 1..expected {
            let fault = fault(header, &file(header)[..found as usize]);
            assert_eq!(fault, Fault::Header { expected, found });
        }
    }
}

#[test]
fn wrong_magic_numbers_are_told() {
    let swapped = |expected, got| Fault::Magic { expected, got };
    assert_eq!(fault(IMAGES, &file(LABELS)), swapped(0x803, 0x801));
    assert_eq!(fault(LABELS, &file(IMAGES)), swapped(0x801, 0x803));
    let text = fault(IMAGES, &[0x1f, 0x8b, 8, 0]).to_string();
    assert!(text.contains("got 0x1f8b0800 (a gzip archive in a gzip archive"), "{text}");
}

#[test]
fn headers_of_nothing_are_told() {
    for zeroed in [4, 8, 12] {
        let mut bytes = file(IMAGES);
        bytes[zeroed..zeroed + 4].fill(0);
        assert!(matches!(fault(IMAGES, &bytes), Fault::Nothing { .. }), "{zeroed}");
    }
    let nothing = Fault::Nothing { samples: 0, rows: 1, columns: 1 };
    assert_eq!(fault(LABELS, &[0, 0, 8, 1, 0, 0, 0, 0]), nothing);
}

#[test]
fn wrong_lengths_are_told_in_bytes() {
    for header in [IMAGES, LABELS] {
        let (mut bytes, expected) = (file(header), header.file_bytes());
        bytes.push(0);
        let found = expected + 1;
        assert_eq!(fault(header, &bytes), Fault::Oversized { expected, found });
        bytes.truncate(expected as usize - 1);
        let found = expected - 1;
        assert_eq!(fault(header, &bytes), Fault::Truncated { expected, found });
    }
}

#[test]
fn headers_that_promise_everything_cost_nothing() {
    let most = Header { samples: u32::MAX, size: [u32::MAX; 2], ..IMAGES };
    assert_eq!(most.file_bytes(), u64::MAX);
    assert!(matches!(fault(most, &most.encode()), Fault::Truncated { found: 16, .. }));
    // Of an archive the length is not known before it is unpacked.
    let read = most.values(&mut &[][..], None);
    assert!(matches!(Fault::of(read.unwrap_err()), Ok(Fault::Memory { .. })));
}

#[test]
fn a_file_that_changes_while_it_is_read_is_told() {
    let read = |mut bytes: &[u8]| {
        let values = IMAGES.values(&mut bytes, Some(IMAGES.file_bytes()));
        Fault::of(values.unwrap_err()).unwrap()
    };
    assert_eq!(read(&[0; 59]), Fault::Truncated { expected: 76, found: 75 });
    assert_eq!(read(&[0; 61]), Fault::Oversized { expected: 76, found: 77 });
}

#[test]
fn what_unpacks_to_too_much_is_not_read_further() {
    let mut endless = io::repeat(0);
    let read = IMAGES.values(&mut endless, None);
    assert_eq!(Fault::of(read.unwrap_err()).unwrap(), Fault::Unpacks { expected: 76 });
}

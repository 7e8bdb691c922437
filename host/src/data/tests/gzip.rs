//! Tests of [`gzip`](crate::data::gzip): what is taken, and how each kind of damage is told.

use super::support::gzip;
use crate::data::error::Fault;
use crate::data::gzip::Unpacked;
use std::io::{self, Read};

/// The bytes that come out, or why not.
fn unpacked(bytes: &[u8]) -> Result<Vec<u8>, Fault> {
    // A short buffer, so that members and padding go over its end.
    let input = io::BufReader::with_capacity(7, bytes);
    let mut output = Vec::new();
    let read = Unpacked::new(input).and_then(|mut input| input.read_to_end(&mut output));
    read.map_err(|error| Fault::of(error).expect("no disk"))?;
    Ok(output)
}

fn message(bytes: &[u8]) -> String {
    unpacked(bytes).unwrap_err().to_string()
}

#[test]
fn archives_come_out_as_they_went_in_and_plain_bytes_stay() {
    assert_eq!(unpacked(&gzip(b"0123456789")).unwrap(), b"0123456789");
    assert_eq!(unpacked(&gzip(b"")).unwrap(), b"");
    let members = [gzip(b"01234"), gzip(b""), gzip(b"56789")].concat();
    assert_eq!(unpacked(&members).unwrap(), b"0123456789");
    for plain in [&b""[..], b"\x1f", b"0123456789"] {
        assert_eq!(unpacked(plain).unwrap(), plain);
    }
}

#[test]
fn zero_bytes_after_the_end_are_padding() {
    for zeros in [1, 6, 7, 8, 512] {
        let padded = [gzip(b"0123456789"), vec![0; zeros]].concat();
        assert_eq!(unpacked(&padded).unwrap(), b"0123456789", "{zeros} zero bytes");
        let more = [&padded[..], &gzip(b"abc")].concat();
        assert_eq!(unpacked(&more).unwrap(), b"0123456789abc", "{zeros} zero bytes");
    }
}

#[test]
fn other_bytes_after_the_end_are_told_as_such() {
    for tail in [&b"x"[..], b"xyz", b"\0\0x", b"<html>not found</html>"] {
        let text = message(&[&gzip(b"0123456789"), tail].concat());
        assert!(text.contains("other bytes follow its end"), "{tail:?}: {text}");
    }
}

#[test]
fn damage_anywhere_in_an_archive_is_told() {
    let good = gzip(b"0123456789");
    for length in 2..good.len() {
        let text = message(&good[..length]);
        assert!(text.contains("too early"), "{length}: {text}");
    }
    for at in [2, good.len() - 8, good.len() - 4] {
        let mut bytes = good.clone();
        bytes[at] ^= 0x55;
        assert!(message(&bytes).contains("corrupt gzip"), "{at}");
    }
}

#[test]
fn no_more_of_a_bomb_is_unpacked_than_is_asked_for() {
    let bomb = gzip(&vec![0; 1_000_000]);
    let mut output = Vec::new();
    let mut input = Unpacked::new(&bomb[..]).unwrap().take(11);
    input.read_to_end(&mut output).unwrap();
    assert_eq!(output, [0; 11]);
}

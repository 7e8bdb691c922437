//! Whatever a mirror serves that is not the file is refused and leaves nothing behind.

use super::fetch::{Case, sum};
use super::support::{Reply, Server, gzip};
use crate::data::fetch::catalog::Checksum;

#[test]
fn a_mirror_with_a_wrong_file_is_told_and_its_bytes_are_dropped() {
    let case = Case::new();
    let mut other = case.plain.clone();
    other[100] = (other[100] + 1) % 10;
    let other = gzip(&other);
    let bad = Server::start(move |_| Some(Reply::whole(&other)));
    let reason = case.refused(case.by_file(), &bad.url);
    assert!(reason.contains("wrong SHA-256"), "{reason}");
    case.assert_clean();

    assert_eq!(bad.seen().len(), 2, "once more, in case that the bytes were damaged on the way");
    let good = case.serve(Reply::whole);
    case.fetch(case.by_file(), &[&bad.url, &good.url]).0.unwrap();
    case.assert_in_place();
}

#[test]
fn an_archive_with_a_wrong_checksum_or_size_is_refused() {
    let case = Case::new();
    let server = case.serve(|archive| {
        let mut bytes = archive.to_vec();
        bytes[100] ^= 1;
        Reply::whole(&bytes)
    });
    let reason = case.refused(case.by_archive(), &server.url);
    assert!(reason.contains("wrong SHA-256"), "{reason}");
    case.assert_clean();
    for length in [case.archive.len() - 1, case.archive.len() + 1] {
        let mut bytes = case.archive.clone();
        bytes.resize(length, 0);
        let server = Server::start(move |_| Some(Reply::whole(&bytes)));
        let reason = case.refused(case.by_archive(), &server.url);
        assert!(reason.contains("wrong SHA-256"), "{reason}");
    }
}

#[test]
fn an_archive_that_does_not_unpack_is_refused() {
    let case = Case::new();
    let (mut corrupt, truncated) = (case.archive.clone(), case.archive[..900].to_vec());
    corrupt[1000] ^= 0xff;
    for (bytes, word) in [
        (corrupt, "corrupt gzip"),
        (truncated, "corrupt gzip"),
        (b"<html>hello</html>".to_vec(), "wrong magic number"),
    ] {
        let by_archive = Checksum::Archive(sum(&bytes));
        let server = Server::start(move |_| Some(Reply::whole(&bytes)));
        for checksum in [case.by_file(), by_archive] {
            let reason = case.refused(checksum, &server.url);
            assert!(reason.contains(word), "{reason}");
            case.assert_clean();
        }
    }
}

#[test]
fn a_well_packed_file_of_another_form_is_refused() {
    let case = Case::new();
    let mut label = case.plain.clone();
    label[8] = 10;
    for (bytes, word) in [
        (label, "label 0 is 10"),
        (case.plain[..5000].to_vec(), "truncated"),
        ([&case.plain[..], &[0; 9999]].concat(), "oversized"),
    ] {
        let archive = gzip(&bytes);
        let checksum = Checksum::Archive(sum(&archive));
        let server = Server::start(move |_| Some(Reply::whole(&archive)));
        let reason = case.refused(checksum, &server.url);
        assert!(reason.contains(word), "{reason}");
        case.assert_clean();
    }
}

#[test]
fn a_flood_is_stopped_at_the_cap() {
    let case = Case::new();
    let declared = Server::start(|_| Some(Reply::whole(&vec![0; 3_000_000])));
    let undeclared = Server::start(|_| {
        let mut reply = Reply::whole(&vec![0; 3_000_000]);
        reply.headers.clear();
        Some(reply)
    });
    for server in [declared, undeclared] {
        let reason = case.refused(case.by_file(), &server.url);
        assert!(reason.contains("larger than"), "{reason}");
        assert_eq!(server.seen().len(), 1);
        case.assert_clean();
    }
}

//! The published data sets: where they are served, and the checksums that prove them.

use crate::data::dataset::hex;
use crate::data::error::Fault;
use crate::data::idx::{Header, Kind};
use crate::data::mnist::{FILES, File, check_labels};
use crate::data::request::Published;
use crate::data::split::Split;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// A SHA-256 in hexadecimal.
#[derive(Clone, Debug)]
pub(in crate::data) enum Checksum {
    /// Of the file itself; any archive of it will do.
    Unpacked(String),
    /// Of the archive.
    Archive(String),
}

/// A file that mirrors serve as NAME.gz.
#[derive(Clone, Debug)]
pub(in crate::data) struct Remote {
    pub(in crate::data) file: File,
    pub(in crate::data) checksum: Checksum,
}

/// The addresses and checksums of a data set.
#[derive(Clone, Debug)]
pub(in crate::data) struct Entry {
    pub(in crate::data) set: Published,
    /// Addresses to which the name of a file is appended, the preferred one first.
    pub(in crate::data) mirrors: Vec<String>,
    /// In the order of [`FILES`].
    pub(in crate::data) files: Vec<Remote>,
}

impl Entry {
    /// The first file that is not the published one. Empty splits are not compared.
    pub(in crate::data) fn first_difference(
        &self,
        (train, test): &(Split, Split),
    ) -> Option<(&'static str, Fault)> {
        let loaded = self.files.iter().zip([train, train, test, test]);
        loaded.filter(|(_, split)| !split.is_empty()).find_map(|(remote, split)| {
            let kind = remote.file.header.kind;
            let (size, values) = match kind {
                Kind::Images => ([split.shape.height, split.shape.width], &split.images),
                Kind::Labels => ([1, 1], &split.labels),
            };
            let (samples, size) = (split.len() as u32, size.map(|side| side as u32));
            let fault = remote.check(Header { kind, samples, size }, values).err()?;
            Some((remote.file.name, fault))
        })
    }
}

impl Remote {
    /// Checks that a file with this header and these values is the published one, as far as is known.
    pub(in crate::data) fn check(&self, header: Header, values: &[u8]) -> Result<(), Fault> {
        self.check_header(header)?;
        if header.kind == Kind::Labels {
            check_labels(values)?;
        }
        match &self.checksum {
            Checksum::Unpacked(sum) => compare(sum, &[&header.encode(), values]),
            Checksum::Archive(_) => Ok(()),
        }
    }

    /// Checks that this is the header of the published file.
    pub(super) fn check_header(&self, got: Header) -> Result<(), Fault> {
        let (expected, right) = (self.file.header.samples, got == self.file.header);
        if right { Ok(()) } else { Err(Fault::Samples { expected, got: got.samples }) }
    }

    /// Checks that this is the published archive, if its checksum is known.
    pub(super) fn check_archive(&self, archive: &[u8]) -> Result<(), Fault> {
        match &self.checksum {
            Checksum::Archive(sum) => compare(sum, &[archive]),
            Checksum::Unpacked(_) => Ok(()),
        }
    }
}

fn compare(expected: &str, parts: &[&[u8]]) -> Result<(), Fault> {
    let got = hex(parts.iter().fold(Sha256::new(), |hash, part| hash.chain_update(part)));
    if got == expected { Ok(()) } else { Err(Fault::Checksum { expected: expected.into(), got }) }
}

/// A table of `catalog.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    mirrors: Vec<String>,
    archives: bool,
    sums: [String; 4],
}

/// The entry of a published data set.
pub(in crate::data) fn entry(set: Published) -> Entry {
    let tables = toml::from_str::<BTreeMap<String, Table>>(include_str!("catalog.toml"));
    let table = tables.ok().and_then(|mut tables| tables.remove(set.key()));
    let Table { mirrors, archives, sums } = table.expect("a test reads each table of the file");
    let checksum = if archives { Checksum::Archive } else { Checksum::Unpacked };
    let files = FILES.into_iter().zip(sums.map(checksum));
    let files = files.map(|(file, checksum)| Remote { file, checksum }).collect();
    Entry { set, mirrors, files }
}

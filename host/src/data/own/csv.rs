//! CSV files: a sample a line, features as numbers, and the label in the last column or in the one that is named.
//!
//! Commas, semicolons or tabs stand between columns. The first line is a header where one of its features is no number.
//! Any text is a label: the classes are the different labels, in the order of their numbers if all are whole numbers,
//! else in the order of the alphabet.

use super::raw::{Part, Raw, Values, float};
use crate::data::description::Columns;
use crate::data::error::OwnFault;
use csv::{ReaderBuilder, StringRecord, Trim};
use std::collections::BTreeSet;
use tinyevo_core::shape::Shape;

/// Reads the bytes of a file; `label` names the column of the label, or is its number from 1.
pub(super) fn read(bytes: &[u8], label: Option<&str>) -> Result<Raw, OwnFault> {
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(Trim::All)
        .delimiter(delimiter(bytes))
        .from_reader(bytes);
    let records = reader.records().collect::<Result<Vec<_>, _>>();
    let records = records.map_err(|error| OwnFault::Csv(error.to_string()))?;
    let first = records.first().ok_or(OwnFault::Nothing)?;
    let columns = first.len();
    if columns < 2 {
        return Err(OwnFault::OneColumn);
    }
    let (column, named) = column(first, label)?;
    let mut features = first.iter().enumerate().filter(|(index, _)| *index != column);
    let is_header =
        named || features.any(|(_, cell)| !cell.is_empty() && cell.parse::<f64>().is_err());
    let header = is_header.then_some(first);
    let samples = records.get(usize::from(is_header)..).unwrap_or_default();
    if samples.is_empty() {
        return Err(OwnFault::Nothing);
    }
    let (mut values, mut labels) = (Vec::with_capacity(samples.len() * (columns - 1)), Vec::new());
    for record in samples {
        let line = || line(bytes, record);
        if record.len() != columns {
            return Err(OwnFault::Ragged { line: line(), expected: columns, got: record.len() });
        }
        for (index, cell) in record.iter().enumerate() {
            let place = || place(line(), index, header);
            if cell.is_empty() {
                return Err(OwnFault::EmptyCell { place: place() });
            }
            if index == column {
                labels.push(cell);
                continue;
            }
            let number = cell.parse::<f64>();
            let number =
                number.map_err(|_| OwnFault::NoNumber { place: place(), text: cell.to_owned() })?;
            values.push(float(number, place)?);
        }
    }
    let class_names = classes(&labels);
    if class_names.len() > 256 {
        return Err(OwnFault::Classes(class_names.len()));
    }
    let number =
        |label: &&str| class_names.iter().position(|name| name == label).unwrap_or(0) as u8;
    let labels = labels.iter().map(number).collect();
    let train = Part { values: Values::Floats(values), labels };
    let (shape, classes) = (Shape::flat(columns - 1), class_names.len());
    let columns = Some(columns_of(header, column));
    Ok(Raw { shape, classes, class_names, train, test: None, columns })
}

/// The line of the file in which a record begins, from 1. The reader itself counts line ends of two characters, and empty lines,
/// too late.
fn line(bytes: &[u8], record: &StringRecord) -> u64 {
    let from = record.position().map_or(0, csv::Position::byte) as usize;
    let rest = bytes.get(from..).unwrap_or_default().iter();
    let ends = rest.take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
    bytes.get(..from + ends).unwrap_or_default().split(|byte| *byte == b'\n').count() as u64
}

/// What stands between columns: a semicolon or a tab if the first line has one outside quotes, else a comma.
fn delimiter(bytes: &[u8]) -> u8 {
    let (mut quoted, mut before) = (false, b',');
    for byte in bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes) {
        let is_start = matches!(before, b',' | b';' | b'\t' | b'"');
        before = *byte;
        match byte {
            // A quote that is doubled in quotes ends and begins them; one inside a word is no more than a character.
            b'"' if quoted || is_start => quoted = !quoted,
            b'"' => before = 0,
            b';' | b'\t' if !quoted => return *byte,
            b'\n' if !quoted => break,
            _ => {}
        }
    }
    b','
}

/// The index of the column of the label, and whether it was found by its name: a number is that of a column, since a line
/// without a header can have it too.
fn column(first: &StringRecord, label: Option<&str>) -> Result<(usize, bool), OwnFault> {
    let Some(label) = label else { return Ok((first.len() - 1, false)) };
    let number = label.parse().ok().filter(|number| (1..=first.len()).contains(number));
    if let Some(number) = number {
        return Ok((number - 1, false));
    }
    let named = first.iter().position(|name| name == label).map(|index| (index, true));
    named.ok_or_else(|| OwnFault::NoColumn {
        name: label.to_owned(),
        found: first.iter().collect::<Vec<_>>().join(", "),
    })
}

/// The columns of a table whose label stands in the one of this index.
fn columns_of(header: Option<&StringRecord>, label: usize) -> Columns {
    let mut features: Vec<String> = header.into_iter().flatten().map(str::to_owned).collect();
    let label_name = header.map(|_| features.remove(label));
    Columns { features, label: label + 1, label_name }
}

/// A cell in words, by its line and column.
fn place(line: u64, index: usize, header: Option<&StringRecord>) -> String {
    let name = header.and_then(|header| header.get(index));
    let name = name.map_or_else(String::new, |name| format!(" ({name})"));
    format!("line {line}, column {}{name}", index + 1)
}

/// The different labels, in order.
fn classes(labels: &[&str]) -> Vec<String> {
    let names: BTreeSet<&str> = labels.iter().copied().collect();
    in_order(names.into_iter().map(str::to_owned).collect())
}

/// Names in the order of their numbers if all are whole numbers, else as they were.
pub(super) fn in_order(mut names: Vec<String>) -> Vec<String> {
    if names.iter().all(|name| name.parse::<i64>().is_ok()) {
        names.sort_by_key(|name| name.parse::<i64>().unwrap_or_default());
    }
    names
}

//! `history.csv`: a row a generation, written as it comes, read back when a run goes on.

use super::Snapshot;
use crate::error::Error;
use std::fs::{self, File, OpenOptions};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use tinyevo_core::statistics::Statistics;

/// The names of the columns. The third one is the only one that depends on the machine.
pub(super) const HEADER: &str =
    "generation,evaluations,seconds,best,avg,std,min,max,accuracy,champion_accuracy";

/// What plots and screens need of a row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Row {
    /// The number of the generation.
    pub generation: u32,
    /// Seconds that the loop had worked; the only number that depends on the machine.
    pub seconds: f64,
    /// The fitness of the best individual of the generation.
    pub fitness: f32,
    /// The fitness of the generation's individuals.
    pub statistics: Statistics,
    /// The accuracy of the best individual of the generation, on the images of the fitness.
    pub accuracy: f32,
    /// The accuracy of the champion, by the judge.
    pub champion_accuracy: f32,
}

impl Row {
    /// The row of a snapshot.
    #[must_use]
    pub fn of(snapshot: &Snapshot<'_>) -> Self {
        Self {
            generation: snapshot.generation,
            seconds: snapshot.seconds,
            fitness: snapshot.outcome.best,
            statistics: snapshot.outcome.statistics,
            accuracy: snapshot.outcome.accuracy,
            champion_accuracy: snapshot.champion.judgement.accuracy(),
        }
    }

    /// Reads a line of the file.
    fn parse(line: &str) -> Option<Self> {
        let fields: Vec<&str> = line.split(',').collect();
        let [generation, _, seconds, fitness, avg, std, min, max, accuracy, champion_accuracy] =
            *fields
        else {
            return None;
        };
        let (avg, std) = (avg.parse().ok()?, std.parse().ok()?);
        let (min, max) = (min.parse().ok()?, max.parse().ok()?);
        Some(Self {
            generation: generation.parse().ok()?,
            seconds: seconds.parse().ok()?,
            fitness: fitness.parse().ok()?,
            statistics: Statistics { avg, std, min, max },
            accuracy: accuracy.parse().ok()?,
            champion_accuracy: champion_accuracy.parse().ok()?,
        })
    }
}

/// The open file.
#[derive(Debug)]
pub struct History {
    path: PathBuf,
    file: BufWriter<File>,
}

impl History {
    /// Starts the file; what a run left that was ended before its first checkpoint is replaced.
    ///
    /// # Errors
    /// The file cannot be made.
    pub fn create(path: &Path) -> Result<Self, Error> {
        let file = File::create(path).map_err(Error::io("create", path))?;
        let mut history = Self { path: path.to_path_buf(), file: BufWriter::new(file) };
        writeln!(history.file, "{HEADER}").map_err(Error::io("write", path))?;
        history.flush()?;
        Ok(history)
    }

    /// Goes on with a file: cuts it after the row of `generation`, and hands out the rows up to it.
    ///
    /// # Errors
    /// The file cannot be read or cut, or it has no whole row for each generation up to that one.
    pub fn resume(path: &Path, generation: u32) -> Result<(Self, Vec<Row>), Error> {
        // What stands after the last row that is kept can be anything.
        let bytes = fs::read(path).map_err(Error::io("read", path))?;
        let content = |reason: String| Error::Content { path: path.to_path_buf(), reason };
        let mut lines = bytes.split_inclusive(|byte| *byte == b'\n');
        let header = lines.next().unwrap_or_default();
        if header.trim_ascii_end() != HEADER.as_bytes() {
            return Err(content(format!("does not begin with the line {HEADER}")));
        }
        let mut length = header.len();
        let mut rows = Vec::new();
        for expected in 0..=generation {
            let line = lines.next().filter(|line| line.ends_with(b"\n"));
            let text = line.and_then(|line| std::str::from_utf8(line.trim_ascii_end()).ok());
            let row = text.and_then(Row::parse);
            match (line, row.filter(|row| row.generation == expected)) {
                (Some(line), Some(row)) => {
                    length += line.len();
                    rows.push(row);
                }
                _ => {
                    return Err(content(format!(
                        "has no whole row for generation {expected}, but the checkpoint is of \
                         generation {generation}\n  the file was changed; the champion is whole"
                    )));
                }
            }
        }
        let file = OpenOptions::new().append(true).open(path).map_err(Error::io("open", path))?;
        file.set_len(length as u64).map_err(Error::io("cut", path))?;
        Ok((Self { path: path.to_path_buf(), file: BufWriter::new(file) }, rows))
    }

    /// The rows of a file, up to the first that is not whole: a run may still be writing it.
    ///
    /// # Errors
    /// The file cannot be read, or it is another table.
    pub fn read(path: &Path) -> Result<Vec<Row>, Error> {
        let bytes = fs::read(path).map_err(Error::io("read", path))?;
        let text = String::from_utf8_lossy(&bytes);
        let mut lines = text.split_inclusive('\n');
        if lines.next().is_none_or(|line| line.trim_end() != HEADER) {
            let reason = format!("does not begin with the line {HEADER}");
            return Err(Error::Content { path: path.to_path_buf(), reason });
        }
        let whole = lines.take_while(|line| line.ends_with('\n'));
        Ok(whole.map_while(|line| Row::parse(line.trim_end())).collect())
    }

    /// Adds the row of a generation.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn push(&mut self, snapshot: &Snapshot<'_>) -> Result<(), Error> {
        let Snapshot { generation, evaluations, seconds, outcome, .. } = snapshot;
        let Statistics { avg, std, min, max } = outcome.statistics;
        let (best, accuracy) = (outcome.best, outcome.accuracy);
        let champion = snapshot.champion.judgement.accuracy();
        writeln!(
            self.file,
            "{generation},{evaluations},{seconds:.3},{best},{avg},{std},{min},{max},{accuracy},{champion}"
        )
        .map_err(Error::io("write", &self.path))
    }

    /// Hands what was added to the system, so that the end of this process loses nothing.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn flush(&mut self) -> Result<(), Error> {
        self.file.flush().map_err(Error::io("write", &self.path))
    }

    /// Waits until what was added is on the disk: a checkpoint must not be newer than the history.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn sync(&mut self) -> Result<(), Error> {
        self.flush()?;
        self.file.get_ref().sync_data().map_err(Error::io("write", &self.path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(generation: u32) -> String {
        format!("{generation},25,0.5,2.5,3,0.5,2.5,4,0.{generation},0.4\n")
    }

    fn file(lines: &[String]) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("history.csv");
        fs::write(&path, format!("{HEADER}\n{}", lines.concat())).unwrap();
        (folder, path)
    }

    #[test]
    fn it_is_cut_to_the_checkpoint_and_its_rows_come_back() {
        let half = "3,25,0.".to_string();
        let (_folder, path) = file(&[line(0), line(1), line(2), half]);
        let mut torn = fs::read(&path).unwrap();
        torn.extend([0xff, 0x00, 0x80]);
        fs::write(&path, torn).unwrap();
        assert_eq!(History::read(&path).unwrap().len(), 3);
        let (_, rows) = History::resume(&path, 1).unwrap();
        assert_eq!(
            rows,
            [0.0, 0.1].map(|accuracy| Row {
                generation: (accuracy * 10.0) as u32,
                seconds: 0.5,
                fitness: 2.5,
                statistics: Statistics { avg: 3.0, std: 0.5, min: 2.5, max: 4.0 },
                accuracy,
                champion_accuracy: 0.4
            })
        );
        assert_eq!(fs::read_to_string(&path).unwrap(), format!("{HEADER}\n{}{}", line(0), line(1)));
    }

    #[test]
    fn a_file_that_does_not_reach_the_checkpoint_is_refused_and_left_as_it_is() {
        let half = line(2).trim_end().to_string();
        for lines in [vec![line(0), line(1)], vec![line(0), line(1), half], vec![line(0), line(2)]]
        {
            let (_folder, path) = file(&lines);
            let before = fs::read(&path).unwrap();
            assert!(matches!(History::resume(&path, 2), Err(Error::Content { .. })));
            assert_eq!(fs::read(&path).unwrap(), before);
        }
        let (_folder, path) = file(&[]);
        fs::write(&path, "another,header\n").unwrap();
        assert!(History::resume(&path, 0).is_err() && History::read(&path).is_err());
    }
}

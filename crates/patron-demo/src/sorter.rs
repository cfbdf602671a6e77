//! Brings rows into order of time in bounded memory.
//!
//! Customers are generated one after the other, but a shop's export runs in order of time. Rows are put into buckets of
//! days, buckets are appended to files when memory is short, and at the end each bucket is sorted by itself. Rows of the
//! same second stay in the order in which they were given.

use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use crate::error::DemoError;

/// Bytes a table may hold before its buckets are appended to files.
const MOST_BUFFERED_BYTES: usize = 32 << 20;
/// Seconds (8) and length (4) before each row.
const FRAME_BYTES: usize = 12;

/// A CSV file that is being written in order of time.
#[derive(Debug)]
pub(crate) struct TimeSorter {
    path: PathBuf,
    header: &'static str,
    days_per_bucket: usize,
    buckets: Vec<Vec<u8>>,
    spilled: Vec<bool>,
    buffered: usize,
    most_buffered: usize,
    rows: u64,
}

impl TimeSorter {
    /// Prepares a file for rows of days in `0..days`.
    pub(crate) fn new(
        folder: &Path,
        name: &str,
        header: &'static str,
        days: usize,
        days_per_bucket: usize,
    ) -> Self {
        let count = days.div_ceil(days_per_bucket);
        Self {
            path: folder.join(name),
            header,
            days_per_bucket,
            buckets: vec![Vec::new(); count],
            spilled: vec![false; count],
            buffered: 0,
            most_buffered: MOST_BUFFERED_BYTES,
            rows: 0,
        }
    }

    /// Takes a row, with its line end, that happened some seconds after the shop's first midnight.
    pub(crate) fn push(&mut self, seconds: u64, row: &[u8]) -> Result<(), DemoError> {
        let day = usize::try_from(seconds / 86_400).unwrap_or(usize::MAX);
        let bucket = (day / self.days_per_bucket).min(self.buckets.len() - 1);
        let bytes = &mut self.buckets[bucket];
        bytes.extend_from_slice(&seconds.to_le_bytes());
        bytes.extend_from_slice(&u32::try_from(row.len()).unwrap_or(u32::MAX).to_le_bytes());
        bytes.extend_from_slice(row);
        self.rows += 1;
        self.buffered += FRAME_BYTES + row.len();
        if self.buffered > self.most_buffered {
            self.spill()?;
        }
        Ok(())
    }

    /// Sorts what was taken, writes the file, and returns its path and number of rows.
    pub(crate) fn finish(mut self, mut tick: impl FnMut()) -> Result<(PathBuf, u64), DemoError> {
        let failed = |source| DemoError::Write {
            path: self.path.clone(),
            source,
        };
        let file = File::create(&self.path).map_err(failed)?;
        let mut out = BufWriter::with_capacity(1 << 20, file);
        writeln!(out, "{}", self.header).map_err(failed)?;
        for bucket in 0..self.buckets.len() {
            let mut bytes = Vec::new();
            if self.spilled[bucket] {
                let part = self.part(bucket);
                let read = File::open(&part).and_then(|mut file| file.read_to_end(&mut bytes));
                read.and_then(|_| std::fs::remove_file(&part))
                    .map_err(|source| DemoError::Write { path: part, source })?;
            }
            bytes.append(&mut self.buckets[bucket]);
            for row in rows_in_order(&bytes) {
                out.write_all(row).map_err(failed)?;
            }
            tick();
        }
        out.flush().map_err(failed)?;
        Ok((self.path, self.rows))
    }

    fn spill(&mut self) -> Result<(), DemoError> {
        for bucket in 0..self.buckets.len() {
            let part = self.part(bucket);
            let bytes = &mut self.buckets[bucket];
            if bytes.is_empty() {
                continue;
            }
            // a part that an interrupted run left behind must not be added to
            let first = !std::mem::replace(&mut self.spilled[bucket], true);
            let mut options = OpenOptions::new();
            options
                .create(true)
                .write(true)
                .truncate(first)
                .append(!first);
            options
                .open(&part)
                .and_then(|mut file| file.write_all(bytes))
                .map_err(|source| DemoError::Write { path: part, source })?;
            bytes.clear();
        }
        self.buffered = 0;
        Ok(())
    }

    fn part(&self, bucket: usize) -> PathBuf {
        self.path.with_extension(format!("{bucket}.part"))
    }
}

/// Returns the rows of a bucket by second, then by position.
fn rows_in_order(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rows = Vec::new();
    let mut rest = bytes;
    while let Some((seconds, after)) = rest.split_first_chunk::<8>() {
        let Some((length, after)) = after.split_first_chunk::<4>() else {
            break;
        };
        let length = usize::try_from(u32::from_le_bytes(*length)).unwrap_or(0);
        let (row, after) = after.split_at(length.min(after.len()));
        rows.push((u64::from_le_bytes(*seconds), row));
        rest = after;
    }
    rows.sort_by_key(|(seconds, _)| *seconds);
    rows.into_iter().map(|(_, row)| row)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draw::{Draw, Purpose};

    fn sorted(most_buffered: usize, left_behind: bool) -> String {
        let folder = tempfile::tempdir().unwrap();
        let mut sorter = TimeSorter::new(folder.path(), "t.csv", "second,row", 30, 7);
        sorter.most_buffered = most_buffered;
        if left_behind {
            std::fs::write(sorter.part(0), "from an interrupted run").unwrap();
        }
        let mut draw = Draw::new(3, 0, Purpose::Shop);
        for row in 0..2_000 {
            // few distinct seconds, so that ties are many
            let seconds = draw.below(300) as u64 * 8_640;
            sorter
                .push(seconds, format!("{seconds},{row}\n").as_bytes())
                .unwrap();
        }
        let (path, rows) = sorter.finish(|| ()).unwrap();
        assert_eq!(rows, 2_000);
        let text = std::fs::read_to_string(path).unwrap();
        assert_eq!(
            std::fs::read_dir(folder.path()).unwrap().count(),
            1,
            "no parts are left"
        );
        text
    }

    #[test]
    fn rows_come_out_by_time_then_as_given() {
        let text = sorted(usize::MAX, false);
        let pairs: Vec<(u64, u64)> = text
            .lines()
            .skip(1)
            .map(|line| line.split_once(',').unwrap())
            .map(|(seconds, row)| (seconds.parse().unwrap(), row.parse().unwrap()))
            .collect();
        assert_eq!(pairs.len(), 2_000);
        assert!(pairs.is_sorted());
    }

    #[test]
    fn memory_changes_nothing_and_old_parts_are_not_read() {
        let whole = sorted(usize::MAX, false);
        for most_buffered in [0, 100, 5_000] {
            assert_eq!(sorted(most_buffered, true), whole, "{most_buffered}");
        }
    }
}

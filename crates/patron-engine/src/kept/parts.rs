//! Histories that earlier runs kept, read back one by one.

use std::fs::File;
use std::path::PathBuf;

use super::KeptError;
use super::keeper::{Keeper, check_of};
use super::people::KeptPerson;

/// A file with histories.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Part {
    /// Its number, by which people tell it.
    pub number: u32,
    /// Its name in the folder.
    pub name: PathBuf,
    /// Its length.
    pub bytes: u64,
}

/// Files with histories, and the folder they are in.
#[derive(Debug, Clone)]
pub struct Parts {
    /// Where they are.
    pub folder: PathBuf,
    /// Which there are.
    pub parts: Vec<Part>,
}

/// Files that are open, of one thread.
#[derive(Debug)]
pub(crate) struct OpenParts<'p> {
    parts: &'p Parts,
    open: Vec<(u32, File)>,
}

impl Parts {
    /// Makes sure that every file is there with its length.
    ///
    /// # Errors
    /// [`KeptError::Io`] and [`KeptError::Damaged`].
    pub fn check(&self) -> Result<(), KeptError> {
        for part in &self.parts {
            let path = self.folder.join(&part.name);
            let there = std::fs::metadata(&path);
            let there = there.map_err(|source| KeptError::Io {
                path: path.clone(),
                source,
            })?;
            if there.len() != part.bytes {
                return Err(KeptError::Damaged { path });
            }
        }
        Ok(())
    }

    /// Returns these with the part that a keeper writes.
    pub(crate) fn with(&self, keeper: &Keeper) -> Self {
        let mut all = self.clone();
        all.parts.push(Part {
            number: keeper.part(),
            // Whatever folder it is joined to, an absolute path stays what it is.
            name: keeper.path().to_owned(),
            bytes: keeper.bytes().unwrap_or(0),
        });
        all
    }

    pub(crate) const fn open(&self) -> OpenParts<'_> {
        OpenParts {
            parts: self,
            open: Vec::new(),
        }
    }

    /// What cannot be told of any file.
    pub(crate) fn damaged(&self) -> KeptError {
        KeptError::Damaged {
            path: self.folder.clone(),
        }
    }
}

#[cfg(unix)]
fn read_at(file: &mut File, at: u64, bytes: &mut [u8]) -> std::io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, at)
}

#[cfg(not(unix))]
fn read_at(file: &mut File, at: u64, bytes: &mut [u8]) -> std::io::Result<()> {
    use std::io::{Read, Seek, SeekFrom};
    file.seek(SeekFrom::Start(at))?;
    file.read_exact(bytes)
}

impl OpenParts<'_> {
    /// Appends a person's history to `bytes`.
    pub(crate) fn read(&mut self, kept: &KeptPerson, bytes: &mut Vec<u8>) -> Result<(), KeptError> {
        if kept.bytes == 0 {
            return Ok(());
        }
        let place = self.place(kept.part)?;
        let from = bytes.len();
        bytes.resize(from + kept.bytes as usize, 0);
        let (Some((_, file)), Some(history)) = (self.open.get_mut(place), bytes.get_mut(from..))
        else {
            return Err(self.parts.damaged());
        };
        read_at(file, kept.at, history).map_err(|source| KeptError::Io {
            path: self.parts.folder.clone(),
            source,
        })?;
        if check_of(history) == kept.check {
            Ok(())
        } else {
            Err(self.parts.damaged())
        }
    }

    fn place(&mut self, number: u32) -> Result<usize, KeptError> {
        if let Some(place) = self.open.iter().position(|(known, _)| *known == number) {
            return Ok(place);
        }
        let part = self.parts.parts.iter().find(|part| part.number == number);
        let path = match part {
            Some(part) => self.parts.folder.join(&part.name),
            None => return Err(self.parts.damaged()),
        };
        let file = File::open(&path).map_err(|source| KeptError::Io { path, source })?;
        self.open.push((number, file));
        Ok(self.open.len() - 1)
    }
}

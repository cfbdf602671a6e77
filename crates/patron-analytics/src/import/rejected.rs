//! The lists of rows that an import sets aside.

use std::io;
use std::path::{Path, PathBuf};

use patron_engine::RejectedSink;
use patron_import::RejectedRow;

use super::{ImportFailure, ImportedFile};
use crate::run::RejectedFile;
use crate::workspace::Workspace;

/// Lists of rows set aside, one per file, until the import is certain.
pub(super) struct RejectedByFile {
    folder: PathBuf,
    files: Vec<(String, RejectedFile)>,
}

impl RejectedByFile {
    /// Goes on with the lists of an import that was stopped, of which as many bytes count as the marks say.
    pub(super) fn new(folder: &Path, marks: Vec<(String, u64)>) -> io::Result<Self> {
        let mut lists = Self {
            folder: folder.to_owned(),
            files: Vec::new(),
        };
        for (index, (name, bytes)) in marks.into_iter().enumerate() {
            let list = RejectedFile::go_on(&lists.path(index), bytes)?;
            lists.files.push((name, list));
        }
        Ok(lists)
    }

    fn path(&self, index: usize) -> PathBuf {
        self.folder.join(format!("rejected-{index}.csv"))
    }

    pub(super) fn finish(&mut self) -> io::Result<()> {
        self.files.iter_mut().try_for_each(|(_, file)| file.flush())
    }

    /// Moves the lists to the workspace, named after their imports.
    pub(super) fn keep(
        &self,
        workspace: &Workspace,
        imported: &mut [ImportedFile],
    ) -> Result<(), ImportFailure> {
        for (index, (name, _)) in self.files.iter().enumerate() {
            let of_file = |file: &&mut ImportedFile| {
                file.known_as.is_none() && file.read.understanding.file == *name
            };
            let Some(file) = imported.iter_mut().find(of_file) else {
                continue;
            };
            let path = workspace
                .rejected_folder()?
                .join(format!("{}.csv", file.import.id));
            let from = self.path(index);
            let moved =
                std::fs::rename(&from, &path).or_else(|_| std::fs::copy(&from, &path).map(drop));
            moved.map_err(|source| ImportFailure::Write {
                path: path.clone(),
                source,
            })?;
            file.rejected = Some(path);
        }
        Ok(())
    }
}

impl RejectedSink for RejectedByFile {
    fn mark(&mut self) -> io::Result<Vec<(String, u64)>> {
        self.finish()?;
        let lists = self.files.iter().enumerate();
        lists
            .map(|(index, (name, _))| {
                let length = std::fs::metadata(self.path(index))?.len();
                Ok((name.clone(), length))
            })
            .collect()
    }

    fn take(&mut self, file: &str, row: &RejectedRow) -> io::Result<()> {
        // What names an unknown order is set aside when all files were read.
        if !self.files.iter().any(|(name, _)| name == file) {
            let writer = RejectedFile::create(&self.path(self.files.len()))?;
            self.files.push((file.to_owned(), writer));
        }
        match self.files.iter_mut().find(|(name, _)| name == file) {
            Some((_, writer)) => writer.take(file, row),
            None => Ok(()),
        }
    }
}

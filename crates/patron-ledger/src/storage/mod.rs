//! The data files: written, kept out of sight until a commit names them, read back, and cleared away.

pub(crate) mod data_file;
pub(crate) mod folder;
pub(crate) mod read;
pub(crate) mod staging;

pub(crate) use data_file::NewFile;
pub(crate) use staging::Staging;

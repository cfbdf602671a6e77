//! real_files

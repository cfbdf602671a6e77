//! From a shop's file to accounted rows: formats, recognition, presets, row classes.
#![forbid(unsafe_code)]

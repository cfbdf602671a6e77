//! What keeps a ledger in order: flush, compaction, undo, erasure, expiry, verification.

pub mod compact;
pub mod erase;
pub mod expire;
pub mod flush;
mod rewrite;
pub mod undo;
pub mod verify;

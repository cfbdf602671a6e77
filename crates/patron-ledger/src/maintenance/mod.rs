//! What keeps a ledger in order: flush, compaction, undo, reassignment, erasure, expiry, verification, copies.

pub mod compact;
pub mod copy;
pub mod erase;
pub mod expire;
pub mod flush;
pub mod reassign;
mod removal;
mod rewrite;
pub mod undo;
pub mod verify;

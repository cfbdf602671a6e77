//! What the fold promises: the definitions case by case, properties on random histories, the text protocol.

mod definitions; // DEFINITIONS.md §3-5, one test per sentence
mod properties; // random histories against a slow, direct computation
mod wire; // the protocol of `patron fold`

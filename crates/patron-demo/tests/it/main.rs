//! What must hold of a generated shop.

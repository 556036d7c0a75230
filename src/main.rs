//! The command `scimward`.

fn main() {}

//! Overwrites what is left on the stack of a thread.
//!
//! The allocator wipes what is freed. Calls that have returned leave parts of tokens and passwords on
//! the stack, where they stay until other calls reach as far down.

use std::hint::black_box;

/// Farther down than any of our calls reaches.
const DEPTH: usize = 128 * 1024;

/// Overwrites what the calls of the caller have left.
#[inline(never)]
#[expect(clippy::large_stack_arrays, reason = "it is the stack that is to be overwritten")]
pub(crate) fn wipe() {
    black_box([0_u8; DEPTH]);
}

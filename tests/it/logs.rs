//! What the log says, and the ids that lead from an answer to its lines.

mod request_ids;

//! The folder that holds everything a demo keeps.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use crate::domain::base62;
use crate::entropy::Entropy;

/// A new folder that nobody else may read, removed when it is dropped.
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn make(entropy: &dyn Entropy) -> io::Result<Self> {
        let name = base62::random::<10>(|bytes| entropy.fill(bytes));
        let path = std::env::temp_dir().join(format!("scimward-demo-{name}"));
        DirBuilder::new().mode(0o700).create(&path)?;
        Ok(Self(path))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

//! Objects that come from another store, as they are there: with their archives, and with what is known of them.

use std::fs;
use std::io::Read;

use nix_formats::{ContentAddress, Derivation, ObjectInfo, StorePath};

use crate::database::Registration;
use crate::embedded::EmbeddedStore;
use crate::error::{Context, Error};
use crate::store::Store;

impl EmbeddedStore {
    /// Writes an archive beside its place, compares it with `info`, and moves it there.
    pub(crate) fn import(&self, info: &ObjectInfo, archive: &mut dyn Read) -> Result<(), Error> {
        if self.keep(&info.path)? {
            return Ok(());
        }
        self.keep_references(&info.path, &info.references)?;
        let destination = self.path_of(&info.path);
        self.workshop()?.unpack(&self.dir, info, archive, &destination)?;
        self.installed.borrow_mut().push(info.path.clone());
        let outputs = self.outputs(&info.path)?;
        self.wait_for_commit(Registration { info: info.clone(), outputs });
        Ok(())
    }

    /// The outputs of a derivation that was just written.
    fn outputs(&self, path: &StorePath) -> Result<Vec<(String, StorePath)>, Error> {
        let Some(name) = path.name().strip_suffix(".drv") else { return Ok(Vec::new()) };
        let file = self.path_of(path);
        let text = fs::read(&file).context("read", &file)?;
        let derivation = Derivation::from_aterm(&self.dir, name, &text)?;
        let mut outputs = Vec::new();
        for (output, kind) in &derivation.outputs {
            if let Some(path) = kind.path(&self.dir, name, output)? {
                outputs.push((output.clone(), path));
            }
        }
        Ok(outputs)
    }

    /// Whether the path of a valid object is the one that its content address gives.
    pub(crate) fn has_content_address(&self, path: &StorePath) -> Result<bool, Error> {
        if let Some(found) = self.with_pending(path, |info| info.is_content_addressed(&self.dir)) {
            return Ok(found);
        }
        let database = self.database.borrow();
        let id = database.id(&self.dir, path)?.ok_or_else(|| Error::NotValid(path.clone()))?;
        let Some(address) = database.content_address(id)?.filter(|text| !text.is_empty()) else {
            return Ok(false);
        };
        let address: ContentAddress = address.parse()?;
        let mut others = self.references(path)?;
        let self_reference = others.remove(path);
        Ok(address.path(&self.dir, path.name(), &others, self_reference).is_ok_and(|found| found == *path))
    }
}

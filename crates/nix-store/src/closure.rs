//! What an object needs and how large that is: of an open store, or read from the database of any store without opening
//! it.
//!
//! Opening a store takes locks and may create it. Who only wants to tell something about an object does neither, so that
//! it works on Nix's own store as well, which belongs to somebody else.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use nix_formats::StorePath;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::embedded::EmbeddedStore;
use crate::error::Error;
use crate::layout::Layout;
use crate::store::Store;

/// How long to wait for another process that writes the database.
const PATIENCE: Duration = Duration::from_secs(5);

/// Objects by their full paths, with the size of each as an archive (NAR) in bytes.
pub type Sizes = BTreeMap<String, u64>;

impl EmbeddedStore {
    /// Everything that the object refers to directly and indirectly, itself included, whether it is registered or waits
    /// for the commit.
    ///
    /// # Errors
    /// [`Error::NotValid`], [`Error::Database`].
    pub fn closure_sizes(&self, path: &StorePath) -> Result<Sizes, Error> {
        let closure = self.closure(&BTreeSet::from([path.clone()]))?;
        let size = |path: &StorePath| match self.with_pending(path, |info| info.nar_size) {
            Some(size) => Ok(size),
            None => self.database.borrow().nar_size(&self.dir, path),
        };
        closure.iter().map(|path| Ok((self.dir.join(path), size(path)?))).collect()
    }
}

/// The same of an object in any store, by the database that belongs to the store directory it lies in. None when there is
/// no such database or it does not know the object.
///
/// # Errors
/// [`Error::Database`] when the database cannot be read.
pub fn closure_sizes(object: &Path) -> Result<Option<Sizes>, Error> {
    let Some(store) = object.parent().filter(|dir| dir.file_name().is_some_and(|name| name == "store"))
    else {
        return Ok(None);
    };
    let (Some(root), Some(path)) = (store.parent(), object.to_str()) else { return Ok(None) };
    let file = Layout::new(root).database();
    if !file.exists() {
        return Ok(None);
    }
    let sizes = match open(&file, false).and_then(|connection| query(&connection, path)) {
        // Without the right to write beside it a database with a log can only be read as if nobody wrote to it.
        Err(error)
            if matches!(error.sqlite_error_code(), Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly)) =>
        {
            open(&file, true).and_then(|connection| query(&connection, path))
        }
        other => other,
    };
    let sizes = sizes.map_err(|source| Error::Database { path: file, source })?;
    Ok((!sizes.is_empty()).then_some(sizes))
}

fn open(file: &Path, immutable: bool) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = if immutable {
        let mut uri = String::from("file:");
        for byte in file.as_os_str().as_encoded_bytes() {
            match byte {
                b'/' | b'.' | b'-' | b'_' => uri.push(char::from(*byte)),
                byte if byte.is_ascii_alphanumeric() => uri.push(char::from(*byte)),
                byte => _ = write!(uri, "%{byte:02X}"),
            }
        }
        Connection::open_with_flags(uri + "?immutable=1", flags | OpenFlags::SQLITE_OPEN_URI)?
    } else {
        Connection::open_with_flags(file, flags)?
    };
    connection.busy_timeout(PATIENCE)?;
    // Reading must not bring the database up to date on the way out.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    Ok(connection)
}

fn query(connection: &Connection, path: &str) -> rusqlite::Result<Sizes> {
    connection
        .prepare(
            "with recursive closure(id) as (
                 select id from ValidPaths where path = ?
                 union select reference from Refs join closure on referrer = closure.id
             )
             select path, coalesce(narSize, 0) from ValidPaths where id in closure",
        )?
        .query_map([path], |row| {
            Ok((row.get::<_, String>(0)?, u64::try_from(row.get::<_, i64>(1)?).unwrap_or(0)))
        })?
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embedded::OpenOptions;

    #[test]
    fn before_and_after_the_commit() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap().join("nix");
        let store = EmbeddedStore::open(&root, &OpenOptions::default()).unwrap();
        let leaf = store.add_text("leaf", b"leaf", &BTreeSet::new()).unwrap();
        let top = store.add_text("top", b"the top", &BTreeSet::from([leaf.clone()])).unwrap();
        let other = store.add_text("other", b"", &BTreeSet::new()).unwrap();
        let path = store.path_of(&top);
        let open = store.closure_sizes(&top).unwrap();
        assert_eq!(open.keys().len(), 2);
        assert!(open.contains_key(store.path_of(&leaf).to_str().unwrap()));
        assert!(!open.contains_key(store.path_of(&other).to_str().unwrap()));
        assert_eq!(closure_sizes(&path).unwrap(), None);
        store.commit().unwrap();
        assert_eq!(closure_sizes(&path).unwrap().as_ref(), Some(&open));
        assert_eq!(store.closure_sizes(&top).unwrap(), open);
        let (hash, size) = crate::nar_hash(&path).unwrap();
        assert_eq!(open.get(path.to_str().unwrap()), Some(&size), "{hash:?}");
    }

    #[test]
    fn where_no_database_knows_the_object() {
        let dir = tempfile::tempdir().unwrap();
        for path in ["store/x", "elsewhere/x", "x"] {
            assert_eq!(closure_sizes(&dir.path().join(path)).unwrap(), None, "{path}");
        }
        assert_eq!(closure_sizes(Path::new("/")).unwrap(), None);
        let file = dir.path().join("var/nix/db/db.sqlite");
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(
            &file,
            "no database at all, which is longer than a header of one hundred bytes".repeat(9),
        )
        .unwrap();
        let error = closure_sizes(&dir.path().join("store/x")).unwrap_err();
        assert!(matches!(error, Error::Database { .. }), "{error}");
    }

    #[test]
    fn a_database_that_nobody_writes_to() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("a b%.sqlite");
        let connection = Connection::open(&file).unwrap();
        connection.execute_batch("create table t (x)").unwrap();
        drop(connection);
        let connection = open(&file, true).unwrap();
        let tables: i64 =
            connection.query_row("select count(*) from sqlite_master", [], |row| row.get(0)).unwrap();
        assert_eq!(tables, 1);
    }
}

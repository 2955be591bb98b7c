//! Nix's database (schema 10): which objects are valid, their hashes, and what refers to what.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use nix_formats::{HashFormat, ObjectInfo, Signature, StoreDir, StorePath};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OptionalExtension, TransactionBehavior, params};

use crate::error::Error;
use crate::lock::POLL;

/// The schema's version, as it stands in the file `schema`.
pub(crate) const SCHEMA_VERSION: &str = "10";

const SCHEMA: &str = "
create table if not exists ValidPaths (
    id               integer primary key autoincrement not null,
    path             text unique not null,
    hash             text not null,
    registrationTime integer not null,
    deriver          text,
    narSize          integer,
    ultimate         integer,
    sigs             text,
    ca               text
);
create table if not exists Refs (
    referrer  integer not null,
    reference integer not null,
    primary key (referrer, reference),
    foreign key (referrer) references ValidPaths(id) on delete cascade,
    foreign key (reference) references ValidPaths(id) on delete restrict
);
create index if not exists IndexReferrer on Refs(referrer);
create index if not exists IndexReference on Refs(reference);
create trigger if not exists DeleteSelfRefs before delete on ValidPaths
  begin
    delete from Refs where referrer = old.id and reference = old.id;
  end;
create table if not exists DerivationOutputs (
    drv  integer not null,
    id   text not null,
    path text not null,
    primary key (drv, id),
    foreign key (drv) references ValidPaths(id) on delete cascade
);
create index if not exists IndexDerivationOutputs on DerivationOutputs(path);
";

/// What is registered of an object.
#[derive(Debug, Clone)]
pub(crate) struct Registration {
    pub(crate) info: ObjectInfo,
    /// For a derivation: its outputs whose paths are known.
    pub(crate) outputs: Vec<(String, StorePath)>,
}

/// A valid object as the database has it.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) id: i64,
    pub(crate) path: String,
    pub(crate) hash: String,
    pub(crate) nar_size: Option<i64>,
    pub(crate) deriver: Option<String>,
}

pub(crate) struct Database {
    connection: Connection,
    file: PathBuf,
}

impl Database {
    /// Opens the database, creating it if there is none. Statements wait up to `timeout` for other processes.
    pub(crate) fn open(file: &Path, timeout: Duration) -> Result<Self, Error> {
        let open = || -> rusqlite::Result<Connection> {
            let connection = Connection::open(file)?;
            connection.busy_timeout(timeout)?;
            connection.pragma_update(None, "foreign_keys", true)?;
            // Tables without rows need not be on disk before the first commit, which syncs the whole file system.
            connection.pragma_update(None, "synchronous", "off")?;
            connection.pragma_update(None, "journal_mode", "wal")?;
            // Otherwise every process that ends would sync the whole database.
            connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
            let known: bool = connection.query_row(
                "select exists (select 1 from sqlite_master where name = 'IndexDerivationOutputs')",
                [],
                |row| row.get(0),
            )?;
            if !known {
                connection.execute_batch(&format!("begin immediate; {SCHEMA} commit;"))?;
            }
            // A commit is on disk when it returns; with the write-ahead log that is one sync.
            connection.pragma_update(None, "synchronous", "full")?;
            Ok(connection)
        };
        // While several processes create the database at once, SQLite refuses some of them without waiting.
        let deadline = Instant::now() + timeout;
        loop {
            match open() {
                Ok(connection) => return Ok(Self { connection, file: file.to_owned() }),
                Err(error)
                    if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
                        && Instant::now() < deadline =>
                {
                    sleep(POLL);
                }
                Err(source) => return Err(Error::Database { path: file.to_owned(), source }),
            }
        }
    }

    /// Whether the file, if there is one, is a database without damage.
    pub(crate) fn is_sound(file: &Path) -> bool {
        let examine = || -> rusqlite::Result<bool> {
            let connection = Connection::open(file)?;
            connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
            let verdict: String = connection.query_row("pragma integrity_check(1)", [], |row| row.get(0))?;
            Ok(verdict == "ok")
        };
        !file.exists() || examine().unwrap_or(false)
    }

    /// Whether any object is valid.
    pub(crate) fn is_empty(&self) -> Result<bool, Error> {
        self.run(|connection| {
            connection.query_row("select not exists (select 1 from ValidPaths)", [], |row| row.get(0))
        })
    }

    fn run<T>(&self, action: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, Error> {
        action(&self.connection).map_err(|source| Error::Database { path: self.file.clone(), source })
    }

    /// The id of a valid object.
    pub(crate) fn id(&self, dir: &StoreDir, path: &StorePath) -> Result<Option<i64>, Error> {
        self.run(|connection| {
            connection
                .prepare_cached("select id from ValidPaths where path = ?")?
                .query_row([dir.join(path)], |row| row.get(0))
                .optional()
        })
    }

    /// What the valid object `id` refers to.
    pub(crate) fn references(&self, dir: &StoreDir, id: i64) -> Result<BTreeSet<StorePath>, Error> {
        let paths: Vec<String> = self.run(|connection| {
            connection
                .prepare_cached("select path from Refs join ValidPaths on reference = id where referrer = ?")?
                .query_map([id], |row| row.get(0))?
                .collect()
        })?;
        Ok(paths.iter().map(|path| dir.parse(path)).collect::<Result<_, _>>()?)
    }

    /// The size of a valid object as an archive; 0 where it is not recorded.
    pub(crate) fn nar_size(&self, dir: &StoreDir, path: &StorePath) -> Result<u64, Error> {
        let size: Option<Option<i64>> = self.run(|connection| {
            connection
                .prepare_cached("select narSize from ValidPaths where path = ?")?
                .query_row([dir.join(path)], |row| row.get(0))
                .optional()
        })?;
        let size = size.ok_or_else(|| Error::NotValid(path.clone()))?;
        Ok(size.and_then(|size| u64::try_from(size).ok()).unwrap_or(0))
    }

    /// The content address of the valid object `id`, in Nix's form.
    pub(crate) fn content_address(&self, id: i64) -> Result<Option<String>, Error> {
        self.run(|connection| {
            connection
                .prepare_cached("select ca from ValidPaths where id = ?")?
                .query_row([id], |row| row.get(0))
        })
    }

    /// Registers objects, each after what it refers to, in one transaction. Those that are registered already
    /// stay as they are.
    pub(crate) fn register(&mut self, dir: &StoreDir, objects: &[Registration]) -> Result<(), Error> {
        let file = self.file.clone();
        register(&mut self.connection, dir, objects).map_err(|source| Error::Database { path: file, source })
    }

    /// All valid objects.
    pub(crate) fn rows(&self) -> Result<Vec<Row>, Error> {
        self.run(|connection| {
            connection
                .prepare("select id, path, hash, narSize, deriver from ValidPaths order by id")?
                .query_map([], |row| {
                    Ok(Row {
                        id: row.get(0)?,
                        path: row.get(1)?,
                        hash: row.get(2)?,
                        nar_size: row.get(3)?,
                        deriver: row.get(4)?,
                    })
                })?
                .collect()
        })
    }

    /// All references, as pairs of referrer and reference.
    pub(crate) fn all_references(&self) -> Result<Vec<(i64, i64)>, Error> {
        self.run(|connection| {
            connection
                .prepare("select referrer, reference from Refs")?
                .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect()
        })
    }

    /// Makes objects invalid, in one transaction. None of the objects that stay refers to one of them.
    pub(crate) fn invalidate(&mut self, ids: &[i64]) -> Result<(), Error> {
        let mut run = || {
            let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            {
                let mut references = transaction.prepare("delete from Refs where referrer = ?")?;
                let mut paths = transaction.prepare("delete from ValidPaths where id = ?")?;
                for id in ids {
                    references.execute([id])?;
                }
                for id in ids {
                    paths.execute([id])?;
                }
            }
            transaction.commit()
        };
        run().map_err(|source| Error::Database { path: self.file.clone(), source })
    }

    /// What SQLite's own check finds wrong with the file.
    pub(crate) fn faults(&self) -> Result<Vec<String>, Error> {
        let lines: Vec<String> = self.run(|connection| {
            connection.prepare("pragma integrity_check")?.query_map([], |row| row.get(0))?.collect()
        })?;
        Ok(lines.into_iter().filter(|line| line != "ok").collect())
    }
}

fn register(connection: &mut Connection, dir: &StoreDir, objects: &[Registration]) -> rusqlite::Result<()> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
    let now = i64::try_from(now).unwrap_or(i64::MAX);
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    {
        let mut find = transaction.prepare_cached("select id from ValidPaths where path = ?")?;
        let mut insert = transaction.prepare_cached(
            "insert into ValidPaths (path, hash, registrationTime, deriver, narSize, sigs, ca)
             values (?, ?, ?, ?, ?, ?, ?) on conflict (path) do nothing",
        )?;
        let mut refer =
            transaction.prepare_cached("insert or replace into Refs (referrer, reference) values (?, ?)")?;
        let mut output = transaction
            .prepare_cached("insert or replace into DerivationOutputs (drv, id, path) values (?, ?, ?)")?;
        let mut ids: HashMap<&StorePath, i64> = HashMap::with_capacity(objects.len());
        for Registration { info, outputs } in objects {
            let full = dir.join(&info.path);
            let signatures: Vec<String> = info.signatures.iter().map(Signature::to_string).collect();
            let inserted = insert.execute(params![
                full,
                info.nar_hash.prefixed(HashFormat::Base16),
                now,
                info.deriver.as_ref().map(|deriver| dir.join(deriver)),
                i64::try_from(info.nar_size).unwrap_or(i64::MAX),
                (!signatures.is_empty()).then(|| signatures.join(" ")),
                info.content_address.as_ref().map(ToString::to_string),
            ])?;
            if inserted == 0 {
                ids.insert(&info.path, find.query_row([full], |row| row.get(0))?);
                continue;
            }
            let id = transaction.last_insert_rowid();
            ids.insert(&info.path, id);
            for reference in &info.references {
                let target = match ids.get(reference) {
                    Some(target) => *target,
                    None => {
                        let target = find.query_row([dir.join(reference)], |row| row.get(0))?;
                        ids.insert(reference, target);
                        target
                    }
                };
                refer.execute([id, target])?;
            }
            for (name, path) in outputs {
                output.execute(params![id, name, dir.join(path)])?;
            }
        }
    }
    transaction.commit()
}

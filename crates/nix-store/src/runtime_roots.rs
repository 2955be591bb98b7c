//! Objects in use by running processes: programs, working directories, open and mapped files, environments,
//! arguments.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use nix_formats::{StoreDir, StorePath};

/// The objects that any process that this one may look at mentions. Processes that come, go or may not be
/// read are passed over.
pub(crate) fn find(dir: &StoreDir) -> BTreeSet<StorePath> {
    let mut found = BTreeSet::new();
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    for process in processes {
        if process.file_name().as_bytes().iter().all(u8::is_ascii_digit) {
            scan_process(&process.path(), dir, &mut found);
        }
    }
    found
}

fn scan_process(process: &Path, dir: &StoreDir, found: &mut BTreeSet<StorePath>) {
    let files = fs::read_dir(process.join("fd")).into_iter().flatten().flatten().map(|file| file.path());
    for link in files.chain([process.join("exe"), process.join("cwd")]) {
        if let Ok(target) = fs::read_link(link) {
            scan(target.as_os_str().as_bytes(), dir, found);
        }
    }
    for text in ["maps", "environ", "cmdline"] {
        if let Ok(text) = fs::read(process.join(text)) {
            scan(&text, dir, found);
        }
    }
}

/// The objects of the store `dir` whose full paths stand anywhere in `text`, valid or not.
pub fn mentioned(dir: &StoreDir, text: &[u8]) -> BTreeSet<StorePath> {
    let mut found = BTreeSet::new();
    scan(text, dir, &mut found);
    found
}

/// Adds the objects whose full paths stand anywhere in `text`.
fn scan(text: &[u8], dir: &StoreDir, found: &mut BTreeSet<StorePath>) {
    let dir_bytes = dir.as_str().as_bytes();
    let mut start = 0;
    while let Some(rest) = text.get(start..).filter(|rest| rest.len() > dir_bytes.len()) {
        let Some(slash) = rest.iter().position(|&byte| byte == b'/') else { return };
        start += slash + 1;
        let Some(after) = rest.get(slash..).and_then(|rest| rest.strip_prefix(dir_bytes)) else { continue };
        let Some(base_name) = after.strip_prefix(b"/") else { continue };
        let name_char = |byte: &u8| byte.is_ascii_alphanumeric() || b"+-._?=".contains(byte);
        let end = base_name.iter().position(|byte| !name_char(byte)).unwrap_or(base_name.len());
        if let Some(Ok(path)) = base_name.get(..end).map(StorePath::from_base_name) {
            found.insert(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_paths_in_text() {
        let dir = StoreDir::new("/s/store").unwrap();
        let name = |letter: &str| format!("{}-x.y", letter.repeat(32));
        let text = format!(
            "PATH=/s/store/{}/bin:/s/store/{}\0/s/stores/{}/s/store/short //s/store/{} (deleted)",
            name("a"),
            name("b"),
            name("c"),
            name("d")
        );
        let found = mentioned(&dir, text.as_bytes());
        let expected = ["a", "b", "d"].map(|letter| StorePath::from_base_name(name(letter)).unwrap());
        assert_eq!(found, BTreeSet::from(expected));
    }
}

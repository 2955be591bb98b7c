//! Lists the files of nixlib, so that the binary carries them.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a build that cannot read its sources stops")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

fn main() {
    let manifest = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let root = manifest.join("../../nixlib").canonicalize().expect("nixlib lies beside the crates");
    let mut files = Vec::new();
    collect(&root, &mut files);
    // By text, since the program searches by it; paths would compare part by part.
    files.sort_by_key(|file| file.to_string_lossy().into_owned());
    let mut code = String::from("[\n");
    for file in &files {
        let relative =
            file.strip_prefix(&root).expect("below the root").to_str().expect("file names are ASCII");
        let path = file.to_str().expect("file names are ASCII");
        writeln!(code, "    ({relative:?}, include_bytes!({path:?}) as &[u8]),")
            .expect("writing to a string");
    }
    code.push_str("]\n");
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets it")).join("nixlib.rs");
    std::fs::write(out, code).expect("the output folder is writable");
}

fn collect(directory: &Path, files: &mut Vec<PathBuf>) {
    // Cargo looks at a folder's time, so new and removed files are seen as well.
    println!("cargo::rerun-if-changed={}", directory.display());
    for entry in std::fs::read_dir(directory).expect("nixlib is readable") {
        let path = entry.expect("nixlib is readable").path();
        if path.is_dir() {
            collect(&path, files);
        } else {
            println!("cargo::rerun-if-changed={}", path.display());
            files.push(path);
        }
    }
}

//! Unpacks archives: tar, plain or compressed, and zip, told apart by how they begin.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::PathBuf;

use ruzstd::decoding::StreamingDecoder;

use crate::builder::{Finished, TreeBuilder, member};
use crate::error::{Context, Error, Result};

/// What an archive turned out to hold.
#[derive(Debug)]
pub(crate) struct Unpacked {
    /// The tree.
    pub(crate) tree: Finished,
    /// The latest time of change of its members, in seconds since the epoch.
    pub(crate) last_modified: u64,
}

fn bad(error: impl std::fmt::Display) -> Error {
    Error::Archive(error.to_string())
}

/// Unpacks `archive` into the empty directory `root`.
pub(crate) fn unpack(mut archive: File, root: PathBuf) -> Result<Unpacked> {
    archive.seek(SeekFrom::Start(0)).map_err(bad)?;
    let mut start = [0; 4];
    let read = fill(&mut archive, &mut start).map_err(bad)?;
    archive.seek(SeekFrom::Start(0)).map_err(bad)?;
    let builder = TreeBuilder::new(root);
    if read == 4 && (start == *b"PK\x03\x04" || start == *b"PK\x05\x06") {
        return unpack_zip(archive, builder);
    }
    unpack_tar(decompressed(Box::new(BufReader::new(archive)), 0)?, builder)
}

fn fill(from: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match from.read(rest)? {
            0 => break,
            read => filled += read,
        }
    }
    Ok(filled)
}

/// How often a tar archive may be compressed.
const MAX_LAYERS: usize = 4;

/// The plain bytes behind any compression.
pub(crate) fn decompressed(mut source: Box<dyn BufRead>, layer: usize) -> Result<Box<dyn BufRead>> {
    if layer == MAX_LAYERS {
        return Err(bad("it is compressed too often"));
    }
    let start = source.fill_buf().map_err(bad)?;
    let plain: Box<dyn Read> = match start {
        [0x1f, 0x8b, ..] => Box::new(flate2::bufread::MultiGzDecoder::new(source)),
        [b'B', b'Z', b'h', ..] => Box::new(bzip2::bufread::MultiBzDecoder::new(source)),
        [0xfd, b'7', b'z', b'X', b'Z', ..] => Box::new(lzma_rust2::XzReader::new(source, true)),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Box::new(ZstdFrames(Some(zstd_frame(source)?))),
        _ => return Ok(source),
    };
    decompressed(Box::new(BufReader::with_capacity(64 << 10, plain)), layer + 1)
}

type ZstdFrame = StreamingDecoder<Box<dyn BufRead>, ruzstd::decoding::FrameDecoder>;

fn zstd_frame(source: Box<dyn BufRead>) -> Result<ZstdFrame> {
    StreamingDecoder::new(source).map_err(bad)
}

/// The contents of all zstd frames, one after the other.
struct ZstdFrames(Option<ZstdFrame>);

impl Read for ZstdFrames {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let Some(frame) = &mut self.0 else { return Ok(0) };
            let read = frame.read(buffer)?;
            if read > 0 || buffer.is_empty() {
                return Ok(read);
            }
            let Some(frame) = self.0.take() else { return Ok(0) };
            let mut source = frame.into_inner();
            if !source.fill_buf()?.is_empty() {
                self.0 = Some(zstd_frame(source).map_err(io::Error::other)?);
            }
        }
    }
}

/// Whether `start` is the first block of a tar archive: its checksum is right, or it is the end.
fn is_tar(start: &[u8]) -> bool {
    let Ok(block) = <[u8; 512]>::try_from(start) else { return start.is_empty() };
    if block.iter().all(|byte| *byte == 0) {
        return true;
    }
    let header = tar::Header::from_byte_slice(&block);
    let sum: u32 = block
        .iter()
        .enumerate()
        .map(|(index, byte)| if (148..156).contains(&index) { 32 } else { u32::from(*byte) })
        .sum();
    header.cksum().is_ok_and(|found| found == sum)
}

fn unpack_tar(mut source: Box<dyn BufRead>, mut builder: TreeBuilder) -> Result<Unpacked> {
    let mut start = vec![0; 512];
    let read = fill(&mut source, &mut start).map_err(bad)?;
    start.truncate(read);
    if !is_tar(&start) {
        return Err(bad("Unrecognized archive format"));
    }
    let mut archive = tar::Archive::new(io::Cursor::new(start).chain(source));
    let mut last_modified = 0;
    for entry in archive.entries().map_err(bad)? {
        let mut entry = entry.map_err(bad)?;
        let name = entry.path_bytes().into_owned();
        let header = entry.header();
        let kind = header.entry_type();
        if kind.is_pax_global_extensions() {
            continue;
        }
        let executable = header.mode().map_err(bad)? & 0o100 != 0;
        last_modified = last_modified.max(header.mtime().map_err(bad)?);
        let target = || {
            entry
                .link_name_bytes()
                .map(|target| target.into_owned())
                .ok_or_else(|| member(&name, "points nowhere"))
        };
        match kind {
            tar::EntryType::Link => builder.hard_link(&name, &target()?)?,
            tar::EntryType::Symlink => builder.symlink(&name, &target()?)?,
            tar::EntryType::Directory => builder.directory(&name)?,
            // Old archives know directories by their names only.
            tar::EntryType::Regular if name.ends_with(b"/") => builder.directory(&name)?,
            tar::EntryType::Regular | tar::EntryType::Continuous | tar::EntryType::GNUSparse => {
                let mut file = builder.file(&name, executable)?;
                io::copy(&mut entry, &mut file).map_err(bad)?;
            }
            tar::EntryType::Char => return Err(member(&name, "has unsupported file type 8192")),
            tar::EntryType::Block => return Err(member(&name, "has unsupported file type 24576")),
            tar::EntryType::Fifo => return Err(member(&name, "has unsupported file type 4096")),
            other => {
                let reason = format!("has unsupported file type {}", other.as_byte());
                return Err(member(&name, &reason));
            }
        }
    }
    Ok(Unpacked { tree: builder.finish()?, last_modified })
}

fn unpack_zip(archive: File, mut builder: TreeBuilder) -> Result<Unpacked> {
    let mut archive = zip::ZipArchive::new(BufReader::new(archive)).map_err(bad)?;
    let mut last_modified = 0;
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).map_err(bad)?;
        let name = entry.name_raw().to_vec();
        last_modified = last_modified.max(zip_time(&entry));
        let mode = entry.unix_mode().unwrap_or(0);
        const KIND: u32 = 0o170_000;
        if entry.is_dir() {
            builder.directory(&name)?;
        } else if mode & KIND == 0o120_000 {
            let mut target = Vec::new();
            entry.read_to_end(&mut target).map_err(bad)?;
            builder.symlink(&name, &target)?;
        } else if mode & KIND == 0o100_000 || mode & KIND == 0 {
            let mut file = builder.file(&name, mode & 0o100 != 0)?;
            io::copy(&mut entry, &mut file).map_err(bad)?;
        } else {
            return Err(member(&name, &format!("has unsupported file type {}", mode & KIND)));
        }
    }
    Ok(Unpacked { tree: builder.finish()?, last_modified })
}

/// When a member of a zip archive was changed: to the second where that is told in UTC, else the local time of who packed
/// it, taken as UTC.
fn zip_time<R: Read>(entry: &zip::read::ZipFile<'_, R>) -> u64 {
    let exact = entry.extra_data_fields().find_map(|field| match field {
        zip::ExtraField::ExtendedTimestamp(time) => time.mod_time(),
        _ => None,
    });
    if let Some(time) = exact {
        return u64::from(time);
    }
    let Some(time) = entry.last_modified() else { return 0 };
    let (year, month, day) = (i64::from(time.year()), i64::from(time.month()), i64::from(time.day()));
    let days = nix_eval::time::days_since_epoch(year, month, day);
    let seconds = i64::from(time.hour()) * 3600 + i64::from(time.minute()) * 60 + i64::from(time.second());
    u64::try_from(days * 86_400 + seconds).unwrap_or(0)
}

/// Downloads into a file that can be read again.
pub(crate) fn spool(mut body: impl Read, mut file: File) -> Result<File> {
    io::copy(&mut body, &mut file).context("writing", "a downloaded file")?;
    file.seek(SeekFrom::Start(0)).context("rewinding", "a downloaded file")?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `printf 'hello\n' | bzip2`.
    const HELLO: &[u8] = &[
        66, 90, 104, 57, 49, 65, 89, 38, 83, 89, 193, 192, 128, 226, 0, 0, 1, 65, 0, 0, 16, 2, 68, 160, 0,
        48, 205, 0, 195, 70, 41, 151, 23, 114, 69, 56, 80, 144, 193, 192, 128, 226,
    ];
    /// `head -c 300000 /dev/zero | bzip2`.
    const ZEROS: &[u8] = &[
        66, 90, 104, 57, 49, 65, 89, 38, 83, 89, 223, 71, 77, 111, 0, 2, 76, 64, 128, 192, 0, 4, 0, 0, 8, 32,
        0, 48, 204, 5, 41, 166, 20, 70, 196, 81, 30, 46, 228, 138, 112, 161, 33, 190, 142, 154, 222,
    ];

    fn plain(compressed: &[u8]) -> Result<Vec<u8>> {
        let mut found = Vec::new();
        let mut source = decompressed(Box::new(io::Cursor::new(compressed.to_vec())), 0)?;
        source.read_to_end(&mut found).map_err(bad)?;
        Ok(found)
    }

    /// Parallel compressors write several streams.
    #[test]
    fn streams_of_bzip2() {
        let zeros = vec![0; 300_000];
        for (compressed, expected) in [
            (HELLO.to_vec(), b"hello\n".to_vec()),
            (ZEROS.to_vec(), zeros.clone()),
            ([HELLO, HELLO].concat(), b"hello\nhello\n".to_vec()),
            ([HELLO, ZEROS].concat(), [b"hello\n".as_slice(), &zeros].concat()),
        ] {
            assert_eq!(plain(&compressed).unwrap(), expected);
        }
    }

    #[test]
    fn broken_streams_of_bzip2() {
        for length in 3..HELLO.len() {
            assert!(plain(&HELLO[..length]).is_err(), "{length}");
        }
        assert!(plain(b"BZhx9").is_err());
        assert!(plain(&[HELLO, b"trailing"].concat()).is_err());
        // Whatever is changed, there is an error, or what is changed does not matter.
        let mut different = 0;
        for place in 24..HELLO.len() * 8 {
            let mut changed = HELLO.to_vec();
            changed[place / 8] ^= 1 << (place % 8);
            match plain(&changed) {
                Ok(found) => assert_eq!(found, b"hello\n", "bit {place}"),
                Err(_) => different += 1,
            }
        }
        assert!(different > HELLO.len() * 6);
    }
}

//! `.narinfo` files: what a binary cache tells of one object, in lines `Name: value`.

use std::collections::BTreeSet;

use crate::error::{BadObject, Error};
use crate::hash::{Hash, HashFormat};
use crate::object_info::ObjectInfo;
use crate::store_path::{StoreDir, StorePath};

/// How an archive in a cache is compressed, by Nix's names. Nobody need be able to read all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Compression(&'static str);

impl Compression {
    /// The archive as it is.
    pub const NONE: Self = Self("none");
    /// bzip2, which is also meant where nothing is said.
    pub const BZIP2: Self = Self("bzip2");
    /// gzip.
    pub const GZIP: Self = Self("gzip");
    /// xz.
    pub const XZ: Self = Self("xz");
    /// Zstandard.
    pub const ZSTD: Self = Self("zstd");

    const ALL: [Self; 13] = [
        Self::NONE,
        Self("br"),
        Self::BZIP2,
        Self("compress"),
        Self("grzip"),
        Self::GZIP,
        Self("lrzip"),
        Self("lz4"),
        Self("lzip"),
        Self("lzma"),
        Self("lzop"),
        Self::XZ,
        Self::ZSTD,
    ];

    /// The one of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.0 == name)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        self.0
    }
}

/// What a cache tells of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NarInfo {
    /// What is known of the object itself.
    pub object: ObjectInfo,
    /// Where its archive is, relative to the cache.
    pub url: String,
    /// How the archive is compressed there.
    pub compression: Compression,
    /// The hash of the file there.
    pub file_hash: Option<Hash>,
    /// The size of the file there; 0 where it is not told.
    pub file_size: u64,
}

impl NarInfo {
    /// Reads the `.narinfo` of an object of the store `dir`. `place` is where it is from, for messages.
    ///
    /// # Errors
    /// [`BadObject::NarInfo`] with the line, [`BadObject::IncompleteNarInfo`], and what is wrong with paths, signatures and
    /// content addresses.
    pub fn parse(dir: &StoreDir, text: &str, place: &str) -> Result<Self, Error> {
        let mut reading = Reading::default();
        let (mut rest, mut line) = (text, 1);
        while !rest.is_empty() {
            let corrupt = |reason| BadObject::NarInfo { place: place.to_owned(), reason, line };
            let (name, value) = rest.split_once(':').ok_or_else(|| corrupt("expecting ':'"))?;
            // As in Nix, the character after the colon is passed over, whatever it is.
            let mut characters = value.chars();
            characters.next();
            let (value, next) =
                characters.as_str().split_once('\n').ok_or_else(|| corrupt("expecting '\\n'"))?;
            if let Some(reason) = reading.field(dir, name, value)? {
                return Err(corrupt(reason).into());
            }
            (rest, line) = (next, line + 1);
        }
        reading.finish().map_err(|reason| {
            let place = place.to_owned();
            BadObject::IncompleteNarInfo { place, reason }.into()
        })
    }

    /// The `.narinfo` as Nix writes it.
    pub fn to_text(&self, dir: &StoreDir) -> String {
        let object = &self.object;
        let mut text = String::new();
        let mut line = |name: &str, value: &str| {
            text.push_str(name);
            text.push_str(": ");
            text.push_str(value);
            text.push('\n');
        };
        line("StorePath", &dir.join(&object.path));
        line("URL", &self.url);
        line("Compression", self.compression.name());
        if let Some(hash) = &self.file_hash {
            line("FileHash", &hash.prefixed(HashFormat::Nix32));
        }
        if self.file_size != 0 {
            line("FileSize", &self.file_size.to_string());
        }
        line("NarHash", &object.nar_hash.prefixed(HashFormat::Nix32));
        line("NarSize", &object.nar_size.to_string());
        let references: Vec<String> = object.references.iter().map(StorePath::base_name).collect();
        line("References", &references.join(" "));
        if let Some(deriver) = &object.deriver {
            line("Deriver", &deriver.base_name());
        }
        for signature in &object.signatures {
            line("Sig", &signature.to_string());
        }
        if let Some(address) = &object.content_address {
            line("CA", &address.to_string());
        }
        text
    }
}

/// What was read so far.
#[derive(Default)]
struct Reading {
    path: Option<StorePath>,
    url: String,
    compression: Option<Compression>,
    file_hash: Option<Hash>,
    file_size: u64,
    nar_hash: Option<Hash>,
    nar_size: u64,
    references: BTreeSet<StorePath>,
    deriver: Option<StorePath>,
    signatures: BTreeSet<crate::signature::Signature>,
    content_address: Option<crate::content_address::ContentAddress>,
}

impl Reading {
    /// Takes one field; what is wrong with its value, where that is about the file and not about the value's own form.
    fn field(&mut self, dir: &StoreDir, name: &str, value: &str) -> Result<Option<&'static str>, Error> {
        match name {
            "StorePath" => self.path = Some(dir.parse(value)?),
            "URL" => value.clone_into(&mut self.url),
            "Compression" => {
                let named =
                    if value.is_empty() { Some(Compression::BZIP2) } else { Compression::named(value) };
                let Some(named) = named else { return Ok(Some("invalid Compression")) };
                self.compression = Some(named);
            }
            "FileHash" | "NarHash" => {
                let Ok(hash) = Hash::parse(value, None) else { return Ok(Some("bad hash")) };
                *(if name == "NarHash" { &mut self.nar_hash } else { &mut self.file_hash }) = Some(hash);
            }
            "FileSize" => match value.parse() {
                Ok(size) => self.file_size = size,
                Err(_) => return Ok(Some("invalid FileSize")),
            },
            "NarSize" => match value.parse() {
                Ok(size) => self.nar_size = size,
                Err(_) => return Ok(Some("invalid NarSize")),
            },
            "References" if !self.references.is_empty() => return Ok(Some("extra References")),
            "References" => {
                let names = value.split(' ').filter(|name| !name.is_empty());
                self.references = names.map(StorePath::from_base_name).collect::<Result<_, _>>()?;
            }
            "Deriver" if value != "unknown-deriver" => {
                self.deriver = Some(StorePath::from_base_name(value)?);
            }
            "Sig" => _ = self.signatures.insert(value.parse()?),
            "CA" if self.content_address.is_some() => return Ok(Some("extra CA")),
            "CA" if !value.is_empty() => self.content_address = Some(value.parse()?),
            _ => {}
        }
        Ok(None)
    }

    fn finish(self) -> Result<NarInfo, &'static str> {
        let path = self.path.ok_or("StorePath missing")?;
        let nar_hash = self.nar_hash.ok_or("NarHash missing")?;
        if self.url.is_empty() {
            return Err("URL missing");
        }
        if self.nar_size == 0 {
            return Err("NarSize missing or zero");
        }
        let object = ObjectInfo {
            path,
            nar_hash,
            nar_size: self.nar_size,
            references: self.references,
            deriver: self.deriver,
            signatures: self.signatures,
            content_address: self.content_address,
        };
        Ok(NarInfo {
            object,
            url: self.url,
            compression: self.compression.unwrap_or(Compression::BZIP2),
            file_hash: self.file_hash,
            file_size: self.file_size,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signature::{DEFAULT_TRUSTED_KEY, PublicKeys};

    const CURL: &str = "StorePath: /nix/store/syd87l2rxw8cbsxmxl853h0r6pdwhwjr-curl-7.82.0-bin\n\
        URL: nar/05ra3y72i3qjri7xskf9qj8kb29r6naqy1sqpbs3azi3xcigmj56.nar.xz\n\
        Compression: xz\n\
        FileHash: sha256:05ra3y72i3qjri7xskf9qj8kb29r6naqy1sqpbs3azi3xcigmj56\n\
        FileSize: 68852\n\
        NarHash: sha256:1b4sb93wp679q4zx9k1ignby1yna3z7c4c2ri3wphylbc2dwsys0\n\
        NarSize: 196040\n\
        References: 0jqd0rlxzra1rs38rdxl43yh6rxchgc6-curl-7.82.0 6w8g7njm4mck5dmjxws0z1xnrxvl81xa-glibc-2.34-115 j5jxw3iy7bbz4a57fh9g2xm2gxmyal8h-zlib-1.2.12 yxvjs9drzsphm9pcf42a4byzj1kb9m7k-openssl-1.1.1n\n\
        Deriver: 5rwxzi7pal3qhpsyfc16gzkh939q1np6-curl-7.82.0.drv\n\
        Sig: cache.nixos.org-1:TsTTb3WGTZKphvYdBHXwo6weVILmTytUjLB+vcX89fOjjRicCHmKA4RCPMVLkj6TMJ4GMX3HPVWRdD1hkeKZBQ==\n";

    fn parse(text: &str) -> Result<NarInfo, Error> {
        NarInfo::parse(&StoreDir::default(), text, "x.narinfo")
    }

    #[test]
    fn a_real_one() {
        let info = parse(CURL).unwrap();
        assert_eq!(info.to_text(&StoreDir::default()), CURL);
        let mut keys = PublicKeys::default();
        keys.add(DEFAULT_TRUSTED_KEY).unwrap();
        assert!(info.object.is_signed(&StoreDir::default(), &keys).unwrap());
        assert!(!info.object.is_content_addressed(&StoreDir::default()));
        let other = StoreDir::new("/other").unwrap();
        assert!(!info.object.is_signed(&other, &keys).unwrap());
    }

    /// What becomes of the real one with `from` replaced by `to`, as far as it differs.
    #[track_caller]
    fn check(from: &str, to: &str, expected: &str) {
        assert!(CURL.contains(from), "{from}");
        let found = match parse(&CURL.replace(from, to)) {
            Ok(info) => {
                let text = info.to_text(&StoreDir::default());
                let old: Vec<&str> = CURL.lines().collect();
                text.lines().filter(|line| !old.contains(line)).collect::<Vec<_>>().join("\n")
            }
            Err(error) => error.to_string(),
        };
        assert_eq!(found, expected, "{from} -> {to}");
    }

    #[test]
    fn variations() {
        let corrupt = |reason: &str| format!("NAR info file 'x.narinfo' is corrupt: {reason}");
        check("Compression: xz\n", "", "Compression: bzip2");
        check("Compression: xz", "Compression: ", "Compression: bzip2");
        check("Compression: xz", "Compression: br", "Compression: br");
        check("Compression: xz", "Compression: zip", &corrupt("invalid Compression at line 3"));
        check("5rwxzi7pal3qhpsyfc16gzkh939q1np6-curl-7.82.0.drv", "unknown-deriver", "");
        check("FileSize: 68852\n", "Unknown: 1\n", "");
        check("FileSize: 68852", "FileSize: x", &corrupt("invalid FileSize at line 5"));
        check("NarSize: 196040", "NarSize: -1", &corrupt("invalid NarSize at line 7"));
        check("NarSize: 196040\n", "", &corrupt("NarSize missing or zero"));
        check("URL: ", "URI: ", &corrupt("URL missing"));
        check("StorePath: ", "Path: ", &corrupt("StorePath missing"));
        check("NarHash: ", "Hash: ", &corrupt("NarHash missing"));
        check("NarHash: sha256:1", "NarHash: sha256:", &corrupt("bad hash at line 6"));
        check("ZBQ==\n", "ZBQ==", &corrupt("expecting '\\n' at line 10"));
        check("ZBQ==\n", "ZBQ==\nx", &corrupt("expecting ':' at line 11"));
        check("URL: nar/", "Deriver: x\nURL: nar/", "'x' is not a valid store path: it is too short");
        check(
            "Sig: cache.nixos.org-1:",
            "Sig: ",
            "signature is corrupt: 'TsTTb3WGTZKphvYdBHXwo6weVILmTytUjLB+vcX89fOjjRicCHmKA4RCPMVLkj6TMJ4GMX3HPVWRdD1hkeKZBQ=='",
        );
        check("Deriver: ", "References: 5", &corrupt("extra References at line 9"));
        check("Deriver: ", "CA: x\nDeriver: ", "'x' is not a content address");
        let address = "CA: fixed:r:sha256:1b4sb93wp679q4zx9k1ignby1yna3z7c4c2ri3wphylbc2dwsys0";
        check("Deriver: ", &format!("{address}\nDeriver: "), address);
        check("Deriver: ", &format!("{address}\n{address}\nDeriver: "), &corrupt("extra CA at line 10"));
        check(
            "/nix/store/syd",
            "/other/store/syd",
            "'/other/store/syd87l2rxw8cbsxmxl853h0r6pdwhwjr-curl-7.82.0-bin' is not a valid store path: it is not in the store directory",
        );
    }
}

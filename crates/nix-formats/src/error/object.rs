//! What can be wrong with a store object that comes from elsewhere, with what a cache tells of it, and with signatures.

/// What is wrong with a store object from elsewhere. The words are Nix's where Nix has the same case.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadObject {
    /// Text that is no key.
    #[error("key is corrupt with raw value '{0}'")]
    Key(String),
    /// A secret key without its text, which is nobody's business.
    #[error("secret key is not valid")]
    SecretKey,
    /// A public key of another length, or that no key can be.
    #[error("public key is not valid: '{0}'")]
    PublicKey(String),
    /// Text that is no signature.
    #[error("signature is corrupt: '{0}'")]
    Signature(String),
    /// A signature of another length.
    #[error("signature is not valid: '{0}'")]
    SignatureLength(String),
    /// Text that is not in the form of a `.narinfo`.
    #[error("NAR info file '{place}' is corrupt: {reason} at line {line}")]
    NarInfo {
        /// Where it is from.
        place: String,
        /// What is wrong.
        reason: &'static str,
        /// The line, from 1 on.
        line: usize,
    },
    /// A `.narinfo` that lacks something.
    #[error("NAR info file '{place}' is corrupt: {reason}")]
    IncompleteNarInfo {
        /// Where it is from.
        place: String,
        /// What it lacks.
        reason: &'static str,
    },
    /// An archive that is another than it should be.
    #[error("hash mismatch importing path '{path}';\n  specified: {specified}\n  got:       {found}")]
    NarHash {
        /// The object's full path.
        path: String,
        /// The hash it should have.
        specified: String,
        /// The hash it has.
        found: String,
    },
    /// An archive of another size than it should have.
    #[error("size mismatch importing path '{path}';\n  specified: {specified}\n  got:       {found}")]
    NarSize {
        /// The object's full path.
        path: String,
        /// The size it should have.
        specified: u64,
        /// The size it has.
        found: u64,
    },
    /// Contents that have another content address than they should.
    #[error("ca hash mismatch importing path '{path}';\n  specified: {specified}\n  got:       {found}")]
    ContentHash {
        /// The object's full path.
        path: String,
        /// The hash it should have.
        specified: String,
        /// The hash it has.
        found: String,
    },
    /// A content address of a kind that only a single file has, of something else.
    #[error("'{path}' has the content address '{address}' of a file and is none")]
    NotAFile {
        /// The object's full path.
        path: String,
        /// The content address.
        address: String,
    },
    /// A content address that cannot be verified here.
    #[error("the content address '{address}' of '{path}' is not supported")]
    UnsupportedAddress {
        /// The object's full path.
        path: String,
        /// The content address.
        address: String,
    },
}

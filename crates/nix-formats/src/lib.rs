//! nix-formats

//! nix-store

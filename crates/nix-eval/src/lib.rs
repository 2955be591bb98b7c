//! nix-eval

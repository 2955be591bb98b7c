//! systemd-user

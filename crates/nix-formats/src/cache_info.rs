//! `nix-cache-info`: what a binary cache says of itself, in lines `Name: value`.

use std::fmt;

/// What a binary cache says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CacheInfo {
    /// The store directory that its objects are for.
    pub store_dir: Option<String>,
    /// Whether it likes to be asked for many objects at once.
    pub want_mass_query: Option<bool>,
    /// Where it stands among other caches; the lowest comes first.
    pub priority: Option<i64>,
}

impl CacheInfo {
    /// Reads a `nix-cache-info`. What is unknown or makes no sense is passed over, and the last of several lines counts.
    pub fn parse(text: &str) -> Self {
        let mut info = Self::default();
        for (name, value) in text.lines().filter_map(|line| line.split_once(':')) {
            let value = value.trim();
            match name {
                "StoreDir" => info.store_dir = Some(value.to_owned()),
                "WantMassQuery" => info.want_mass_query = Some(value == "1"),
                "Priority" => info.priority = value.parse().ok(),
                _ => {}
            }
        }
        info
    }
}

impl fmt::Display for CacheInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(dir) = &self.store_dir {
            writeln!(f, "StoreDir: {dir}")?;
        }
        if let Some(want) = self.want_mass_query {
            writeln!(f, "WantMassQuery: {}", u8::from(want))?;
        }
        self.priority.map_or(Ok(()), |priority| writeln!(f, "Priority: {priority}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(CacheInfo::parse(text).to_string(), expected);
    }

    #[test]
    fn infos() {
        let all = "StoreDir: /nix/store\nWantMassQuery: 1\nPriority: 40\n";
        check(all, all);
        check("StoreDir:/s  \nx\nPriority: many\nWantMassQuery: yes", "StoreDir: /s\nWantMassQuery: 0\n");
        check("StoreDir: /a\nStoreDir: /b\n", "StoreDir: /b\n");
        check("", "");
    }
}

//! The registries of flakes on this machine, which an evaluation is given.

use std::path::Path;

use nix_formats::Registry;
use nix_formats::registry::Registries;

use crate::environment::Environment;
use crate::evaluation::print_warning;
use crate::nix_settings::NixSettings;

/// The user's registry, the machine's, and the global one where a setting says that it is a file or that there is none;
/// else it is the fetchers' to download.
pub(crate) fn read(environment: &Environment, given: &NixSettings) -> Registries {
    let machine = environment.nix_config_files.first().and_then(|file| file.parent());
    Registries {
        flags: Registry::default(),
        user: file(&environment.config_home.join("nix/registry.json")),
        system: machine.map(|folder| file(&folder.join("registry.json"))).unwrap_or_default(),
        global: match given.text("flake-registry") {
            Some("") => Some(Registry::default()),
            Some(path) if path.starts_with('/') => Some(file(Path::new(path))),
            _ => None,
        },
    }
}

/// The registry in a file; none there is an empty one. One that cannot be read is told of and passed over, as Nix does.
fn file(path: &Path) -> Registry {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Registry::default(),
        Err(error) => return unreadable(path, &error.to_string()),
    };
    Registry::parse(&text, &path.display().to_string())
        .unwrap_or_else(|error| unreadable(path, &error.to_string()))
}

fn unreadable(path: &Path, why: &str) -> Registry {
    print_warning(&format!("cannot read flake registry '{}': {why}", path.display()));
    Registry::default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_are_no_registries_are_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("registry.json");
        assert_eq!(file(&path), Registry::default());
        let entry = r#"{"from": {"type": "indirect", "id": "a"}, "to": {"type": "path", "path": "/a"}}"#;
        for (text, entries) in
            [("{", 0), (r#"{"version": 1}"#, 0), (&format!(r#"{{"version": 2, "flakes": [{entry}]}}"#), 1)]
        {
            std::fs::write(&path, text).unwrap();
            assert_eq!(file(&path).entries.len(), entries, "{text}");
        }
    }
}

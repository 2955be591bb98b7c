//! A look at files of the user: those with lines of `hm` in them, and those that `hm` has moved away.

use rustix::fs::{AtFlags, FileType};
use rustix::io::Errno;

use super::{Inspector, dir_of, reason};
use crate::content;
use crate::error::Error;
use crate::lines;
use crate::live::{Displaced, Leaf, Text};
use crate::path::RelPath;
use crate::sys::{self, Name};

impl Inspector<'_> {
    /// Looks at every file that has lines by what either generation says.
    pub(super) fn look_at_texts(&mut self) -> Result<(), Error> {
        let old = self.old.into_iter().flat_map(|old| old.lines().keys());
        let paths: std::collections::BTreeSet<&RelPath> = self.new.lines().keys().chain(old).collect();
        for path in paths {
            self.blocked = None;
            let text = self.text(path)?;
            let wanted = self.new.lines().get(path);
            let changed = match &text {
                Text::Managed | Text::Unusable(_) => None,
                Text::Absent | Text::Ours(_) => wanted.filter(|lines| lines.create).map(|_| path),
                Text::File { at, lines, .. } => {
                    let same = *lines == wanted.map(|wanted| lines::normal(&wanted.text));
                    (!same).then_some(at)
                }
            };
            if let Some(path) = changed {
                let place = self.blocked.as_deref().unwrap_or(path.as_str());
                self.changed.insert(place.rsplit_once('/').map_or("", |(parent, _)| parent).to_owned());
            }
            self.live.texts.insert(path.clone(), text);
        }
        Ok(())
    }

    fn text(&mut self, path: &RelPath) -> Result<Text, Error> {
        if self.new.entries().contains_key(path) {
            return Ok(Text::Managed);
        }
        if !self.enter(path)? {
            return Ok(Text::Absent);
        }
        let here = self.view.home_path.join(path);
        let dir = dir_of(&mut self.handles, self.view.home_path, path)?;
        match sys::look(dir, path.name()).map_err(Error::at("look at", &here))? {
            Name::Absent => Ok(Text::Absent),
            Name::Directory => Ok(Text::Unusable("it is a directory".to_owned())),
            Name::Link(target) if self.view.stores.owns(&target) => {
                Ok(Text::Ours(String::from_utf8_lossy(&target).into_owned()))
            }
            // A copy that nobody has edited goes before the lines come.
            Name::Other if matches!(self.live.leaves.get(path), Some(Leaf::File { own: Some(_), .. })) => {
                Ok(Text::Absent)
            }
            Name::Other => self.text_at(path),
            Name::Link(target) => {
                let leads_to = String::from_utf8_lossy(&target).into_owned();
                let unusable =
                    Text::Unusable(format!("it is a link to {leads_to}, where hm changes nothing"));
                let outside_stores = |real: &std::path::PathBuf| self.view.stores.holding(real).is_none();
                let real = std::fs::canonicalize(&here).ok().filter(outside_stores);
                let home = std::fs::canonicalize(self.view.home_path).ok();
                let below = real
                    .zip(home)
                    .and_then(|(real, home)| RelPath::new(real.strip_prefix(home).ok()?.to_str()?).ok());
                match below {
                    // Nothing on the way to what it leads to is a link any more.
                    Some(real) => self.text_at(&real),
                    None => Ok(unusable),
                }
            }
        }
    }

    /// The file at a place that is no link.
    fn text_at(&mut self, at: &RelPath) -> Result<Text, Error> {
        let (uid, here) = (self.view.uid, self.view.home_path.join(at));
        let dir = dir_of(&mut self.handles, self.view.home_path, at)?;
        let stat = rustix::fs::statat(dir, at.name(), AtFlags::SYMLINK_NOFOLLOW)
            .map_err(Error::at("look at", &here))?;
        if !FileType::from_raw_mode(stat.st_mode).is_file() {
            return Ok(Text::Unusable("it is no regular file".to_owned()));
        }
        if stat.st_uid != uid {
            return Ok(Text::Unusable(format!("it belongs to user {}", stat.st_uid)));
        }
        let bytes = match content::read_text(dir, at.name()) {
            Ok((bytes, _)) => bytes,
            Err(Errno::FBIG) => return Ok(Text::Unusable("it is too large for a file of text".to_owned())),
            Err(errno) => return Ok(Text::Unusable(reason(errno))),
        };
        Ok(match lines::find(&bytes) {
            Err(why) => Text::Unusable(why.to_string()),
            Ok(None) => Text::File { at: at.clone(), lines: None, own: false },
            Ok(Some(found)) => {
                Text::File { at: at.clone(), lines: Some(found.text), own: found.made && found.alone }
            }
        })
    }

    /// Finds out what of that which was moved away is still where it was moved to.
    pub(super) fn look_at_moved(&mut self) -> Result<(), Error> {
        for (path, backup) in self.view.moved {
            self.blocked = None;
            if !self.enter(path)? {
                continue;
            }
            let here = self.view.home_path.join(path);
            let dir = dir_of(&mut self.handles, self.view.home_path, path)?;
            let there = sys::look(dir, backup).map_err(Error::at("look at", &here))?;
            let ours = matches!(&there, Name::Link(target) if self.view.stores.owns(target));
            // Nothing comes back to where a directory is now.
            let taken = sys::look(dir, path.name()).map_err(Error::at("look at", &here))? == Name::Directory;
            if there != Name::Absent && !ours && !taken {
                let text = content::read_text(dir, backup).ok();
                let found = text.and_then(|(bytes, _)| lines::find(&bytes).ok().flatten());
                let displaced = Displaced { backup: backup.clone(), lines: found.map(|found| found.text) };
                self.live.kept.insert(path.clone(), displaced);
                self.changed.insert(path.parent().to_owned());
            }
        }
        Ok(())
    }
}

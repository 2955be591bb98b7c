//! Changing the lines of `hm` in a file of the user, and putting back what stood at a place before: moves of a [`Spot`]
//! that concern files which are not `hm`'s.
//!
//! A file is read, written anew under a name of its own, and exchanged with the old one. What comes out is compared with
//! what was read: when somebody has changed the file in between, it goes back and all begins anew.

use rustix::io::Errno;

use crate::content::{self, OwnFile};
use crate::lines;
use crate::spot::{Aside, Spot};
use crate::sys::{self, FileMode, Name};

/// How often a file that others keep changing is tried.
const ATTEMPTS: usize = 16;
/// The mode of a file that is made for lines: it holds no secret.
const NEW: FileMode = FileMode::Usual { executable: false };

impl Spot<'_> {
    /// Whether the place holds nothing, or a file of which it can be told which lines are `hm`'s.
    pub(crate) fn is_text(&self) -> Result<bool, Errno> {
        match content::read_text(self.dir, self.name) {
            Ok((bytes, _)) => Ok(lines::find(&bytes).is_ok()),
            Err(Errno::NOENT) => Ok(true),
            Err(Errno::INVAL | Errno::LOOP | Errno::ISDIR | Errno::FBIG | Errno::NXIO | Errno::ACCESS) => {
                Ok(false)
            }
            Err(errno) => Err(errno),
        }
    }

    /// Gives the file these lines, or none. With `made` it is made when it is not there; else that is no error.
    pub(crate) fn set_lines(&self, lines: Option<&str>, made: bool) -> Result<Aside, Errno> {
        for _ in 0..ATTEMPTS {
            let (before, mode) = match content::read_text(self.dir, self.name) {
                Ok((bytes, mode)) => (Some(bytes), FileMode::Exact(mode)),
                Err(Errno::NOENT) if lines.is_none() || !made => return Ok(Aside::Nothing),
                Err(Errno::NOENT) => (None, NEW),
                Err(errno) => return Err(errno),
            };
            let old = before.as_deref().unwrap_or_default();
            let new = lines::set(old, lines, before.is_none()).map_err(|_| Errno::INVAL)?;
            if before.as_ref() == Some(&new) {
                return Ok(Aside::Nothing);
            }
            self.write(&new, mode)?;
            let put = match before {
                None => match self.sys.rename_noreplace(self.dir, self.draft, self.name) {
                    Err(Errno::EXIST) => None,
                    other => other.map(|()| Some(Aside::Nothing))?,
                },
                Some(before) => self.replace(&before, &new)?,
            };
            if let Some(out) = put {
                return Ok(out);
            }
        }
        Err(Errno::AGAIN)
    }

    /// Exchanges the written file, which holds `new`, with the one at the place, if that still holds `before`. None: it does
    /// not, and nothing has changed.
    fn replace(&self, before: &[u8], new: &[u8]) -> Result<Option<Aside>, Errno> {
        let holds = |name: &str, wanted: &[u8]| {
            content::read_text(self.dir, name).is_ok_and(|(bytes, _)| bytes == wanted)
        };
        self.sys.rename_noreplace(self.dir, self.draft, self.aside)?;
        match self.sys.exchange(self.dir, self.aside, self.name) {
            Ok(true) => {}
            Ok(false) => {
                // What another program writes between this look and the renaming is lost, as with any editor.
                let same = holds(self.name, before);
                if same {
                    self.sys.rename(self.dir, self.aside, self.name)?;
                } else {
                    self.sys.unlink(self.dir, self.aside)?;
                }
                return Ok(same.then_some(Aside::Nothing));
            }
            Err(Errno::NOENT) => {
                self.sys.unlink(self.dir, self.aside)?;
                return Ok(None);
            }
            Err(errno) => return Err(errno),
        }
        if holds(self.aside, before) {
            self.sys.unlink(self.dir, self.aside)?;
            return Ok(Some(Aside::Nothing));
        }
        match self.sys.exchange(self.dir, self.aside, self.name) {
            Ok(_) => {}
            // The new file was taken away meanwhile: what came out is all there is.
            Err(Errno::NOENT) => self.sys.rename_noreplace(self.dir, self.aside, self.name)?,
            Err(errno) => return Err(errno),
        }
        if !sys::exists(self.dir, self.aside)? {
            return Ok(None);
        }
        if holds(self.aside, new) {
            self.sys.unlink(self.dir, self.aside)?;
            return Ok(None);
        }
        // The file was changed while it had the lines, too: both are the user's.
        Ok(Some(Aside::Foreign))
    }

    /// Clears away what a run that was stopped in [`Self::set_lines`] left beside the file.
    pub(crate) fn settle_lines(&self) -> Result<Aside, Errno> {
        self.drop_draft()?;
        if sys::look(self.dir, self.aside)? == Name::Absent {
            return Ok(Aside::Nothing);
        }
        let foreign = |name: &str| {
            let (bytes, _) = content::read_text(self.dir, name).ok()?;
            lines::set(&bytes, None, false).ok()
        };
        // Of the two files one is the other with other lines, unless the user's program has come in between.
        match (foreign(self.aside), foreign(self.name)) {
            (Some(aside), place) if place.as_ref() == Some(&aside) || place.is_none() && aside.is_empty() => {
                self.sys.unlink(self.dir, self.aside)?;
                Ok(Aside::Nothing)
            }
            _ => Ok(Aside::Foreign),
        }
    }

    /// The inverse of [`Self::set_lines`] for a file that had the lines `was`; `made` says that there was no file.
    pub(crate) fn undo_lines(&self, was: Option<&str>, made: bool) -> Result<Aside, Errno> {
        if !self.is_text()? {
            return Ok(Aside::Nothing);
        }
        let only = || content::read_text(self.dir, self.name).ok().and_then(|(bytes, _)| lines::only(&bytes));
        if made && let Some(text) = only() {
            let own = OwnFile::Lines(text);
            let ours = |name: &str| Ok(content::is_own(self.dir, name, &own));
            let out = self.set_aside(&ours)?;
            if out == Aside::Nothing && sys::exists(self.dir, self.aside)? {
                self.sys.unlink(self.dir, self.aside)?;
            }
            return Ok(out);
        }
        self.set_lines(was, false)
    }

    /// Moves the file that has the name `aside` back to the place, where a managed link or nothing is.
    pub(crate) fn restore(&self, was: Option<&str>) -> Result<Aside, Errno> {
        if sys::look(self.dir, self.aside)? == Name::Absent {
            // It is gone, or back already; then the link that is left is not needed.
            return if was.is_some() { self.take_away_link() } else { Ok(Aside::Nothing) };
        }
        if self.is_managed(self.aside)? {
            // The exchange has been done.
            self.sys.unlink(self.dir, self.aside)?;
            return Ok(Aside::Nothing);
        }
        if !self.is_managed(self.name)? {
            return match self.sys.rename_noreplace(self.dir, self.aside, self.name) {
                // Something else has taken the place: what was kept stays where it is.
                Ok(()) | Err(Errno::NOENT | Errno::EXIST) => Ok(Aside::Nothing),
                Err(errno) => Err(errno),
            };
        }
        if self.sys.exchange(self.dir, self.aside, self.name)? {
            if self.is_managed(self.aside)? {
                self.sys.unlink(self.dir, self.aside)?;
            }
        } else {
            self.sys.unlink(self.dir, self.name)?;
            self.sys.rename_noreplace(self.dir, self.aside, self.name)?;
        }
        Ok(Aside::Nothing)
    }

    /// Removes the managed link that is at the place, by way of the third name.
    fn take_away_link(&self) -> Result<Aside, Errno> {
        if self.is_managed(self.name)? {
            let by_way = Spot { aside: self.draft, ..*self };
            return by_way.take_away();
        }
        Ok(Aside::Nothing)
    }

    /// The inverse of [`Self::restore`].
    pub(crate) fn undo_restore(&self, was: Option<&str>) -> Result<(), Errno> {
        if self.is_managed(self.draft)? {
            self.sys.unlink(self.dir, self.draft)?;
        }
        let (place, kept) = (sys::look(self.dir, self.name)?, sys::look(self.dir, self.aside)?);
        let Some(was) = was else {
            if kept == Name::Absent && place != Name::Absent {
                self.sys.rename_noreplace(self.dir, self.name, self.aside)?;
            }
            return Ok(());
        };
        if self.is_managed(self.name)? {
            return Ok(());
        }
        if kept == Name::Absent {
            match self.sys.symlink(was, self.dir, self.aside) {
                Ok(()) | Err(Errno::EXIST) => {}
                Err(errno) => return Err(errno),
            }
        } else if !self.is_managed(self.aside)? {
            // The place is free for a moment only on a file system without exchange.
            if place == Name::Absent {
                self.sys.symlink(was, self.dir, self.name)?;
            }
            return Ok(());
        }
        match place {
            Name::Absent => self.sys.rename_noreplace(self.dir, self.aside, self.name),
            _ if self.sys.exchange(self.dir, self.aside, self.name)? => Ok(()),
            _ => {
                self.sys.unlink(self.dir, self.aside)?;
                self.sys.rename_noreplace(self.dir, self.name, self.aside)?;
                self.sys.symlink(was, self.dir, self.name)
            }
        }
    }
}

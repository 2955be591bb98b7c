//! Files of user names and passwords by host, as curl and others read them (`.netrc`).

/// The user name and password for `host`: those of its `machine` entry, else those of `default`.
pub(crate) fn lookup(text: &str, host: &str) -> Option<(String, String)> {
    let mut words =
        text.lines().filter(|line| !line.trim_start().starts_with('#')).flat_map(str::split_whitespace);
    let (mut applies, mut login, mut password) = (false, None, None);
    while let Some(word) = words.next() {
        match word {
            "machine" | "default" => {
                if let (true, Some(password)) = (applies, password.take()) {
                    return Some((login.unwrap_or_default(), password));
                }
                applies = word == "default" || words.next() == Some(host);
                (login, password) = (None, None);
            }
            "login" => login = words.next().map(str::to_owned),
            "password" => password = words.next().map(str::to_owned),
            "account" => _ = words.next(),
            _ => {}
        }
    }
    if applies { Some((login.unwrap_or_default(), password?)) } else { None }
}

/// The value of an `Authorization` header.
pub(crate) fn basic(user: &str, password: &str) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = "Basic ".to_owned();
    for chunk in format!("{user}:{password}").as_bytes().chunks(3) {
        let byte = |index: usize| chunk.get(index).copied().map_or(0, u32::from);
        let group = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..4 {
            let digit = DIGITS.get((group >> (18 - 6 * place) & 63) as usize).copied().unwrap_or(b'=');
            out.push(char::from(if place > chunk.len() { b'=' } else { digit }));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries() {
        let text =
            "# comment\nmachine a login u password p\nmachine b\n  password q\ndefault login d password e\n";
        for (host, expected) in [("a", ("u", "p")), ("b", ("", "q")), ("c", ("d", "e"))] {
            let (user, password) = lookup(text, host).unwrap();
            assert_eq!((user.as_str(), password.as_str()), expected, "{host}");
        }
        assert_eq!(lookup("machine a login u", "a"), None);
        assert_eq!(lookup("", "a"), None);
    }

    #[test]
    fn headers() {
        for (user, password, expected) in
            [("a", "b", "Basic YTpi"), ("u", "", "Basic dTo="), ("ab", "c", "Basic YWI6Yw==")]
        {
            assert_eq!(basic(user, password), expected);
        }
    }
}

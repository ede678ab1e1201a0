//! Request targets in their four forms (RFC 9112 section 3.2).

use http::Uri;

use super::head::{HeadError, LONGEST_TARGET};

/// A request target. Its parts are slices of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target<'a> {
    /// A path that begins with `/`, and a query.
    Origin(&'a str),
    /// A URL.
    Absolute {
        scheme: &'a str,
        /// Never empty. It may have user information in it.
        authority: &'a str,
        /// Empty, or begins with `/` or `?`.
        path_and_query: &'a str,
    },
    /// `*`, the server as a whole.
    Asterisk,
    /// A host, and a port: for CONNECT.
    Authority(&'a str),
}

impl<'a> Target<'a> {
    /// Reads a target. What stands in a path or query is what `http::Uri` takes there, UTF-8 included, without a fragment.
    ///
    /// # Errors
    /// [`HeadError::Target`], [`HeadError::TargetTooLong`] or [`HeadError::Fragment`].
    pub fn parse(text: &'a str) -> Result<Self, HeadError> {
        if text.len() > LONGEST_TARGET {
            return Err(HeadError::TargetTooLong);
        }
        if text.starts_with('/') {
            return check_path_and_query(text.as_bytes()).map(|()| Self::Origin(text));
        }
        if text == "*" {
            return Ok(Self::Asterisk);
        }
        if text.contains('#') {
            return Err(HeadError::Fragment);
        }
        let uri = Uri::try_from(text).map_err(|_invalid| HeadError::Target)?;
        if uri.scheme().is_none() {
            return Ok(Self::Authority(text));
        }
        let (scheme, rest) = text.split_once("://").ok_or(HeadError::Target)?;
        let (authority, path_and_query) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        Ok(Self::Absolute { scheme, authority, path_and_query })
    }
}

fn check_path_and_query(bytes: &[u8]) -> Result<(), HeadError> {
    let path = bytes.iter().position(|&byte| !IN_PATHS[usize::from(byte)]).unwrap_or(bytes.len());
    let Some((b'?', query)) = bytes[path..].split_first() else { return end_at(bytes.get(path)) };
    end_at(query.iter().find(|&&byte| !IN_QUERIES[usize::from(byte)]))
}

/// What a byte that ends a path or query says.
fn end_at(byte: Option<&u8>) -> Result<(), HeadError> {
    match byte {
        None => Ok(()),
        Some(b'#') => Err(HeadError::Fragment),
        Some(_) => Err(HeadError::Target),
    }
}

/// The bytes of a path: those of RFC 3986, others that browsers and common clients leave as they are, and UTF-8.
const IN_PATHS: [bool; 256] = {
    let mut allowed = in_paths_and_queries();
    allowed[b'?' as usize] = false;
    allowed[b'`' as usize] = false;
    allowed[b'"' as usize] = true;
    allowed
};

/// The bytes of a query.
const IN_QUERIES: [bool; 256] = in_paths_and_queries();

/// Visible bytes and UTF-8, without those that neither has.
const fn in_paths_and_queries() -> [bool; 256] {
    let mut allowed = [false; 256];
    let mut byte = b'!' as usize;
    while byte < allowed.len() {
        allowed[byte] = true;
        byte += 1;
    }
    let (excluded, mut at) = (b"\"#<>\x7f", 0);
    while at < excluded.len() {
        allowed[excluded[at] as usize] = false;
        at += 1;
    }
    allowed
}

#[cfg(test)]
mod tests;

//! What a record tells of a request's head, which is gone by then.

use http::{Method, Version};

use crate::scratch::Scratch;

/// A copy of a few parts of a head, in one buffer.
#[derive(Debug, Default)]
pub struct Seen {
    method: Option<Method>,
    version: Option<Version>,
    /// Path, host and user agent, one behind the other.
    text: Scratch,
    path: usize,
    host: Option<usize>,
    has_agent: bool,
}

impl Seen {
    /// Of a request with this path, which is without the query.
    #[must_use]
    pub fn new(method: &Method, version: Version, path: &str, host: Option<&[u8]>, agent: Option<&[u8]>) -> Self {
        let mut text = Scratch::take();
        text.extend_from_slice(path.as_bytes());
        text.extend_from_slice(host.unwrap_or_default());
        text.extend_from_slice(agent.unwrap_or_default());
        let (method, version) = (Some(method.clone()), Some(version));
        Self { method, version, text, path: path.len(), host: host.map(<[u8]>::len), has_agent: agent.is_some() }
    }

    #[must_use]
    pub fn method(&self) -> Option<&Method> {
        self.method.as_ref()
    }

    /// HTTP/1.1 where nothing is known.
    #[must_use]
    pub fn version(&self) -> Version {
        self.version.unwrap_or(Version::HTTP_11)
    }

    #[must_use]
    pub fn path(&self) -> &str {
        str::from_utf8(&self.text[..self.path]).unwrap_or_default()
    }

    /// Which host the request is for: with an absolute target it is not the one in `Host`.
    #[must_use]
    pub fn host(&self) -> Option<&[u8]> {
        self.host.map(|length| &self.text[self.path..][..length])
    }

    #[must_use]
    pub fn user_agent(&self) -> Option<&[u8]> {
        self.has_agent.then(|| &self.text[self.path + self.host.unwrap_or(0)..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_seen_is_told() {
        for (host, agent) in [(None, None), (Some(&b"h.example"[..]), None), (None, Some(&b"curl"[..]))] {
            let seen = Seen::new(&Method::PUT, Version::HTTP_10, "/a", host, agent);
            assert_eq!((seen.path(), seen.host(), seen.user_agent()), ("/a", host, agent));
            assert_eq!((seen.method(), seen.version()), (Some(&Method::PUT), Version::HTTP_10));
        }
        assert_eq!((Seen::default().path(), Seen::default().host()), ("", None));
    }
}

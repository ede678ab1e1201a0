//! When a request may be sent a second time.

use http::Method;

/// What is known about an attempt that brought no response head.
#[derive(Clone, Copy, Debug)]
pub struct Attempt<'a> {
    pub method: &'a Method,
    pub has_body: bool,
    /// Whether the connection had served a request before: only then is "the function closed it meanwhile" likely.
    pub reused: bool,
    /// Whether any byte of an answer came.
    pub answered: bool,
}

/// Whether a request may reach its function twice (RFC 9110 section 9.2.2). A body cannot be read twice.
#[must_use]
pub fn is_repeatable(method: &Method, has_body: bool) -> bool {
    method.is_idempotent() && !has_body
}

/// Whether a request that may have reached its function is sent again.
#[must_use]
pub fn may_retry(attempt: Attempt<'_>) -> bool {
    is_repeatable(attempt.method, attempt.has_body) && attempt.reused && !attempt.answered
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_cannot_be_done_twice_is_sent_twice() {
        let good = Attempt { method: &Method::GET, has_body: false, reused: true, answered: false };
        assert!(may_retry(good));
        for method in [Method::HEAD, Method::PUT, Method::DELETE, Method::OPTIONS] {
            assert!(may_retry(Attempt { method: &method, ..good }), "{method}");
        }
        for method in [Method::POST, Method::PATCH, Method::from_bytes(b"PURGE").expect("a token")] {
            assert!(!may_retry(Attempt { method: &method, ..good }), "{method}");
        }
        assert!(!may_retry(Attempt { has_body: true, ..good }));
        assert!(!may_retry(Attempt { reused: false, ..good }));
        assert!(!may_retry(Attempt { answered: true, ..good }));
    }
}

//! When a request may be sent a second time.

use http::Method;

/// Attempts on connections that turn out to be closed before the request is written.
const ATTEMPTS: usize = 3;

/// What is known about an attempt that brought no response head.
#[derive(Clone, Copy, Debug)]
pub struct Failure {
    /// Not a byte of it has reached the function, or the function has said that it did not look.
    pub is_unseen: bool,
    /// The connection was lost.
    pub is_lost: bool,
    /// Whether the request may reach its function twice.
    pub is_repeatable: bool,
    /// Whether the connection had served a request before: only then is "the function closed it meanwhile" likely.
    pub is_reused: bool,
    /// Whether any byte of a response came.
    pub is_answered: bool,
    /// Whether it was the first attempt, or followed only those that the function has not seen.
    pub is_first: bool,
}

/// Whether a request may reach its function twice (RFC 9110 section 9.2.2). A body cannot be read twice.
#[must_use]
pub fn is_repeatable(method: &Method, has_body: bool) -> bool {
    method.is_idempotent() && !has_body
}

/// Whether the request is sent again. `unseen` attempts have not reached the function by now.
#[must_use]
pub fn may_retry(failure: Failure, unseen: usize) -> bool {
    if failure.is_unseen {
        return unseen < ATTEMPTS;
    }
    failure.is_lost && failure.is_repeatable && failure.is_reused && !failure.is_answered && failure.is_first
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_can_be_done_twice_is_repeatable() {
        for (method, repeatable) in [
            (Method::GET, true),
            (Method::HEAD, true),
            (Method::PUT, true),
            (Method::DELETE, true),
            (Method::OPTIONS, true),
            (Method::POST, false),
            (Method::PATCH, false),
            (Method::from_bytes(b"PURGE").expect("a token"), false),
        ] {
            assert_eq!(is_repeatable(&method, false), repeatable, "{method}");
            assert!(!is_repeatable(&method, true), "{method}");
        }
    }

    #[test]
    fn what_a_function_may_have_done_is_not_done_again() {
        let lost = Failure {
            is_unseen: false,
            is_lost: true,
            is_repeatable: true,
            is_reused: true,
            is_answered: false,
            is_first: true,
        };
        assert!(may_retry(lost, 0));
        for failure in [
            Failure { is_lost: false, ..lost },
            Failure { is_repeatable: false, ..lost },
            Failure { is_reused: false, ..lost },
            Failure { is_answered: true, ..lost },
            Failure { is_first: false, ..lost },
        ] {
            assert!(!may_retry(failure, 0), "{failure:?}");
        }
        let unseen = Failure { is_unseen: true, is_lost: false, is_repeatable: false, ..lost };
        assert!(may_retry(unseen, 1) && may_retry(unseen, 2));
        assert!(!may_retry(unseen, 3));
    }
}

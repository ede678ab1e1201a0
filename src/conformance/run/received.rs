//! What both ends received of one exchange.

use crate::conformance::grammar::{Message, Violation};

pub(super) struct Received {
    pub(super) requests: Vec<Message>,
    pub(super) violation: Option<Violation>,
    /// Whether a part of a request arrived whose rest never came.
    pub(super) unfinished: bool,
    pub(super) answers: Result<Vec<Message>, Violation>,
    /// What is wrong with the answers if they have to be in the one form that nobody can misread.
    pub(super) odd_answer: Option<Violation>,
    /// Whether requests and answers came in time.
    pub(super) prompt: [bool; 2],
}

impl Received {
    /// The status of the first answer; 0 if there is none.
    pub(super) fn first_status(&self) -> u16 {
        self.answers.as_ref().ok().and_then(|answers| answers.first()).map_or(0, |answer| answer.head.status())
    }
}

//! One exchange: what the client sends, what the function answers.

use super::wire::Step;
use super::wire::origin::{Answer, When};

/// A legitimate exchange. What a client sends are whole requests, what each answer sends is a whole answer.
#[derive(Clone, Debug)]
pub struct Case {
    /// Unique in its corpus.
    pub name: String,
    pub client: Vec<Step>,
    /// For each request; a request without one is answered with its target.
    pub answers: Vec<Answer>,
}

impl Case {
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), client: Vec::new(), answers: Vec::new() }
    }

    /// A plain GET that is answered with these bytes.
    #[must_use]
    pub fn answered(name: impl Into<String>, bytes: impl AsRef<[u8]>) -> Self {
        Self::new(name).send("GET / HTTP/1.1\r\nHost: example.com\r\n\r\n").answer(bytes)
    }

    #[must_use]
    pub fn send(self, bytes: impl AsRef<[u8]>) -> Self {
        self.then(Step::send(bytes))
    }

    #[must_use]
    pub fn then(mut self, step: Step) -> Self {
        self.client.push(step);
        self
    }

    /// Answers the next request, once it is whole.
    #[must_use]
    pub fn answer(self, bytes: impl AsRef<[u8]>) -> Self {
        self.steps(When::Whole, vec![Step::send(bytes)])
    }

    /// Answers the next request, once it is whole, and closes.
    #[must_use]
    pub fn answer_and_close(self, bytes: impl AsRef<[u8]>) -> Self {
        self.steps(When::Whole, vec![Step::send(bytes), Step::Finish])
    }

    #[must_use]
    pub fn steps(mut self, when: When, steps: Vec<Step>) -> Self {
        self.answers.push(Answer { when, steps });
        self
    }
}

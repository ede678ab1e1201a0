//! How many connections one worker may keep idle, to all instances together.

use std::cell::Cell;
use std::rc::Rc;

/// What is left of it. Those who keep a connection idle take one, and give it back.
#[derive(Debug)]
pub struct Allowance(Cell<usize>);

impl Allowance {
    #[must_use]
    pub fn new(connections: usize) -> Rc<Self> {
        Rc::new(Self(Cell::new(connections)))
    }

    #[must_use]
    pub fn is_used_up(&self) -> bool {
        self.0.get() == 0
    }

    pub fn take(&self) {
        self.0.set(self.0.get().saturating_sub(1));
    }

    pub fn give_back(&self) {
        self.0.set(self.0.get() + 1);
    }
}

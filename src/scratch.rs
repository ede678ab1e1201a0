//! Small byte buffers that a thread uses again and again: a request takes one for each text that it has to keep, and allocates nothing.

use std::cell::RefCell;
use std::ops::{Deref, DerefMut};

/// How much a buffer may hold to be kept when it is given back.
const LARGEST: usize = 4 << 10;
/// How many a thread keeps.
const MOST: usize = 256;

thread_local! {
    static SPARE: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
}

/// A buffer of this thread, given back when it is dropped.
#[derive(Debug, Default)]
pub struct Scratch(Vec<u8>);

impl Scratch {
    /// An empty buffer, with what room its last user left in it.
    #[must_use]
    pub fn take() -> Self {
        Self(SPARE.with_borrow_mut(Vec::pop).unwrap_or_default())
    }

    /// Gives the buffer back before its owner ends.
    pub fn release(&mut self) {
        drop(std::mem::take(self));
    }

    /// The buffer itself, for somebody who returns it by [`Self::put`].
    #[must_use]
    pub fn detach(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.0)
    }

    /// Takes a buffer in.
    pub fn put(&mut self, buffer: Vec<u8>) {
        self.0 = buffer;
    }
}

impl Deref for Scratch {
    type Target = Vec<u8>;

    fn deref(&self) -> &Vec<u8> {
        &self.0
    }
}

impl DerefMut for Scratch {
    fn deref_mut(&mut self) -> &mut Vec<u8> {
        &mut self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let mut buffer = std::mem::take(&mut self.0);
        if buffer.capacity() == 0 || buffer.capacity() > LARGEST {
            return;
        }
        buffer.clear();
        // A thread that ends keeps nothing.
        let _ = SPARE.try_with(|spare| {
            let mut spare = spare.borrow_mut();
            if spare.len() < MOST {
                spare.push(buffer);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_is_used_again_unless_it_is_large() {
        let mut one = Scratch::take();
        one.extend_from_slice(&[1; 100]);
        let place = one.as_ptr();
        drop(one);
        let mut again = Scratch::take();
        assert_eq!((again.as_ptr(), again.len()), (place, 0));
        again.reserve(LARGEST + 1);
        let place = again.as_ptr();
        drop(again);
        assert_ne!(Scratch::take().as_ptr(), place);
    }
}

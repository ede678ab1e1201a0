//! Who of the many requests of one connection may work, so that it takes no more of its worker than other connections can bear.
//!
//! Every request of HTTP/2 is a task. A hundred that come at once would all be run before the worker looks who else has become
//! ready. So only a few of a connection have a turn at a time; those behind them queue until the worker has been around. How many
//! those are grows with every request that was answered, and falls back with one that was not.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use tokio::task::{spawn_local, yield_now};

/// How many have a turn at a time in the end: a millisecond of work or two. A quarter of it would cost a sixth more CPU where a hundred
/// requests are always there, because their frames are sent in smaller lots.
const MANY: usize = 64;
/// How many on a connection of which nobody knows yet whether it lets its requests come to an end.
const FEW: usize = 2;

/// The turns of one connection.
#[derive(Debug)]
pub(super) struct Turns {
    /// How many may work at a time.
    at_a_time: Cell<usize>,
    /// How many more may work at this time.
    left: Cell<usize>,
    queue: RefCell<VecDeque<Waker>>,
    /// How many have ever been called from the queue.
    called: Cell<u64>,
    /// Whether somebody calls those who wait.
    calling: Cell<bool>,
}

/// The place of a request in the queue, if it is there: the place in the order of all who ever queued.
#[derive(Debug, Default)]
pub(super) struct Ticket(Option<u64>);

impl Default for Turns {
    fn default() -> Self {
        let queue = RefCell::default();
        Self { at_a_time: FEW.into(), left: FEW.into(), queue, called: Cell::default(), calling: Cell::default() }
    }
}

impl Turns {
    /// A request is over: answered, or given up before that.
    pub(super) fn learn(&self, answered: bool) {
        self.at_a_time.set(if answered { MANY.min(self.at_a_time.get() + 1) } else { FEW });
    }

    /// The connection itself has its turn: others have had theirs since its last, unless requests still wait for one.
    pub(super) fn renew(&self) {
        if !self.calling.get() {
            self.left.set(self.at_a_time.get());
        }
    }

    /// Ready when it is this request's turn. If not, its task is woken when it is.
    pub(super) fn poll_turn(self: &Rc<Self>, ticket: &mut Ticket, cx: &Context<'_>) -> Poll<()> {
        match ticket.0 {
            Some(place) if place >= self.called.get() => Poll::Pending,
            Some(_called) => {
                ticket.0 = None;
                Poll::Ready(())
            }
            None if self.left.get() > 0 => {
                self.left.set(self.left.get() - 1);
                Poll::Ready(())
            }
            None => {
                ticket.0 = Some(self.queue(cx.waker()));
                Poll::Pending
            }
        }
    }

    fn queue(self: &Rc<Self>, waker: &Waker) -> u64 {
        let mut queue = self.queue.borrow_mut();
        queue.push_back(waker.clone());
        if !self.calling.replace(true) {
            drop(spawn_local(self.clone().call()));
        }
        self.called.get() + queue.len() as u64 - 1
    }

    /// Calls a few whenever the worker has been around, until nobody waits. To yield is to wait until it has looked who else is ready.
    async fn call(self: Rc<Self>) {
        while self.calling.get() {
            yield_now().await;
            let at_a_time = self.at_a_time.get();
            let count = self.queue.borrow().len().min(at_a_time);
            let next: Vec<_> = self.queue.borrow_mut().drain(..count).collect();
            self.called.set(self.called.get() + count as u64);
            self.left.set(at_a_time - count);
            self.calling.set(!self.queue.borrow().is_empty());
            next.into_iter().for_each(Waker::wake);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::*;

    #[tokio::test(flavor = "local")]
    async fn a_few_work_at_a_time_in_the_order_of_their_coming() {
        let turns = Rc::new(Turns::default());
        assert!((1..=2 * FEW).contains(&longest(&turns).await));
        (0..500).for_each(|_| turns.learn(true));
        assert!((FEW..=2 * MANY).contains(&longest(&turns).await));
        turns.learn(false);
        assert!((1..=2 * FEW).contains(&longest(&turns).await));
    }

    /// Has five hundred requests work once each, and counts how many did in a row before the worker came around.
    async fn longest(turns: &Rc<Turns>) -> usize {
        let log = Rc::new(RefCell::new(Vec::new()));
        turns.renew();
        let requests: Vec<_> = (0..500)
            .map(|number| {
                let (turns, log, mut ticket) = (turns.clone(), log.clone(), Ticket::default());
                spawn_local(async move {
                    poll_fn(|cx| turns.poll_turn(&mut ticket, cx)).await;
                    log.borrow_mut().push(Some(number));
                })
            })
            .collect();
        let other = log.clone();
        let other = spawn_local(async move {
            while other.borrow().iter().flatten().count() < 500 {
                other.borrow_mut().push(None);
                yield_now().await;
            }
        });
        for request in requests {
            request.await.expect("it gets its turn");
        }
        other.await.expect("it ends");
        let log = log.borrow();
        let order: Vec<_> = log.iter().flatten().copied().collect();
        assert_eq!(order, (0..500).collect::<Vec<_>>());
        log.split(Option::is_none).map(<[_]>::len).max().unwrap_or_default()
    }
}

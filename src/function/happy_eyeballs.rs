//! Connects to whichever of several addresses answers first: Happy Eyeballs (RFC 8305 section 5).

use std::future::{Future, poll_fn};
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use tokio::time::timeout;

/// What became of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Connected,
    Failed,
    /// It had not answered when the next address was due.
    Slow,
}

type Attempt<F> = (SocketAddr, Pin<Box<F>>);

/// Tries the addresses in their order. The next attempt begins when one fails, or `delay` after the last one began. `note` is
/// told what becomes of each. The only deadline is the caller's.
///
/// # Errors
/// If all fail, the error of the last one.
pub async fn race<S, F>(
    addresses: &[SocketAddr],
    delay: Duration,
    connect: impl Fn(SocketAddr) -> F,
    note: impl Fn(SocketAddr, Outcome),
) -> io::Result<S>
where
    F: Future<Output = io::Result<S>>,
{
    let mut error = io::ErrorKind::AddrNotAvailable.into();
    let mut running: Vec<Attempt<F>> = Vec::new();
    let mut left = addresses.iter().copied();
    loop {
        match left.next() {
            Some(address) => running.push((address, Box::pin(connect(address)))),
            None if running.is_empty() => return Err(error),
            None => {}
        }
        match timeout(delay, first(&mut running)).await {
            Ok((address, Ok(stream))) => {
                note(address, Outcome::Connected);
                return Ok(stream);
            }
            Ok((address, Err(failed))) => {
                note(address, Outcome::Failed);
                error = failed;
            }
            Err(_elapsed) => {
                if let Some((newest, _)) = running.last() {
                    note(*newest, Outcome::Slow);
                }
            }
        }
    }
}

/// The first attempt that ends. The others go on.
async fn first<S, F: Future<Output = io::Result<S>>>(running: &mut Vec<Attempt<F>>) -> (SocketAddr, io::Result<S>) {
    poll_fn(|cx| {
        for index in 0..running.len() {
            if let Poll::Ready(outcome) = running[index].1.as_mut().poll(cx) {
                let (address, _) = running.remove(index);
                return Poll::Ready((address, outcome));
            }
        }
        Poll::Pending
    })
    .await
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use tokio::time::{Instant, sleep};

    use super::Outcome::{Connected, Failed, Slow};
    use super::*;

    const DELAY: Duration = Duration::from_millis(250);

    /// What an address does, and after how many milliseconds.
    #[derive(Clone, Copy, Debug)]
    enum Peer {
        Accepts(u64),
        Refuses(u64),
        Hangs,
    }
    use Peer::{Accepts, Hangs, Refuses};

    async fn connect(index: usize, peer: Peer) -> io::Result<usize> {
        match peer {
            Accepts(after) => sleep(Duration::from_millis(after)).await,
            Refuses(after) => {
                sleep(Duration::from_millis(after)).await;
                return Err(io::ErrorKind::ConnectionRefused.into());
            }
            Hangs => std::future::pending().await,
        }
        Ok(index)
    }

    /// Who wins after how many milliseconds, and what is noted.
    async fn run(peers: &[Peer]) -> (Option<usize>, u128, Vec<(usize, Outcome)>) {
        let addresses: Vec<_> = (1..).zip(peers).map(|(port, _)| SocketAddr::from(([127, 0, 0, 1], port))).collect();
        let index = |address: SocketAddr| usize::from(address.port()) - 1;
        let (noted, began) = (RefCell::new(Vec::new()), Instant::now());
        let race = race(
            &addresses,
            DELAY,
            |address| connect(index(address), peers[index(address)]),
            |address, outcome| noted.borrow_mut().push((index(address), outcome)),
        );
        let winner = race.await.ok();
        (winner, began.elapsed().as_millis(), noted.into_inner())
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_that_answers_is_taken() {
        for (peers, winner, after, noted) in [
            (vec![Accepts(5), Accepts(1)], Some(0), 5, vec![(0, Connected)]),
            (vec![Refuses(1), Accepts(5)], Some(1), 6, vec![(0, Failed), (1, Connected)]),
            (vec![Refuses(0), Refuses(0), Accepts(5)], Some(2), 5, vec![(0, Failed), (1, Failed), (2, Connected)]),
            (vec![Hangs, Accepts(5)], Some(1), 255, vec![(0, Slow), (1, Connected)]),
            (vec![Hangs, Hangs, Accepts(5)], Some(2), 505, vec![(0, Slow), (1, Slow), (2, Connected)]),
            (vec![Hangs, Refuses(5), Accepts(5)], Some(2), 260, vec![(0, Slow), (1, Failed), (2, Connected)]),
            (vec![Accepts(300), Hangs], Some(0), 300, vec![(0, Slow), (0, Connected)]),
            (vec![Accepts(300), Accepts(100)], Some(0), 300, vec![(0, Slow), (0, Connected)]),
            (vec![Accepts(400), Accepts(100)], Some(1), 350, vec![(0, Slow), (1, Connected)]),
            (vec![Refuses(1), Refuses(1)], None, 2, vec![(0, Failed), (1, Failed)]),
            (vec![Refuses(300), Refuses(1)], None, 300, vec![(0, Slow), (1, Failed), (0, Failed)]),
            (vec![], None, 0, vec![]),
        ] {
            assert_eq!(run(&peers).await, (winner, after, noted), "{peers:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn its_only_deadline_is_the_callers() {
        let limit = Duration::from_secs(5);
        assert!(timeout(limit, run(&[Hangs, Hangs, Hangs])).await.is_err());
    }
}

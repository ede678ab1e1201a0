//! Waiting for conditions, and quiet for the tests that measure time.

use std::time::Duration;

use tokio::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};
use tokio::time::{Instant, sleep};

/// How often a condition is looked at.
const LOOK: Duration = Duration::from_millis(20);

/// Returns what `look` finds, looking until it finds something. Panics with `what` when that takes too long.
pub(crate) async fn eventually<T>(what: &str, within: Duration, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + within;
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(Instant::now() < deadline, "{what}: not within {within:?}");
        sleep(LOOK).await;
    }
}

/// Starting a runtime and hashing take all of a small machine. A test that measures time would measure them.
static QUIET: RwLock<()> = RwLock::const_new(());

/// Held while a test loads the machine.
pub(crate) async fn busy() -> RwLockReadGuard<'static, ()> {
    QUIET.read().await
}

/// Held while a test measures time.
pub(crate) async fn alone() -> RwLockWriteGuard<'static, ()> {
    QUIET.write().await
}

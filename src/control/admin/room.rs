//! How many streams of events there may be. Nobody takes up all of them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::http::StatusCode;

use super::session::Grant;
use crate::control::problem::Problem;

/// Streams of events at a time, all together and of one token or user.
const STREAMS: usize = 64;
const OWN: usize = 16;

/// Whose streams are open.
#[derive(Debug, Default)]
pub struct Rooms(Mutex<Vec<Grant>>);

/// Room for a stream, until it is dropped.
#[derive(Debug)]
pub struct Room {
    rooms: Arc<Rooms>,
    holder: Grant,
}

impl Rooms {
    /// Room for another stream.
    ///
    /// # Errors
    /// 503: there are as many as there may be.
    pub fn take(self: &Arc<Self>, holder: Grant) -> Result<Room, Problem> {
        let mut open = self.open();
        let own = open.iter().filter(|other| other.is_of_same(&holder)).count();
        let full = |detail: String| Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "too_many_streams", detail));
        if open.len() >= STREAMS {
            return full(format!("limit of {STREAMS} event streams reached"));
        }
        if own >= OWN {
            return full(format!("limit of {OWN} event streams reached for `{}`", holder.name));
        }
        open.push(holder.clone());
        Ok(Room { rooms: self.clone(), holder })
    }

    fn open(&self) -> MutexGuard<'_, Vec<Grant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let mut open = self.rooms.open();
        if let Some(index) = open.iter().position(|other| other.is_of_same(&self.holder)) {
            open.swap_remove(index);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::admin::session::Role;

    #[test]
    fn nobody_takes_up_all_streams() {
        let rooms = Arc::new(Rooms::default());
        let take = |name: &str| rooms.take(Grant { name: name.to_owned(), role: Role::Read, token: None });
        let mut own: Vec<_> = (0..OWN).map(|_| take("one").expect("room")).collect();
        assert_eq!(take("one").map(|_| ()).map_err(|problem| problem.status), Err(503));
        let _others: Vec<_> = (OWN..STREAMS).map(|index| take(&format!("{}", index / OWN)).expect("room")).collect();
        assert_eq!(take("other").map(|_| ()).map_err(|problem| problem.status), Err(503));
        drop(own.pop());
        assert!(take("other").is_ok() && take("one").is_ok());
    }
}

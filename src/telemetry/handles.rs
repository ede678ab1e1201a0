//! Handles of metrics: shared by all who ask for the same labels, and gone with the last of them.

use std::collections::BTreeMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use foldhash::HashMap;

/// The living handles of one kind, by their labels.
#[derive(Debug)]
pub(super) struct Handles<K, V>(Mutex<HashMap<K, Weak<V>>>);

impl<K, V> Default for Handles<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Clone + Eq + Hash + Ord, V> Handles<K, V> {
    pub(super) fn get_or_make(&self, key: K, make: impl FnOnce() -> V) -> Arc<V> {
        let mut handles = self.lock();
        let known = handles.entry(key).or_default();
        known.upgrade().unwrap_or_else(|| {
            let handle = Arc::new(make());
            *known = Arc::downgrade(&handle);
            handle
        })
    }

    /// Makes room for so many in all: growing with them would hash each of the others again and again.
    pub(super) fn expect(&self, count: usize) {
        let mut handles = self.lock();
        let known = handles.len();
        handles.reserve(count.saturating_sub(known));
    }

    /// Every handle that somebody holds, in the order of the labels. The others are forgotten.
    pub(super) fn living(&self) -> BTreeMap<K, Arc<V>> {
        let mut handles = self.lock();
        let mut living = BTreeMap::new();
        handles.retain(|key, handle| {
            let handle = handle.upgrade();
            let lives = handle.is_some();
            living.extend(handle.map(|handle| (key.clone(), handle)));
            lives
        });
        living
    }

    /// Shows every handle that somebody holds, in no order.
    pub(super) fn for_each(&self, mut look: impl FnMut(&K, &V)) {
        for (key, handle) in self.lock().iter() {
            if let Some(handle) = handle.upgrade() {
                look(key, &handle);
            }
        }
    }

    /// Every handle that somebody holds, in no order.
    pub(super) fn held(&self) -> Vec<Arc<V>> {
        self.lock().values().filter_map(Weak::upgrade).collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<K, Weak<V>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

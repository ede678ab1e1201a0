//! Several who change one file at the same time.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use serde_json::json;

use super::stand::{ALL, Stand};
use super::support::eventually;

const WRITERS: usize = 8;
const EDITS: usize = 25;
/// How often somebody writes the file by hand meanwhile.
const HANDS: usize = 20;

/// Counts one up in a field of the API, however often somebody else was faster.
fn count_up(stand: &Stand, refused: &AtomicUsize) {
    loop {
        let seen = stand.get(ALL);
        let mut keys = seen.json();
        let before: usize = keys["headers"]["x-stage"].as_str().and_then(|text| text.parse().ok()).expect("a number");
        keys["headers"]["x-stage"] = json!((before + 1).to_string());
        let answer = stand.put(ALL, &keys, Some(&seen.etag()));
        match (answer.status, answer.json()["change"]["result"].as_str()) {
            (200, Some("changed")) => {
                return assert_eq!(answer.json()["headers"]["x-stage"], json!((before + 1).to_string()));
            }
            // Somebody else was faster, and has counted to the same number perhaps.
            (412, _) | (200, Some("unchanged")) => drop(refused.fetch_add(1, Ordering::Relaxed)),
            _ => panic!("{answer:?}"),
        }
    }
}

#[test]
fn no_update_is_lost() {
    let stand = Stand::start();
    assert_eq!(stand.change(ALL, &super::stand::stage("0")).status, 200);
    let (refused, revision) = (AtomicUsize::new(0), stand.revision());
    thread::scope(|scope| {
        for writer in 0..WRITERS {
            let (stand, refused) = (&stand, &refused);
            scope.spawn(move || {
                for edit in 0..EDITS {
                    count_up(stand, refused);
                    if edit == 0 {
                        let keys = json!({ "path": format!("/{writer}"), "function": "echo" });
                        let made = stand.put(&format!("/v1/services/shop/apis/w{writer}"), &keys, None);
                        assert_eq!(made.status, 201, "{made:?}");
                    }
                }
            });
        }
    });
    let (all, text) = ((WRITERS * EDITS).to_string(), stand.text());
    assert!(text.contains(&format!("\"X-Stage\" = \"{all}\" }} # changed by tests")), "{text}");
    assert_eq!(stand.gateway.stage(), Some(all));
    assert!((0..WRITERS).all(|writer| text.contains(&format!("name = \"w{writer}\"\n"))), "{text}");
    assert!(refused.load(Ordering::Relaxed) > 0, "nobody was in the way of another: this shows nothing");
    assert_eq!(stand.revision(), revision + u64::try_from(WRITERS * EDITS + WRITERS).expect("few"));
}

/// What was written by hand is there until it is written by hand again, whatever else is changed in the file.
#[test]
fn what_is_written_by_hand_is_never_overwritten() {
    let stand = Stand::start();
    assert_eq!(stand.change(ALL, &super::stand::stage("0")).status, 200);
    let (base, made, is_over) = (stand.text(), AtomicUsize::new(0), AtomicBool::new(false));
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let mut number = 0;
                while !is_over.load(Ordering::Relaxed) {
                    number += 1;
                    let seen = stand.get(ALL);
                    let mut keys = seen.json();
                    keys["headers"]["x-stage"] = json!(number.to_string());
                    let answer = stand.put(ALL, &keys, Some(&seen.etag()));
                    match (answer.status, answer.json()["change"]["result"].as_str()) {
                        (200, Some("changed")) => drop(made.fetch_add(1, Ordering::Relaxed)),
                        // Another state than the one that was seen, or another file.
                        (200 | 409 | 412, _) => {}
                        _ => panic!("{answer:?}"),
                    }
                }
            });
        }
        for hand in 0..HANDS {
            let mark = format!("# by hand: {hand}\n");
            stand.folder.write(&format!("{base}{mark}"));
            let before = made.load(Ordering::Relaxed);
            eventually("edits behind it", || (made.load(Ordering::Relaxed) > before + 3).then_some(()));
            let text = stand.text();
            let is_kept = text.ends_with(&mark);
            if !is_kept {
                is_over.store(true, Ordering::Relaxed);
            }
            assert!(is_kept, "{mark} was overwritten: {text}");
        }
        is_over.store(true, Ordering::Relaxed);
    });
    let left = std::fs::read_dir(stand.folder.path()).expect("a folder").flatten();
    let left: Vec<_> =
        left.map(|entry| entry.file_name()).filter(|name| name.to_string_lossy().starts_with('.')).collect();
    assert!(left.iter().all(|name| name.to_string_lossy().contains("lock")), "something is left behind: {left:?}");
}

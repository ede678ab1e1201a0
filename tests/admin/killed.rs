//! A gateway that is killed while it changes its file.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use rustix::process::Signal;
use serde_json::json;
use tokio::time::Instant;

use super::client::Call;
use super::stand::{ALL, SHOP, own_token};
use super::support::eventually;
use super::support::gateway::{BASE, Folder, Gateway};

const ROUNDS: usize = 50;

fn numbered(number: usize) -> String {
    format!("{BASE}{SHOP}").replace("\"X-Stage\" = \"a\"", &format!("\"X-Stage\" = \"{number}\""))
}

/// Counts up until there is no gateway any more. `acknowledged` is in the file then, or the one after it. `last` is how long an edit took, in
/// microseconds.
fn edit(gateway: &Gateway, token: &str, acknowledged: &AtomicUsize, last: &AtomicU64) {
    loop {
        let began = Instant::now();
        let Ok(seen) = Call::get(ALL).token(token).send(gateway.admin) else { return };
        let next = acknowledged.load(Ordering::Relaxed) + 1;
        let mut keys = seen.json();
        keys["headers"]["x-stage"] = json!(next.to_string());
        let call = Call::new("PUT", ALL).token(token).json(&keys).field("If-Match", &seen.etag());
        let Ok(answer) = call.send(gateway.admin) else { return };
        assert_eq!(answer.status, 200, "{answer:?}");
        last.store(u64::try_from(began.elapsed().as_micros()).expect("soon"), Ordering::Relaxed);
        acknowledged.store(next, Ordering::Relaxed);
    }
}

/// Whatever moment it is: the file is what was acknowledged last, or what was under way.
#[test]
fn after_kill_9_the_file_is_whole() {
    let folder = Folder::new(&numbered(0));
    let (acknowledged, last) = (AtomicUsize::new(0), AtomicU64::new(0));
    let mut under_way = 0;
    for round in 0..ROUNDS {
        let gateway = Gateway::start(&folder);
        let token = own_token(&folder, &gateway);
        let text = std::fs::read_to_string(folder.file()).expect("the file");
        let known = acknowledged.load(Ordering::Relaxed);
        let found = [known, known + 1].into_iter().find(|number| text == numbered(*number));
        let found = found.unwrap_or_else(|| panic!("round {round}: neither {known} nor the one after it: {text}"));
        assert_eq!(gateway.stage(), Some(found.to_string()));
        under_way += found - known;
        acknowledged.store(found, Ordering::Relaxed);
        thread::scope(|scope| {
            let editor = scope.spawn(|| edit(&gateway, &token, &acknowledged, &last));
            eventually("an edit", || {
                (editor.is_finished() || acknowledged.load(Ordering::Relaxed) > found).then_some(())
            });
            // Somewhere within one of the next edits, which take as long as the last one.
            let step = u32::try_from(round).expect("few");
            let moment = Instant::now() + Duration::from_micros(last.load(Ordering::Relaxed)) * (step * 7 % 31) / 20;
            while Instant::now() < moment {
                thread::park_timeout(moment - Instant::now());
            }
            gateway.process.signal(Signal::KILL);
            editor.join().expect("every answer was good");
        });
    }
    let made = acknowledged.load(Ordering::Relaxed);
    assert!(made >= ROUNDS, "only {made} edits: this shows nothing");
    super::note("edits, and those that were done but not acknowledged", format!("{made}, {under_way}"));
}

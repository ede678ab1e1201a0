//! Stopped at every single step, in the write and in what brings it to an end.

use super::super::effect::faults::{Fault, fail, forbid_exchange, kill, with};
use super::super::{Recovered, Write, WriteError};
use super::{Stand, files};

const OLD: [(&str, &str); 3] = [("a.toml", "old a"), ("c.toml", "old c"), ("other.toml", "other")];
const NEW: [(&str, &str); 3] = [("a.toml", "new a"), ("new/b.toml", "new b"), ("other.toml", "other")];

fn stand() -> (Stand, Vec<Write>) {
    let stand = Stand::new(&OLD);
    let writes = vec![
        stand.write("a.toml", Some("old a"), Some("new a")),
        stand.write("new/b.toml", None, Some("new b")),
        stand.write("c.toml", Some("old c"), None),
        stand.write("other.toml", Some("other"), Some("other")),
    ];
    (stand, writes)
}

/// All old or all new, and nothing else anywhere.
fn assert_whole(stand: &Stand, is_new: bool, what: &str) {
    let expected = files(if is_new { &NEW } else { &OLD });
    assert_eq!(stand.files(), expected, "{what}");
    assert_eq!(stand.journals(), [""; 0], "{what}");
}

/// Runs a test with the exchange of names, and without.
fn on_every_file_system(test: impl Fn()) {
    for forbidden in [false, true] {
        forbid_exchange(forbidden);
        test();
    }
    forbid_exchange(false);
}

#[test]
fn a_write_is_done() {
    on_every_file_system(|| {
        let (stand, writes) = stand();
        stand.store.write(&writes).expect("written");
        assert_whole(&stand, true, "written");
        assert_eq!(stand.recover().expect("nothing to do"), None);
    });
}

#[test]
fn killed_at_any_step_and_again_while_it_recovers() {
    on_every_file_system(|| {
        let mut sides = [0; 2];
        for step in 0.. {
            let (stand, writes) = stand();
            let (_, is_killed) = with(step, kill(), || stand.store.write(&writes));
            if !is_killed {
                break;
            }
            let is_new = !matches!(stand.recover().expect("recovers"), None | Some(Recovered::Undone { .. }))
                || stand.files() == files(&NEW);
            assert_whole(&stand, is_new, &format!("killed at {step}"));
            sides[usize::from(is_new)] += 1;
            for again in 0.. {
                let (stand, writes) = self::stand();
                with(step, kill(), || stand.store.write(&writes));
                let (_, is_killed) = with(again, kill(), || stand.recover());
                stand.recover().expect("recovers");
                assert_whole(&stand, is_new, &format!("killed at {step} and {again}"));
                if !is_killed {
                    break;
                }
            }
        }
        assert!(sides[0] > 20 && sides[1] > 3, "{sides:?}: both ends are reached");
    });
}

#[test]
fn an_error_at_any_step_undoes_all() {
    on_every_file_system(|| {
        let mut failures = 0;
        for step in 0.. {
            let (stand, writes) = stand();
            let (outcome, is_failed) = with(step, fail(), || stand.store.write(&writes));
            if !is_failed {
                break;
            }
            match outcome.expect("nothing is killed") {
                Ok(()) => {
                    // What is left is to tidy up.
                    assert!(matches!(stand.recover(), Ok(None | Some(Recovered::Done))), "at {step}");
                    assert_whole(&stand, true, &format!("failed at {step}"));
                }
                Err(error) => {
                    assert!(matches!(error, WriteError::Io { .. }), "at {step}: {error:?}");
                    failures += 1;
                    assert_whole(&stand, false, &format!("failed at {step}"));
                }
            }
        }
        assert!(failures > 20, "{failures}");
    });
}

#[test]
fn an_error_while_it_recovers_is_tried_again() {
    on_every_file_system(|| {
        for step in 0.. {
            let (stand, writes) = stand();
            if !with(step, kill(), || stand.store.write(&writes)).1 {
                break;
            }
            for again in 0.. {
                let (stand, writes) = self::stand();
                with(step, kill(), || stand.store.write(&writes));
                let (outcome, is_failed) = with(again, fail(), || stand.recover());
                if !is_failed {
                    break;
                }
                if outcome.expect("nothing is killed").is_err() {
                    stand.recover().expect("recovers");
                }
                let is_new = stand.files() == files(&NEW);
                assert_whole(&stand, is_new, &format!("killed at {step}, failed at {again}"));
            }
        }
    });
}

/// Someone else saves a file while it is being written, at any step. What they saved is there in the end.
#[test]
fn what_others_write_meanwhile_is_never_lost() {
    // Only the exchange of names leaves no moment in between.
    for name in ["a.toml", "c.toml", "new/b.toml"] {
        let mut refused = 0;
        for step in 0.. {
            let (stand, writes) = stand();
            let path = stand.at(name);
            let meddle: Fault = Box::new(move || {
                // As editors do it: a file of its own, then its name.
                let draft = path.with_extension("draft");
                std::fs::create_dir_all(path.parent().expect("a parent"))?;
                std::fs::write(&draft, "theirs")?;
                std::fs::rename(draft, path)
            });
            let (outcome, is_done) = with(step, meddle, || stand.store.write(&writes));
            if !is_done {
                break;
            }
            let mut expected = match outcome.expect("nothing is killed") {
                Ok(()) => files(&NEW),
                Err(error) => {
                    assert!(matches!(&error, WriteError::Changed { path } if *path == stand.at(name)), "{error:?}");
                    refused += 1;
                    files(&OLD)
                }
            };
            expected.insert(name.to_owned(), "theirs".to_owned());
            assert_eq!(stand.files(), expected, "{name} at {step}");
            assert_eq!(stand.journals(), [""; 0], "{name} at {step}");
        }
        assert!(refused > 5, "{name}: {refused}");
    }
}

/// The process is killed, someone saves a file by hand, then it recovers.
#[test]
fn what_others_write_before_it_recovers_stays() {
    for step in 0.. {
        let (stand, writes) = stand();
        if !with(step, kill(), || stand.store.write(&writes)).1 {
            break;
        }
        stand.put("a.toml", "theirs");
        stand.recover().expect("recovers");
        let found = stand.files();
        assert_eq!(found["a.toml"], "theirs", "at {step}");
        let others = |all: &[(&str, &str)]| {
            let mut all = files(all);
            all.remove("a.toml");
            all
        };
        let mut rest = found;
        rest.remove("a.toml");
        assert!([others(&OLD), others(&NEW)].contains(&rest), "at {step}: {rest:?}");
    }
}

//! The writer without its thread: as it is while a disk or a pipe blocks.

use super::*;

#[test]
fn a_writer_that_is_stuck_keeps_nobody_waiting() {
    let (queue, mut messages) = mpsc::channel(1);
    let lost = IntCounter::new("lost", "lost").expect("a counter");
    let writer = Writer { queue, reopen: Arc::default(), lost: lost.clone(), form: Form::Json };
    for _ in 0..3 {
        writer.queue(Batch { bytes: b"a\n".to_vec(), lines: 1 });
        writer.reopen();
    }
    assert_eq!(lost.get(), 2);
    assert!(matches!(messages.try_recv(), Ok(Message::Lines(_))));
    // It is not forgotten.
    assert!(writer.reopen.load(Ordering::Acquire));
}

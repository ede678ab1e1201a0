//! The writer without its thread: as it is while a disk or a pipe blocks.

use super::*;

#[test]
fn a_writer_that_is_stuck_keeps_nobody_waiting() {
    let (queue, mut messages) = mpsc::channel(1);
    let lost = IntCounter::new("lost", "lost").expect("a counter");
    let writer = Writer { queue, reopen: Arc::default(), lost: lost.clone() };
    for _ in 0..3 {
        writer.queue(Batch { bytes: b"a\n".to_vec(), lines: 1 });
        writer.reopen();
    }
    assert_eq!(lost.get(), 2);
    assert!(matches!(messages.try_recv(), Ok(Message::Lines(_))));
    // It is not forgotten.
    assert!(writer.reopen.load(Ordering::Acquire));
}

#[test]
fn a_moment_is_written_with_milliseconds() {
    let mut stamp = Stamp::default();
    let time = SystemTime::UNIX_EPOCH + Duration::from_micros(1_700_000_000_123_900);
    assert_eq!(stamp.of(time), "2023-11-14T22:13:20.123Z");
    assert_eq!(stamp.of(time + Duration::from_micros(99)), "2023-11-14T22:13:20.123Z");
    assert_eq!(stamp.of(time + Duration::from_micros(100)), "2023-11-14T22:13:20.124Z");
    assert_eq!(stamp.of(time - Duration::from_secs(1)), "2023-11-14T22:13:19.123Z");
    assert_eq!(stamp.of(SystemTime::UNIX_EPOCH), "1970-01-01T00:00:00.000Z");
}

//! Tests of [`memory`](super).

use super::*;

#[test]
fn more_than_any_memory_is_refused_before_it_is_touched() {
    for bytes in [1 << 46, 1 << 62, u64::MAX] {
        assert_eq!(reserve(bytes), Err(bytes));
    }
    assert!(reserve(1000).unwrap().capacity() >= 1000);
}

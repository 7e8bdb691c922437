//! Tests of [`memory`](crate::data::memory).

use crate::data::memory::reserve;

#[test]
fn more_than_any_memory_is_refused_before_it_is_touched() {
    for bytes in [1 << 46, 1 << 62, u64::MAX] {
        assert_eq!(reserve(bytes), Err(bytes));
    }
    assert!(reserve(1000).unwrap().capacity() >= 1000);
}

//! The parts of some work in queues, one for each thread.

use std::sync::{Mutex, PoisonError};

/// The most queues of parts; more threads share them.
const QUEUES: usize = 32;

/// Parts with their places to write to, in order; in a cache line of its own.
#[repr(align(128))]
struct Queue<'a, T> {
    /// The index of the first part.
    first: usize,
    parts: Mutex<std::iter::Enumerate<std::slice::ChunksMut<'a, T>>>,
}

/// The parts of some work, in one queue for each thread: what a thread did in one phase it does in the
/// next too, where its cache has it.
pub(super) struct Queues<'a, T> {
    queues: heapless::Vec<Queue<'a, T>, QUEUES>,
}

impl<'a, T> Queues<'a, T> {
    pub(super) fn new(out: &'a mut [T], size: usize, threads: usize) -> Self {
        let parts = out.len().div_ceil(size);
        let count = threads.clamp(1, QUEUES);
        let (mut queues, mut rest) = (heapless::Vec::new(), out);
        let mut first = 0;
        for queue in 0..count {
            let last = parts * (queue + 1) / count;
            let (own, after) = rest.split_at_mut(((last - first) * size).min(rest.len()));
            rest = after;
            let parts = Mutex::new(own.chunks_mut(size).enumerate());
            let pushed = queues.push(Queue { first, parts });
            debug_assert!(pushed.is_ok());
            first = last;
        }
        Self { queues }
    }

    /// Number of queues.
    pub(super) fn count(&self) -> usize {
        self.queues.len()
    }

    /// The next part of the queue, its first or its last one.
    pub(super) fn next(&self, queue: usize, own: bool) -> Option<(usize, &'a mut [T])> {
        let Queue { first, parts } = &self.queues[queue % self.queues.len()];
        let mut parts = parts.lock().unwrap_or_else(PoisonError::into_inner);
        let (index, out) = if own { parts.next() } else { parts.next_back() }?;
        Some((first + index, out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_takes_its_own_parts_in_order_and_those_of_others_from_their_end() {
        let mut out = [0; 13];
        let queues = Queues::new(&mut out, 2, 3);
        let next = |queue, own| queues.next(queue, own).map(|(index, out)| (index, out.len()));
        assert_eq!(
            (next(0, true), next(0, true), next(0, true)),
            (Some((0, 2)), Some((1, 2)), None)
        );
        assert_eq!((next(2, false), next(2, true)), (Some((6, 1)), Some((4, 2))));
        assert_eq!((next(1, true), next(1, false)), (Some((2, 2)), Some((3, 2))));
        assert_eq!((next(2, false), next(5, true)), (Some((5, 2)), None));
    }

    #[test]
    fn every_part_is_in_one_queue() {
        for (length, size, threads) in [(0, 1, 2), (1, 5, 4), (7, 2, 1), (100, 3, 7), (100, 1, 90)]
        {
            let mut out = vec![0; length];
            let queues = Queues::new(&mut out, size, threads);
            assert_eq!(queues.count(), threads.min(QUEUES));
            let mut all = vec![];
            for queue in 0..queues.count() {
                while let Some((index, out)) = queues.next(queue, queue % 2 == 0) {
                    all.push((index, out.len()));
                }
            }
            all.sort_unstable();
            let expected = (0..length).step_by(size).map(|first| size.min(length - first));
            assert!(all.into_iter().eq(expected.enumerate()), "{length} {size} {threads}");
        }
    }
}

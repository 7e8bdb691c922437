//! Ranking: the best of a population in order, for elitism and truncation.

use crate::order::Direction;

/// Fills `order` with the indices of the `order.len()` best individuals, best first; of equals the
/// one of lower index first, NaN last. Places past the size of the population are left as they are.
///
/// A heap of the best so far, sorted at the end (Williams 1964): n log k steps for k of n, no memory
/// but `order`, and no path to a panic, which a sort of the standard library has.
pub fn best(fitness: &[f32], direction: Direction, order: &mut [usize]) {
    let room = order.len().min(fitness.len());
    let mut heap = Heap { fitness, direction, order: order.get_mut(..room).unwrap_or_default() };
    for individual in 0..fitness.len() {
        if individual < room {
            heap.set(individual, individual);
            heap.rise(individual);
        } else if heap.ahead(Some(individual), heap.at(0)) {
            heap.set(0, individual);
            heap.sink(0, room);
        }
    }
    for last in (1..room).rev() {
        heap.swap(0, last);
        heap.sink(0, last);
    }
}

/// A binary heap of indices in which no child is ranked behind its parent: the worst is at the top.
struct Heap<'a> {
    fitness: &'a [f32],
    direction: Direction,
    order: &'a mut [usize],
}

impl Heap<'_> {
    fn at(&self, place: usize) -> Option<usize> {
        self.order.get(place).copied()
    }

    fn set(&mut self, place: usize, individual: usize) {
        if let Some(to) = self.order.get_mut(place) {
            *to = individual;
        }
    }

    fn swap(&mut self, a: usize, b: usize) {
        if let (Some(first), Some(second)) = (self.at(a), self.at(b)) {
            self.set(a, second);
            self.set(b, first);
        }
    }

    /// Whether individual `a` ranks before `b`. No two rank alike.
    fn ahead(&self, a: Option<usize>, b: Option<usize>) -> bool {
        let of = |individual: usize| self.fitness.get(individual).copied().unwrap_or(f32::NAN);
        match (a, b) {
            (Some(a), Some(b)) => self.direction.compare(of(a), of(b)).then(a.cmp(&b)).is_lt(),
            _ => false,
        }
    }

    /// Moves the entry at `place` up to where its parent is worse.
    fn rise(&mut self, mut place: usize) {
        while place > 0 {
            let parent = (place - 1) / 2;
            if !self.ahead(self.at(parent), self.at(place)) {
                return;
            }
            self.swap(parent, place);
            place = parent;
        }
    }

    /// Moves the entry at `place` down to where both children are better, in a heap of `end` entries.
    fn sink(&mut self, mut place: usize, end: usize) {
        loop {
            let left = place.saturating_mul(2).saturating_add(1);
            let right = left.saturating_add(1);
            if left >= end {
                return;
            }
            let right_is_worse = right < end && self.ahead(self.at(left), self.at(right));
            let child = if right_is_worse { right } else { left };
            if !self.ahead(self.at(place), self.at(child)) {
                return;
            }
            self.swap(place, child);
            place = child;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{Purpose, index, stream};
    extern crate std;
    use std::vec::Vec;

    #[test]
    fn the_best_come_first_and_nan_last() {
        let fitness = [2.0, f32::NAN, 1.0, 2.0, 3.0];
        let mut order = [9; 5];
        best(&fitness, Direction::Minimise, &mut order);
        assert_eq!(order, [2, 0, 3, 4, 1]);
        let mut order = [9; 3];
        best(&fitness, Direction::Maximise, &mut order);
        assert_eq!(order, [4, 0, 3]);
    }

    #[test]
    fn places_without_an_individual_are_left() {
        let mut order = [9; 3];
        best(&[1.0], Direction::Minimise, &mut order);
        assert_eq!(order, [0, 9, 9]);
        best(&[], Direction::Minimise, &mut []);
        best(&[1.0], Direction::Minimise, &mut []);
    }

    #[test]
    fn every_prefix_equals_a_stable_sort_of_the_standard_library() {
        let mut rng = stream(5, 0, 0, Purpose::Show);
        for size in 0..40 {
            // Few values, so that many are equal; one in seven is NaN.
            let draw = |n| if n == 0 { f32::NAN } else { n as f32 };
            let fitness: Vec<f32> = (0..size).map(|_| draw(index(&mut rng, 7))).collect();
            for direction in [Direction::Minimise, Direction::Maximise] {
                let mut sorted: Vec<usize> = (0..size).collect();
                sorted.sort_by(|a, b| direction.compare(fitness[*a], fitness[*b]));
                for count in 0..=size {
                    let mut order = std::vec![usize::MAX; count];
                    best(&fitness, direction, &mut order);
                    assert_eq!(order, sorted[..count], "{count} of {fitness:?}");
                }
            }
        }
    }
}

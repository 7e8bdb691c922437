//! The best of a population, which survive unchanged.

use crate::order::Direction;

/// Fills `order` with the indices of the `order.len()` best individuals, best first; of equals the
/// one of lower index first. Places past the size of the population are left as they are.
///
/// Counts for each individual how many are better, which takes time quadratic in the population
/// but neither memory nor a sort that could panic; at 1,000 individuals it is a millisecond.
pub fn best(fitness: &[f32], direction: Direction, order: &mut [usize]) {
    for (individual, &own) in fitness.iter().enumerate() {
        let mut rank = 0_usize;
        for (other, &value) in fitness.iter().enumerate() {
            let ahead = direction.compare(value, own).then(other.cmp(&individual)).is_lt();
            rank = rank.saturating_add(usize::from(ahead));
        }
        if let Some(place) = order.get_mut(rank) {
            *place = individual;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
    }
}

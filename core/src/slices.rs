//! Slice functions without a path to a panic; those of the standard library have one.

/// Number of floats of a lane group: 64 bytes of `f32`.
pub(crate) const LANES: usize = 16;

/// Number of floats in a row of so many values, padded to whole lane groups; saturating.
pub(crate) const fn row_length(values: usize) -> usize {
    values.div_ceil(LANES).saturating_mul(LANES)
}

/// Copies as far as both reach; callers give slices of equal length.
#[inline]
pub(crate) fn copy(to: &mut [f32], from: &[f32]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to = *from;
    }
}

/// Keeps a step of a loop apart from the other steps for the optimiser, which else makes vectors across steps, with
/// gathers, instead of across the lanes inside of each. It costs a store and a load.
#[inline(always)]
pub(crate) fn apart<T: Copy>(x: T) -> T {
    core::hint::black_box(x)
}

/// [`apart`] for a place that is written.
#[inline(always)]
pub(crate) fn apart_mut<T: ?Sized>(x: &mut T) -> &mut T {
    core::hint::black_box(x)
}

/// Consecutive parts of `length`, the last one perhaps shorter; none of length 0. As `chunks`, which
/// divides by the length when it is zipped.
#[inline(always)]
pub(crate) fn parts<T>(slice: &[T], length: usize) -> impl Iterator<Item = &[T]> {
    let mut rest = slice;
    core::iter::from_fn(move || {
        if rest.is_empty() || length == 0 {
            return None;
        }
        let (part, after) = rest.split_at_checked(length).unwrap_or((rest, &[]));
        rest = after;
        Some(part)
    })
}

/// [`parts`] to be written.
#[inline(always)]
pub(crate) fn parts_mut<T>(slice: &mut [T], length: usize) -> impl Iterator<Item = &mut [T]> {
    let mut rest = slice;
    core::iter::from_fn(move || {
        let all = core::mem::take(&mut rest);
        if all.is_empty() || length == 0 {
            return None;
        }
        let (part, after) = all.split_at_mut(length.min(all.len()));
        rest = after;
        Some(part)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_the_chunks_of_the_standard_library() {
        let mut numbers = [1, 2, 3, 4, 5, 6, 7];
        for length in 1..9 {
            assert!(parts(&numbers, length).eq(numbers.chunks(length)), "{length}");
            let copy = numbers;
            assert!(parts_mut(&mut numbers, length).eq(copy.chunks(length)), "{length}");
        }
        assert_eq!(parts(&numbers, 0).count(), 0);
        assert_eq!(parts_mut(&mut numbers, 0).count(), 0);
        assert_eq!(parts::<u8>(&[], 3).count(), 0);
    }
}

//! A line of a plot that is thinned while it grows, to about the width of a picture.

/// The most buckets: somewhat more than a picture has columns of pixels.
const MOST: usize = 1024;

/// Values over generations, in at most 1,024 buckets.
///
/// A bucket is a range of generations of a power of two, and keeps its lowest, highest and last value:
/// a line through these looks like one through all of them. Up to 1,024 generations nothing is lost. When
/// there are more buckets, neighbours are joined, so what is kept depends on nothing but the points.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Series {
    buckets: Vec<Bucket>,
    /// A bucket holds 2^this generations.
    exponent: u32,
}

/// A generation and its value.
type Point = (u32, f32);

#[derive(Debug, Clone, Copy, PartialEq)]
struct Bucket {
    lowest: Point,
    highest: Point,
    last: Point,
}

impl Bucket {
    fn join(&mut self, later: &Self) {
        if later.lowest.1 < self.lowest.1 {
            self.lowest = later.lowest;
        }
        if later.highest.1 > self.highest.1 {
            self.highest = later.highest;
        }
        self.last = later.last;
    }
}

impl Series {
    /// A line without points.
    #[must_use]
    pub const fn new() -> Self {
        Self { buckets: Vec::new(), exponent: 0 }
    }

    /// Adds a point behind all others.
    pub fn push(&mut self, generation: u32, value: f32) {
        let point = (generation, value);
        append(
            &mut self.buckets,
            Bucket { lowest: point, highest: point, last: point },
            self.exponent,
        );
        while self.buckets.len() > MOST && self.exponent < 31 {
            self.exponent += 1;
            let mut joined = Vec::with_capacity(MOST);
            for bucket in self.buckets.drain(..) {
                append(&mut joined, bucket, self.exponent);
            }
            self.buckets = joined;
        }
    }

    /// The points of the line, in the order of their generations.
    pub fn points(&self) -> impl Iterator<Item = Point> {
        self.buckets.iter().flat_map(|Bucket { lowest, highest, last }| {
            let mut points = [*lowest, *highest, *last];
            points.sort_by_key(|point| point.0);
            let [a, b, c] = points;
            let different =
                [Some(a), Some(b).filter(|b| b.0 != a.0), Some(c).filter(|c| c.0 != b.0)];
            different.into_iter().flatten()
        })
    }
}

/// Puts a bucket behind others, or joins it with the last one.
fn append(buckets: &mut Vec<Bucket>, bucket: Bucket, exponent: u32) {
    match buckets.last_mut() {
        Some(last) if last.last.0 >> exponent == bucket.last.0 >> exponent => last.join(&bucket),
        _ => buckets.push(bucket),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(points: impl Iterator<Item = Point>) -> Series {
        let mut series = Series::new();
        points.for_each(|(generation, value)| series.push(generation, value));
        series
    }

    #[test]
    fn a_short_run_is_kept_as_it_is() {
        let points = |count| (0..count).map(|x| (x, (x * 7 % 10) as f32));
        assert!(series(points(1024)).points().eq(points(1024)));
        assert!(series(points(0)).points().eq(points(0)));
    }

    #[test]
    fn a_long_run_keeps_its_peaks_and_its_end_in_bounded_memory() {
        let value = |x: u32| match x {
            123_456 => 9.0,
            654_321 => -9.0,
            _ => (x % 3) as f32,
        };
        let series = series((0..1_000_000).map(|x| (x, value(x))));
        let points: Vec<_> = series.points().collect();
        assert!(points.len() <= 3 * MOST && points.len() >= MOST / 2, "{}", points.len());
        for kept in [(0, 0.0), (123_456, 9.0), (654_321, -9.0), (999_999, value(999_999))] {
            assert!(points.contains(&kept), "{kept:?}");
        }
        assert!(points.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert!(series.buckets.capacity() <= 2 * MOST);
    }

    #[test]
    fn generations_far_apart_are_points_too() {
        let far = [(0, 1.0), (u32::MAX / 2, 2.0), (u32::MAX, 3.0)];
        assert!(series(far.into_iter()).points().eq(far));
        let mut many = Series::new();
        (0..5_000_u32).for_each(|x| many.push(x * 800_000, x as f32));
        assert!(many.buckets.len() <= MOST);
    }
}

use super::*;
use tinyevo_core::hash::Fnv1a;

const SHAPE: Shape = Shape { height: 13, width: 17, channels: 1 };
const NONE: Distortion =
    Distortion { rotation: 0.0, scale: 0.0, shear: 0.0, elastic: 0.0, lifetime: 1 };
const STRONG: Distortion =
    Distortion { rotation: 0.5, scale: 0.25, shear: 0.5, elastic: 2.0, lifetime: 1 };

fn image() -> Vec<u8> {
    (0..SHAPE.elements() as u64).map(|index| (derive(9, index) >> 50) as u8).collect()
}

fn distorted(warp: &Warp, key: u64) -> Vec<u8> {
    let (mut margin, mut out) = (vec![0; warp.margin_length()], vec![77; SHAPE.elements()]);
    warp.distort(&image(), key, &mut margin, &mut out);
    out
}

#[test]
fn without_distortion_an_image_stays() {
    let warp = Warp::new(NONE, SHAPE, 1).unwrap();
    assert!((0..20).all(|key| distorted(&warp, key) == image()));
}

/// The same in doubles, with the library's sine and cosine, and pixel by pixel.
fn by_definition(warp: &Warp, key: u64) -> Vec<f64> {
    let [first, second, third] = [0, 1, 2].map(|index| derive(key, index));
    let of = |word: u64| f64::from((word as u32) >> 8) / 8_388_608.0 - 1.0;
    let settings = warp.settings;
    let (sine, cosine) = (f64::from(settings.rotation) * of(first)).sin_cos();
    let shear = f64::from(settings.shear) * of(first >> 32);
    let (scale_x, scale_y) = (
        1.0 + f64::from(settings.scale) * of(second),
        1.0 + f64::from(settings.scale) * of(second >> 32),
    );
    let features = SHAPE.elements();
    let field = &warp.fields[(third % 256) as usize * 2 * features..];
    let elastic = f64::from(settings.elastic) * if third >> 63 == 1 { -1.0 } else { 1.0 };
    let image = image();
    let pixel = |x: i64, y: i64| match (usize::try_from(x), usize::try_from(y)) {
        (Ok(x), Ok(y)) if x < SHAPE.width && y < SHAPE.height => {
            f64::from(image[y * SHAPE.width + x])
        }
        _ => 0.0,
    };
    (0..features)
        .map(|place| {
            let (x, y) = (place % SHAPE.width, place / SHAPE.width);
            // Scaled, then sheared, then rotated.
            let (x, y) = (scale_x * (x as f64 - 8.0), scale_y * (y as f64 - 6.0));
            let x = x + shear * y;
            let (x, y) = (cosine * x - sine * y, sine * x + cosine * y);
            let x = x + 8.0 + elastic * f64::from(field[place]);
            let y = y + 6.0 + elastic * f64::from(field[features + place]);
            let (left, top) = (x.floor(), y.floor());
            let (u, v) = (x - left, y - top);
            let (left, top) = (left as i64, top as i64);
            let row = |y| pixel(left, y) * (1.0 - u) + pixel(left + 1, y) * u;
            row(top) * (1.0 - v) + row(top + 1) * v
        })
        .collect()
}

#[test]
fn pixels_are_those_of_the_definition() {
    let warp = Warp::new(STRONG, SHAPE, 5).unwrap();
    let mut changed = 0;
    for key in 0..50 {
        let (got, expected) = (distorted(&warp, key), by_definition(&warp, key));
        for (got, expected) in got.iter().zip(&expected) {
            // The series at half a radian moves a pixel by 0.003; neighbours differ by 255.
            assert!((f64::from(*got) - expected).abs() < 2.0, "{key}: {got} {expected}");
        }
        changed += usize::from(got != image());
    }
    assert_eq!(changed, 50);
}

#[test]
fn fields_are_smooth_and_of_unit_variance() {
    let warp = Warp::new(STRONG, SHAPE, 5).unwrap();
    assert_eq!(warp.fields.len(), 2 * FIELDS * SHAPE.elements());
    let mean = |of: &dyn Fn(&[f32], usize) -> f32| {
        let rows = warp.fields.chunks(SHAPE.width);
        let all: Vec<f32> = rows.flat_map(|row| (0..12).map(|x| of(row, x))).collect();
        all.iter().map(|&value| f64::from(value)).sum::<f64>() / all.len() as f64
    };
    // About 1,500 independent patches.
    let (first, second) = (mean(&|row, x| row[x]), mean(&|row, x| row[x] * row[x]));
    assert!(first.abs() < 0.1 && (second - 1.0).abs() < 0.12, "{first} {second}");
    // The correlation at a distance d is about exp(-(d/8)^2).
    for (distance, expected) in [(1, 0.984), (4, 0.779)] {
        let got = mean(&|row, x| row[x] * row[x + distance]) / second;
        assert!((got - expected).abs() < 0.03, "{distance}: {got}");
    }
}

#[test]
fn an_image_depends_on_seed_and_key_alone() {
    let new = |seed| Warp::new(STRONG, SHAPE, seed).unwrap();
    let (one, same, other) = (new(3), new(3), new(4));
    let _ = distorted(&same, 8);
    assert_eq!(distorted(&one, 7), distorted(&same, 7));
    assert_ne!(distorted(&one, 7), distorted(&one, 8));
    assert_ne!(distorted(&one, 7), distorted(&other, 7));
    let mut hash = Fnv1a::new();
    (0..8).for_each(|key| hash.bytes(&distorted(&one, key)));
    assert_eq!(format!("{:016x}", hash.finish()), "2ccacf4383cc2835");
}

#[test]
fn images_of_one_pixel_or_row_are_distorted() {
    for (height, width) in [(1, 1), (1, 5), (5, 1)] {
        let shape = Shape { height, width, channels: 1 };
        let warp = Warp::new(STRONG, shape, 3).unwrap();
        let (mut margin, mut out) = (vec![0; warp.margin_length()], vec![0; shape.elements()]);
        for key in 0..99 {
            warp.distort(&vec![255; shape.elements()], key, &mut margin, &mut out);
        }
    }
}

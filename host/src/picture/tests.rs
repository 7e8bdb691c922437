use super::*;
use image::{GrayImage, ImageFormat, Luma, Rgba};
use std::io::Cursor;

const SHAPE: Shape = Shape { height: 28, width: 28, channels: 1 };

/// A picture of bytes, row by row.
fn grey(width: u32, height: u32, pixel: impl Fn(u32, u32) -> u8) -> DynamicImage {
    GrayImage::from_fn(width, height, |x, y| Luma([pixel(x, y)])).into()
}

fn fitted(picture: &DynamicImage) -> Vec<u8> {
    sample(picture, SHAPE, Taken::Fitted).unwrap().pixels
}

/// A bar of 100x200 pixels far from the middle of 400x300.
fn bar(ground: u8, ink: u8) -> DynamicImage {
    let is_ink = |x: u32, y: u32| (20..120).contains(&x) && (60..260).contains(&y);
    grey(400, 300, |x, y| if is_ink(x, y) { ink } else { ground })
}

#[test]
fn ink_fills_the_box_and_stands_in_the_middle_on_any_ground() {
    let expected: Vec<u8> = (0..28 * 28)
        .map(|index| {
            let (x, y) = (index % 28, index / 28);
            if (10..20).contains(&x) && (5..25).contains(&y) { 255 } else { 0 }
        })
        .collect();
    for (ground, ink) in [(0, 255), (255, 0), (20, 200), (230, 40), (100, 140), (128, 100)] {
        assert!(fitted(&bar(ground, ink)) == expected, "{ground} {ink}");
    }
}

#[test]
fn the_centre_of_mass_stands_in_the_middle() {
    // A heavy block below a thin line: the mass lies low, so the ink stands high.
    let picture = grey(200, 200, |x, y| {
        let line = (98..102).contains(&x) && (20..180).contains(&y);
        let block = (60..140).contains(&x) && (100..140).contains(&y);
        if line || block { 0 } else { 255 }
    });
    let sample = fitted(&picture);
    let mass = |index: usize| f64::from(sample[index]);
    let total: f64 = (0..784).map(mass).sum();
    let y = (0..784).map(|index| mass(index) * (index / 28) as f64).sum::<f64>() / total;
    let x = (0..784).map(|index| mass(index) * (index % 28) as f64).sum::<f64>() / total;
    assert!((x - 14.0).abs() <= 0.5 && (y - 14.0).abs() <= 0.5, "{x} {y}");
}

#[test]
fn a_picture_of_the_right_size_is_taken_pixel_by_pixel() {
    let pixel = |x: u32, y: u32| if y == 3 { (x * 9) as u8 } else { 0 };
    let bright = grey(28, 28, pixel);
    let bytes: Vec<u8> = bright.to_luma8().into_raw();
    assert_eq!(fitted(&bright), bytes);
    assert_eq!(sample(&bright, SHAPE, Taken::Exact).unwrap().pixels, bytes);
    let dark = grey(28, 28, |x, y| 255 - pixel(x, y));
    assert_eq!(fitted(&dark), bytes);
    assert_eq!(sample(&dark, SHAPE, Taken::Exact).unwrap().pixels, dark.to_luma8().into_raw());
    let error = sample(&bar(0, 255), SHAPE, Taken::Exact).unwrap_err().to_string();
    assert!(error.contains("400x300") && error.contains("28x28"), "{error}");
}

#[test]
fn a_vector_of_a_square_is_a_picture_and_others_are_none() {
    assert_eq!(
        sample(&bar(0, 255), Shape::flat(784), Taken::Fitted).unwrap().pixels,
        fitted(&bar(0, 255))
    );
    for shape in [Shape::flat(12), Shape { height: 6, width: 50, channels: 2 }, Shape::flat(1)] {
        let error = sample(&bar(0, 255), shape, Taken::Fitted).unwrap_err();
        assert!(matches!(error, PictureError::NoPictures(..)), "{error}");
    }
}

#[test]
fn colours_are_scaled_as_a_whole() {
    let shape = Shape { height: 2, width: 2, channels: 3 };
    let colour = |x: u32, y: u32| if x < 10 { [200, 10, 0] } else { [0, (y / 10 * 50) as u8, 90] };
    let picture = RgbImage::from_fn(20, 20, |x, y| Rgb(colour(x, y)));
    let sample = sample(&picture.into(), shape, Taken::Fitted).unwrap().pixels;
    assert_eq!(sample, [200, 10, 0, 0, 0, 90, 200, 10, 0, 0, 50, 90]);
}

#[test]
fn what_is_transparent_is_ground() {
    let drawn = |ink: u8| {
        let on = move |x: u32, y: u32| {
            let is_ink = (20..120).contains(&x) && (60..260).contains(&y);
            Rgba([ink, ink, ink, if is_ink { 255 } else { 0 }])
        };
        DynamicImage::from(RgbaImage::from_fn(400, 300, on))
    };
    assert_eq!(fitted(&drawn(0)), fitted(&bar(255, 0)));
    assert_eq!(fitted(&drawn(255)), fitted(&bar(0, 255)));
}

#[test]
fn a_ground_that_is_not_plain_gets_a_note() {
    let of = |picture: &DynamicImage, taken| sample(picture, SHAPE, taken).unwrap();
    let plain = of(&bar(230, 40), Taken::Fitted);
    assert_eq!((plain.border, plain.note()), (Some(0.0), None));
    // From black on the left to white on the right: the ground is grey, so the rows are ink from the middle on.
    let shade = grey(200, 100, |x, _| (x * 255 / 199) as u8);
    let shaded = of(&shade, Taken::Fitted);
    let border = shaded.border.unwrap();
    assert!((0.4..0.6).contains(&border), "{border}");
    let note = shaded.note().unwrap();
    assert!(note.starts_with(&format!("{:.0} % of the border", 100.0 * border)), "{note}");
    // Nothing is told apart where pixels are taken as they are.
    let small = grey(28, 28, |x, _| (x * 9) as u8);
    for taken in [Taken::Fitted, Taken::Exact] {
        assert_eq!(of(&small, taken).border, None);
    }
}

#[test]
fn nothing_on_a_picture_and_files_that_are_none_are_errors() {
    for level in [0, 128, 255] {
        let error = sample(&grey(50, 40, |_, _| level), SHAPE, Taken::Fitted).unwrap_err();
        assert!(matches!(error, PictureError::Blank), "{error}");
    }
    let read = |bytes: Vec<u8>| decoded(ImageReader::new(Cursor::new(bytes)));
    let mut bytes = Vec::new();
    bar(0, 255).write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png).unwrap();
    assert_eq!(read(bytes.clone()).unwrap(), bar(0, 255));
    assert!(read(bytes[..bytes.len() / 2].to_vec()).is_err());
    assert!(matches!(read(b"GIF89a".to_vec()), Err(PictureError::Format)));
    assert!(matches!(read(b"text".to_vec()), Err(PictureError::Format)));
    assert!(matches!(read(Vec::new()), Err(PictureError::Format)));
    // 60000x60000 pixels with four channels of 8 bits; the checksum is that of Python's zlib.crc32.
    let header = [0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60, 8, 6, 0, 0, 0, 0x80, 0xd2, 0x75, 0x42];
    let large = [&bytes[..16], &header, &bytes[33..]].concat();
    let error = read(large).unwrap_err();
    assert!(matches!(error, PictureError::TooLarge { width: 60_000, height: 60_000 }), "{error}");
    let error = super::read(Path::new("/no/such.png"), SHAPE, Taken::Fitted).unwrap_err();
    assert!(matches!(error, PictureError::Io(_)));
}

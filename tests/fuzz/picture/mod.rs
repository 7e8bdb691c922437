//! PNG and JPEG pictures, as `predict` takes them: a sample has the size that the network asks for.

use crate::{Seed, Target};
use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, GrayImage, ImageFormat, Luma, Rgb, RgbImage};
use std::io::Cursor;
use tinyevo::picture::{Taken, parse};
use tinyevo_core::shape::Shape;

/// The target.
pub const TARGET: Target = Target { name: "picture", seeds, check };

/// The checksum of a chunk of a PNG file.
const CHECKSUM: crc::Crc<u32> = crc::Crc::<u32>::new(&crc::CRC_32_ISO_HDLC);

fn seeds() -> Vec<Seed> {
    let grey = GrayImage::from_fn(9, 7, |x, y| Luma([if x == 4 && y > 1 { 0 } else { 240 }]));
    let colours = RgbImage::from_fn(4, 4, |x, y| Rgb([60 * x as u8, 60 * y as u8, 200]));
    let png = |picture: DynamicImage| {
        let mut bytes = Cursor::new(Vec::new());
        picture.write_to(&mut bytes, ImageFormat::Png).expect("a file in memory");
        bytes.into_inner()
    };
    let mut jpeg = Vec::new();
    JpegEncoder::new(&mut jpeg).encode_image(&grey).expect("a file in memory");
    vec![("grey", png(grey.into())), ("colours", png(colours.into())), ("jpeg", jpeg)]
}

/// Checks the bytes as they are, and with the checksums of chunks that they should have: past them the rest is reached.
fn check(bytes: &[u8]) -> bool {
    let accepted = check_file(bytes);
    let mut mended = bytes.to_vec();
    let mut at = 8;
    while let Some(length) = mended.get(at..at + 4) {
        let length = length.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte));
        let (start, end) = (at + 4, at.saturating_add(8).saturating_add(length));
        let Some(chunk) = mended.get(start..end) else { break };
        let sum = CHECKSUM.checksum(chunk).to_be_bytes();
        let Some(place) = mended.get_mut(end..end + 4) else { break };
        place.copy_from_slice(&sum);
        at = end + 4;
    }
    if mended != bytes {
        check_file(&mended);
    }
    accepted
}

fn check_file(bytes: &[u8]) -> bool {
    let mut accepted = false;
    for shape in [(28, 28, 1), (4, 4, 3)] {
        let (height, width, channels) = shape;
        let shape = Shape { height, width, channels };
        for taken in [Taken::Fitted, Taken::Exact] {
            match parse(bytes, shape, taken) {
                Ok(sample) => {
                    assert_eq!(sample.pixels.len(), shape.elements());
                    assert!(sample.border.is_none_or(|border| (0.0..=1.0).contains(&border)));
                    accepted = true;
                }
                Err(error) => assert!(!error.to_string().is_empty()),
            }
        }
    }
    accepted
}

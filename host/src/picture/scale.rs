//! A picture in another size.

use image::imageops::{self, FilterType};
use image::{ImageBuffer, Pixel};

/// A picture in another size: means of whole pixels where it becomes less than half as large, else weighted ones.
pub(super) fn scaled<P>(
    picture: &ImageBuffer<P, Vec<u8>>,
    width: usize,
    height: usize,
) -> ImageBuffer<P, Vec<u8>>
where
    P: Pixel<Subpixel = u8> + 'static,
{
    let (width, height) = (width as u32, height as u32);
    if 2 * width <= picture.width() && 2 * height <= picture.height() {
        imageops::thumbnail(picture, width, height)
    } else {
        imageops::resize(picture, width, height, FilterType::Triangle)
    }
}

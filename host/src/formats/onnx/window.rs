//! Windows of convolutions and poolings as the attributes of a node have them.

use super::proto::Node;
use super::tensor::{int, ints, text};
use tinyevo_core::layers::{Extent, Padding, Window};
use tinyevo_core::shape::Shape;

/// The window of a node over maps of a shape; what is wrong if tinyevo has none such. `size` is that of the kernel, where the
/// attributes need not say it.
pub(super) fn window(node: &Node, input: Shape, size: Option<Extent>) -> Result<Window, String> {
    if int(node, "group").is_some_and(|group| group != 1) {
        return Err("has groups; tinyevo's convolutions have one".to_string());
    }
    if ints(node, "dilations").iter().any(|step| *step != 1) {
        return Err("has dilations other than 1".to_string());
    }
    let named = pair(node, "kernel_shape")?;
    let Some(size) = size.or(named) else {
        return Err("has no kernel_shape".to_string());
    };
    if named.is_some_and(|named| named != size) {
        return Err("has a kernel_shape that is not that of its weights".to_string());
    }
    let stride = pair(node, "strides")?.unwrap_or(Extent::square(1));
    let with = |padding| Window { size, stride, padding };
    let window = match &*text(node, "auto_pad") {
        "" | "NOTSET" => {
            let own = match ints(node, "pads") {
                [] => [0; 4],
                &[top, left, bottom, right] => [top, left, bottom, right],
                other => return Err(format!("has pads {other:?}, not those of rows and columns")),
            };
            // Where the two paddings are one, it is named `valid`.
            let fits = |padding| pads(input, with(padding)) == own;
            let fitting =
                [Padding::Valid, Padding::Same].into_iter().find(|padding| fits(*padding));
            fitting.map(with).ok_or_else(|| {
                format!(
                    "has pads {own:?}; tinyevo has none, and Keras' \"same\", which are {:?} here",
                    pads(input, with(Padding::Same))
                )
            })?
        }
        "VALID" => with(Padding::Valid),
        "SAME_UPPER" => with(Padding::Same),
        other => {
            return Err(format!("has auto_pad {other:?}; NOTSET, VALID and SAME_UPPER are known"));
        }
    };
    check_rounding(node, input, window)?;
    Ok(window)
}

/// Refuses a pooling that rounds its number of outputs up where that is another number.
fn check_rounding(node: &Node, input: Shape, window: Window) -> Result<(), String> {
    let uneven = |input: usize, size: usize, stride: usize| {
        input.checked_sub(size).is_some_and(|rest| rest % stride.max(1) != 0)
    };
    let Window { size, stride, padding } = window;
    if int(node, "ceil_mode").unwrap_or(0) != 0
        && padding == Padding::Valid
        && (uneven(input.height, size.height, stride.height)
            || uneven(input.width, size.width, stride.width))
    {
        return Err("has ceil_mode; tinyevo rounds down".to_string());
    }
    Ok(())
}

/// The attribute of rows and columns.
fn pair(node: &Node, name: &str) -> Result<Option<Extent>, String> {
    let side = |number: i64| usize::try_from(number).ok().filter(|side| *side > 0);
    match ints(node, name) {
        [] => Ok(None),
        &[height, width] => {
            let pair = side(height).zip(side(width));
            let pair = pair.map(|(height, width)| Extent { height, width });
            pair.map(Some).ok_or_else(|| format!("has {name} {height}x{width}"))
        }
        other => Err(format!("has {name} {other:?}, not those of rows and columns")),
    }
}

/// What a window reaches past the border: rows and columns before the input, then behind it.
pub(super) fn pads(input: Shape, window: Window) -> [i64; 4] {
    let Window { size, stride, padding } = window;
    let side = |input: usize, size: usize, stride: usize| {
        let outputs = input.div_ceil(stride.max(1));
        let reach = outputs.saturating_sub(1).saturating_mul(stride).saturating_add(size);
        let both = match padding {
            Padding::Valid => 0,
            Padding::Same => i64::try_from(reach.saturating_sub(input)).unwrap_or(i64::MAX),
        };
        (both / 2, both - both / 2)
    };
    let (top, bottom) = side(input.height, size.height, stride.height);
    let (left, right) = side(input.width, size.width, stride.width);
    [top, left, bottom, right]
}

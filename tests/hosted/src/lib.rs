//! The scenarios' hashes, as functions that a program or a WebAssembly host calls.

use tinyevo_core::packed::Packed;
use tinyevo_scenarios::{
    ALGORITHMS, Classified, Evolved, PIXELS, SCENARIOS, Scenario, Source, from_nothing,
};

#[allow(dead_code, reason = "the module is made for others")]
mod int8 {
    include!(concat!(env!("TINYEVO_GENERATED"), "/int8.rs"));
}

#[allow(dead_code, reason = "the module is made for others")]
mod cnn {
    include!(concat!(env!("TINYEVO_GENERATED"), "/cnn.rs"));
}

#[allow(dead_code, reason = "the module is made for others")]
mod micro {
    include!(concat!(env!("TINYEVO_GENERATED"), "/micro.rs"));
}

#[allow(dead_code, reason = "the module is made for others")]
mod f32 {
    include!(concat!(env!("TINYEVO_GENERATED"), "/f32.rs"));
}

static IMAGES: &[u8] = include_bytes!(concat!(env!("TINYEVO_GENERATED"), "/images"));

/// All scenarios without input.
pub fn all() -> impl Iterator<Item = Scenario> {
    SCENARIOS.into_iter().chain(ALGORITHMS)
}

/// Number of scenarios.
#[unsafe(no_mangle)]
pub extern "C" fn scenarios() -> usize {
    all().count()
}

/// The hash of a scenario; 0 if it failed.
#[unsafe(no_mangle)]
pub extern "C" fn scenario(index: usize) -> u64 {
    all().nth(index).and_then(|(_, scenario)| scenario()).unwrap_or(0)
}

/// Where the name of a scenario starts.
#[unsafe(no_mangle)]
pub extern "C" fn name_start(index: usize) -> *const u8 {
    all().nth(index).map_or(std::ptr::null(), |(name, _)| name.as_ptr())
}

/// Number of bytes of the name of a scenario.
#[unsafe(no_mangle)]
pub extern "C" fn name_length(index: usize) -> usize {
    all().nth(index).map_or(0, |(name, _)| name.len())
}

fn integers() -> Option<(u64, u64, u32)> {
    let model = int8::model().ok()?;
    let (mut sums, mut activations) = ([0; int8::SCRATCH], [0; int8::SCRATCH]);
    let mut classified = Classified::new();
    for image in IMAGES.chunks(int8::INPUTS) {
        classified.integers(&model, image, &mut sums, &mut activations)?;
    }
    Some(classified.finish())
}

/// Hash of the integer logits of all images.
#[unsafe(no_mangle)]
pub extern "C" fn int8_logits() -> u64 {
    integers().map_or(0, |(logits, ..)| logits)
}

/// Hash of the classes of all images.
#[unsafe(no_mangle)]
pub extern "C" fn int8_classes() -> u64 {
    integers().map_or(0, |(_, classes, _)| classes)
}

/// Hash of the float logits of twenty images.
#[unsafe(no_mangle)]
pub extern "C" fn f32_logits() -> u64 {
    let mut classified = Classified::new();
    let mut scratch = [0.0; 256];
    if let Ok(network) = f32::network() {
        for image in IMAGES.chunks(int8::INPUTS).take(20) {
            classified.floats(&network, &f32::GENOME, image, &mut scratch);
        }
    }
    classified.finish().0
}

/// Hashes of the logits and the classes of twenty images by packed integers.
fn packed(network: &Packed<'_>) -> Option<(u64, u64)> {
    let mut sums = vec![0; network.sums_length()];
    let mut activations = vec![0; network.activations_length()];
    let mut classified = Classified::new();
    for image in IMAGES.chunks(int8::INPUTS).take(20) {
        classified.packed(network, image, &mut sums, &mut activations)?;
    }
    let (logits, classes, _) = classified.finish();
    Some((logits, classes))
}

/// Those of a network with convolutions in int8.
#[must_use]
pub fn cnn() -> (u64, u64) {
    cnn::network().ok().and_then(|network| packed(&network)).unwrap_or_default()
}

/// Those of one in fewer bits.
#[must_use]
pub fn micro() -> (u64, u64) {
    micro::network().ok().and_then(|network| packed(&network)).unwrap_or_default()
}

/// The hash of the logits of [`cnn`].
#[unsafe(no_mangle)]
pub extern "C" fn cnn_logits() -> u64 {
    cnn().0
}

/// The hash of the classes of [`cnn`].
#[unsafe(no_mangle)]
pub extern "C" fn cnn_classes() -> u64 {
    cnn().1
}

/// The hash of the logits of [`micro`].
#[unsafe(no_mangle)]
pub extern "C" fn micro_logits() -> u64 {
    micro().0
}

/// The hash of the classes of [`micro`].
#[unsafe(no_mangle)]
pub extern "C" fn micro_classes() -> u64 {
    micro().1
}

static LABELS: &[u8] = include_bytes!(concat!(env!("TINYEVO_GENERATED"), "/labels"));

/// [`tinyevo_scenarios::adapt`]: how many of the unseen images are right before and after.
#[must_use]
pub fn adaptation() -> Option<tinyevo_scenarios::Adapted> {
    tinyevo_scenarios::adapt(&int8::model().ok()?, LABELS, |number, image| {
        image.copy_from_slice(IMAGES.chunks_exact(int8::INPUTS).nth(number)?);
        Some(())
    })
}

/// The hash of [`adaptation`].
#[unsafe(no_mangle)]
pub extern "C" fn adaptation_hash() -> u64 {
    adaptation().map_or(0, |adapted| adapted.hash)
}

static SEEN: &[u8] = include_bytes!(concat!(env!("TINYEVO_GENERATED"), "/seen"));
static UNSEEN: &[u8] = include_bytes!(concat!(env!("TINYEVO_GENERATED"), "/unseen"));

/// [`tinyevo_scenarios::from_nothing`].
#[must_use]
pub fn nothing() -> Option<Evolved> {
    let [mut seen, mut unseen] = [SEEN, UNSEEN].map(|bytes| bytes.chunks(PIXELS + 1));
    from_nothing(
        |source, pixels| {
            let next = if source == Source::Seen { seen.next() } else { unseen.next() };
            let (label, image) = next?.split_last()?;
            pixels.copy_from_slice(image);
            Some(*label)
        },
        || (),
    )
}

/// The hash of the genome of [`nothing`].
#[unsafe(no_mangle)]
pub extern "C" fn nothing_genome() -> u64 {
    nothing().map_or(0, |evolved| evolved.genome)
}

/// The hash of the classes of [`nothing`].
#[unsafe(no_mangle)]
pub extern "C" fn nothing_classes() -> u64 {
    nothing().map_or(0, |evolved| evolved.classes)
}

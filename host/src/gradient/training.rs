//! How a network is trained, and when that ends.

use std::time::Duration;

/// When a training ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// After so many passes over the training images, 1 or more.
    Epochs(u32),
    /// After so many steps of Adam, 1 or more.
    Steps(u32),
    /// After the step at which so much time of training is used up.
    Time(Duration),
}

/// How a network is trained.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Training {
    /// Seed of the first weights and of the order of the images.
    pub seed: u64,
    /// Number of images of a step, 1 or more; 32 in Keras.
    pub batch: usize,
    /// The learning rate of Adam, above 0; 0.001 in Keras.
    pub learning_rate: f64,
    /// When it ends.
    pub end: End,
}

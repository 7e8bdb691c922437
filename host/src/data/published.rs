//! The published data sets by name.

use std::fmt;

/// A data set that can be downloaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Published {
    /// Handwritten digits (LeCun, Cortes, Burges).
    Mnist,
    /// Articles of clothing (Xiao, Rasul, Vollgraf 2017).
    Fashion,
    /// Handwritten Japanese characters (Clanuwat and others 2018).
    Kmnist,
}

impl Published {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Mnist, Self::Fashion, Self::Kmnist];

    /// The name on the command line and in the cache: `mnist`, `fashion` or `kmnist`.
    #[must_use]
    pub const fn key(self) -> &'static str {
        ["mnist", "fashion", "kmnist"][self as usize]
    }
}

/// The name that its authors gave it.
impl fmt::Display for Published {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(["MNIST", "Fashion-MNIST", "KMNIST"][*self as usize])
    }
}

//! The objective of each generation: the same in all, or a batch that is drawn anew.

mod bank;
mod distortion;
mod minibatch;

pub use minibatch::{Minibatch, Minibatches};

use crate::error::Error;
use crate::memory::filled;
use crate::threads::Threads;
use tinyevo_core::objective::Objective;

/// Gives the objective of each generation.
pub trait Feed {
    /// What the algorithm gets.
    type Objective: Objective;

    /// Makes the objective of a generation of a run of `length` generations. It depends on nothing else, so
    /// that a run can be resumed anywhere.
    ///
    /// # Errors
    /// The memory is too small.
    fn make(&mut self, generation: u32, length: u32, threads: &mut Threads) -> Result<(), Error>;

    /// The objective that was made last; before, one as large as any.
    fn objective(&self) -> &Self::Objective;

    /// Whether generations have different objectives, so that fitness does not outlive a generation.
    fn changes(&self) -> bool;
}

/// So that one feed can serve several runs, one after another.
impl<F: Feed> Feed for &mut F {
    type Objective = F::Objective;

    fn make(&mut self, generation: u32, length: u32, threads: &mut Threads) -> Result<(), Error> {
        (**self).make(generation, length, threads)
    }

    fn objective(&self) -> &Self::Objective {
        (**self).objective()
    }

    fn changes(&self) -> bool {
        (**self).changes()
    }
}

/// A vector of zeros, or the error that it does not fit the memory.
fn reserved<T: Clone + Default>(length: usize) -> Result<Vec<T>, Error> {
    let bytes = (length as u64).saturating_mul(size_of::<T>() as u64);
    filled(length).ok_or(Error::Memory { bytes })
}

/// The same objective in every generation.
#[derive(Debug, Clone, Copy)]
pub struct Fixed<'a, O>(pub &'a O);

impl<O: Objective> Feed for Fixed<'_, O> {
    type Objective = O;

    fn make(
        &mut self,
        _generation: u32,
        _length: u32,
        _threads: &mut Threads,
    ) -> Result<(), Error> {
        Ok(())
    }

    fn objective(&self) -> &O {
        self.0
    }

    fn changes(&self) -> bool {
        false
    }
}

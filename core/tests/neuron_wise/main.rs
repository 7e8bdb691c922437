//! The algorithms of neuron-wise mutants against their readable twins.

mod es;
mod es_twin;
mod formulas;
mod ga;
mod ga_twin;
mod harness;

//! The algorithms that move one parent against their readable twins.

mod es;
mod es_twin;
mod formulas;
mod ga;
mod ga_twin;
mod harness;
mod low_rank;
mod low_rank_twin;
mod parent;
mod small;

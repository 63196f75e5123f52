//! What is picked often, and what seldom.

use fastrand::Rng;

/// Things by their popularity, the most popular first: the nth is picked in proportion to 1 / (n + head), which is
/// Zipf's law but for the first few (Mandelbrot).
pub struct Ranking<T> {
    items: Vec<T>,
    /// Of each the weights up to and with its own.
    cumulative: Vec<u64>,
}

/// The weight of 1; so many that those of the last still differ.
const UNIT: u64 = 1 << 32;

impl<T> Ranking<T> {
    /// The smaller the head, the more the first ones stand out.
    pub fn new(items: Vec<T>, head: u64) -> Self {
        let mut sum = 0;
        let cumulative = (head.max(1)..).zip(&items).map(|(place, _)| {
            sum += UNIT / place;
            sum
        });
        Self { cumulative: cumulative.collect(), items }
    }

    /// One of them; none if there is none.
    pub fn pick(&self, rng: &mut Rng) -> Option<&T> {
        let at = rng.u64(0..*self.cumulative.last()?);
        self.items.get(self.cumulative.partition_point(|sum| *sum <= at))
    }
}

/// One of a few, each in proportion to its weight; none if there is none.
pub fn weighted<T: Copy>(choices: &[(T, u32)], rng: &mut Rng) -> Option<T> {
    let all: u32 = choices.iter().map(|(_, weight)| weight).sum();
    let mut at = if all == 0 { 0 } else { rng.u32(0..all) };
    choices
        .iter()
        .find(|(_, weight)| {
            let is_here = at < *weight;
            at = at.saturating_sub(*weight);
            is_here
        })
        .map(|(choice, _)| *choice)
}

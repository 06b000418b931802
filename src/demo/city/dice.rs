//! Seeded dice: every row of the city is a function of its kind and its number.

/// SplitMix64 started from a name and a number, so that a change in one kind leaves all others as they were.
///
/// Source: Steele, Lea, Flood: Fast splittable pseudorandom number generators (OOPSLA 2014).
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    pub fn new(name: &str, number: usize) -> Self {
        // FNV-1a, because it is stable over versions of the compiler and the standard library's hasher is not.
        let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        Dice(hash ^ (number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    /// A whole number below `limit`; 0 for a limit of 0.
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^= z >> 31;
        usize::try_from(z % (limit.max(1) as u64)).unwrap_or(0)
    }

    /// A number from `low` up to and including `high`.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        let span = usize::try_from(high.saturating_sub(low)).unwrap_or(0).saturating_add(1);
        low.saturating_add(i64::try_from(self.below(span)).unwrap_or(0))
    }

    /// True `percent` times in a hundred.
    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of the choices, which must not be empty.
    pub fn pick<'a, T: ?Sized>(&mut self, choices: &[&'a T]) -> &'a T {
        choices[self.below(choices.len())]
    }

    /// `count` different choices in the order of the list.
    pub fn some<'a>(&mut self, choices: &[&'a str], count: usize) -> Vec<&'a str> {
        let mut left = count.min(choices.len());
        let mut chosen = Vec::with_capacity(left);
        for (index, choice) in choices.iter().enumerate() {
            if left > 0 && self.below(choices.len() - index) < left {
                chosen.push(*choice);
                left -= 1;
            }
        }
        chosen
    }
}

#[cfg(test)]
mod tests {
    use super::Dice;

    #[test]
    fn the_same_name_and_number_give_the_same_throws() {
        let throws = |mut dice: Dice| (0..8).map(|_| dice.below(1000)).collect::<Vec<_>>();
        assert_eq!(throws(Dice::new("enterprise", 3)), throws(Dice::new("enterprise", 3)));
        assert_ne!(throws(Dice::new("enterprise", 3)), throws(Dice::new("enterprise", 4)));
        assert_ne!(throws(Dice::new("enterprise", 3)), throws(Dice::new("demand", 3)));
    }

    #[test]
    fn some_gives_exactly_as_many_different_choices() {
        let mut dice = Dice::new("some", 0);
        for count in 0..5 {
            let chosen = dice.some(&["甲", "乙", "丙", "丁"], count);
            assert_eq!(chosen.len(), count);
            assert!(chosen.iter().zip(chosen.iter().skip(1)).all(|(one, next)| one != next));
        }
    }
}

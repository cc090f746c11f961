//! Repeatable randomness: the same seed and stream give the same numbers on every machine and in every version.

/// SplitMix64: small, fast and good enough for made-up traffic; never for secrets.
#[derive(Debug, Clone)]
pub(crate) struct Random {
    state: u64,
}

impl Random {
    /// A stream of its own for each `(seed, stream, number)`, so that one day or person never depends on another.
    pub(crate) fn new(seed: u64, stream: &str, number: i64) -> Self {
        let mut state = seed ^ 0x9e37_79b9_7f4a_7c15;
        for byte in stream.bytes().chain(number.to_le_bytes()) {
            state = (state ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
            state ^= state >> 29;
        }
        Self { state }
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Uniform in `0..bound`; the bias of the multiplication is below 2⁻³² for the small bounds used here.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(bound)) >> 64) as u64
    }

    /// Uniform in `low..=high`.
    pub(crate) fn between(&mut self, low: i64, high: i64) -> i64 {
        low + self.below((high - low + 1) as u64) as i64
    }

    pub(crate) fn percent(&mut self, chance: u64) -> bool {
        self.below(100) < chance
    }

    pub(crate) fn pick<'a, T>(&mut self, options: &'a [T]) -> &'a T {
        &options[self.below(options.len() as u64) as usize]
    }

    /// One of the options, as often as its weight says.
    pub(crate) fn weighted<T: Copy>(&mut self, options: &[(T, u64)]) -> T {
        let total: u64 = options.iter().map(|(_, weight)| weight).sum();
        let mut left = self.below(total);
        for (option, weight) in options {
            if left < *weight {
                return *option;
            }
            left -= weight;
        }
        unreachable!("the draw is below the sum of the weights")
    }

    /// A UUID (version 4 in form) made of this stream.
    pub(crate) fn uuid(&mut self) -> String {
        let bits = (u128::from(self.next()) << 64) | u128::from(self.next());
        uuid::Builder::from_random_bytes(bits.to_be_bytes()).into_uuid().to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::Random;

    #[test]
    fn the_same_stream_gives_the_same_numbers_and_another_gives_others() {
        let draw = |stream, number| {
            let mut random = Random::new(7, stream, number);
            [random.next(), random.next(), random.next()]
        };
        assert_eq!(draw("day", 1), draw("day", 1));
        assert_ne!(draw("day", 1), draw("day", 2));
        assert_ne!(draw("day", 1), draw("person", 1));
    }

    #[test]
    fn weights_are_kept() {
        let mut random = Random::new(1, "weights", 0);
        let rare = (0..10_000).filter(|_| random.weighted(&[(true, 1), (false, 9)])).count();
        assert!((800..1_200).contains(&rare), "{rare} of 10,000 at one in ten");
    }
}

//! The partition of a key: part of the contract, because duplicates are recognised within one partition only.

/// The partition that a key belongs to: `toPositive(murmur2(key)) mod partitions`, as Kafka's Java client has it.
/// An empty key goes to partition 0.
pub fn partition_of(key: &[u8], partitions: u16) -> u16 {
    if key.is_empty() || partitions <= 1 {
        return 0;
    }
    let positive = murmur2(key) & 0x7fff_ffff;
    u16::try_from(positive % u32::from(partitions)).expect("a remainder is below its divisor")
}

/// Kafka's murmur2: 32 bits, little endian, seed 0x9747b28c.
fn murmur2(data: &[u8]) -> u32 {
    const M: u32 = 0x5bd1_e995;
    // The length is mixed in as Java's 32-bit int.
    let mut hash = 0x9747_b28c ^ (data.len() as u32);
    let (words, rest) = data.as_chunks::<4>();
    for word in words {
        let mut k = u32::from_le_bytes(*word).wrapping_mul(M);
        k ^= k >> 24;
        hash = hash.wrapping_mul(M) ^ k.wrapping_mul(M);
    }
    if !rest.is_empty() {
        for (index, byte) in rest.iter().enumerate() {
            hash ^= u32::from(*byte) << (8 * index);
        }
        hash = hash.wrapping_mul(M);
    }
    hash ^= hash >> 13;
    hash = hash.wrapping_mul(M);
    hash ^ (hash >> 15)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn murmur2_gives_the_values_of_kafkas_own_test() {
        let vectors: [(&[u8], i32); 6] = [
            (b"21", -973_932_308),
            (b"foobar", -790_332_482),
            (b"a-little-bit-long-string", -985_981_536),
            (b"a-little-bit-longer-string", -1_486_304_829),
            (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971),
            (b"abc", 479_470_107),
        ];
        for (key, expected) in vectors {
            assert_eq!(murmur2(key) as i32, expected, "{}", String::from_utf8_lossy(key));
        }
    }

    #[test]
    fn an_empty_key_goes_to_partition_zero() {
        assert_eq!(partition_of(b"", 4), 0);
    }

    #[test]
    fn the_sign_bit_is_masked_and_not_negated() {
        assert_eq!(partition_of(b"foobar", 7), ((-790_332_482_i32 & 0x7fff_ffff) % 7) as u16);
    }
}

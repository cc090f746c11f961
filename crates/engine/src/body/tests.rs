use super::*;

fn collected(pieces: &[&[u8]]) -> Collected {
    let pieces: VecDeque<Bytes> = pieces.iter().map(|piece| Bytes::copy_from_slice(piece)).collect();
    Collected { length: pieces.iter().map(Bytes::len).sum(), pieces, permit: None }
}

/// A block as ClickHouse's clients write it.
fn block(method: u8, data: &[u8]) -> Vec<u8> {
    let packed = if method == 0x82 { lz4_flex::block::compress(data) } else { data.to_vec() };
    let mut tail = vec![method];
    tail.extend(u32::try_from(packed.len() + 9).unwrap().to_le_bytes());
    tail.extend(u32::try_from(data.len()).unwrap().to_le_bytes());
    tail.extend(packed);
    [cityhash_rs::cityhash_102_128(&tail).rotate_left(64).to_le_bytes().to_vec(), tail].concat()
}

#[test]
fn blocks_are_decoded_however_the_network_cut_them() {
    let text = b"some text that repeats, some text that repeats".repeat(20);
    let body = [block(0x82, &text), block(0x02, b"plain"), block(0x82, b"")].concat();
    let expected = [text.as_slice(), b"plain"].concat();
    for size in [1, 7, 25, 26, 64, body.len()] {
        let pieces: Vec<&[u8]> = body.chunks(size).collect();
        let whole = collected(&pieces).whole(Coding::Blocks, &Limits::default()).unwrap();
        assert_eq!(whole, expected, "pieces of {size}");
    }
}

#[test]
fn damaged_blocks_are_refused() {
    let good = block(0x82, b"0123456789012345678901234567890123456789");
    let code_of =
        |bytes: &[u8]| collected(&[bytes]).whole(Coding::Blocks, &Limits::default()).expect_err("must be refused").code;
    let mut flipped = good.clone();
    *flipped.last_mut().unwrap() ^= 1;
    assert_eq!(code_of(&flipped), code::CHECKSUM_DOESNT_MATCH);
    assert_eq!(code_of(&good[..good.len() - 1]), code::CANNOT_DECOMPRESS);
    assert_eq!(code_of(&good[..10]), code::CANNOT_DECOMPRESS);
    assert_eq!(code_of(&block(0x90, b"zstd")), code::UNKNOWN_COMPRESSION_METHOD);
    let mut huge = good;
    huge[17..21].copy_from_slice(&u32::MAX.to_le_bytes());
    assert_eq!(code_of(&huge), code::CANNOT_DECOMPRESS);
}

#[test]
fn a_bomb_is_stopped_at_the_limit() {
    let limits = Limits { decoded_bytes: 5 << 20, ..Limits::default() };
    let mut bomb = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    std::io::Write::write_all(&mut bomb, &vec![0; 50 << 20]).unwrap();
    let bomb = bomb.finish().unwrap();
    let exception = collected(&[&bomb]).whole(Coding::Gzip, &limits).expect_err("must be refused");
    assert_eq!((exception.code, exception.status.as_u16()), (code::QUERY_IS_TOO_LARGE, 413));
}

#[test]
fn the_budget_is_shared_and_given_back() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let limits = Limits { bodies_bytes: 64 << 10, body_bytes: 100 << 10, ..Limits::default() };
    let budget = Budget::new(&limits);
    let collect = |size: usize| runtime.block_on(budget.collect(Body::from(vec![0; size]), &limits));
    assert_eq!(collect(101 << 10).expect_err("too large for one").code, code::QUERY_IS_TOO_LARGE);
    let held = collect(60 << 10).unwrap();
    assert_eq!(collect(30 << 10).expect_err("too large for both").code, code::MEMORY_LIMIT_EXCEEDED);
    drop(held);
    assert!(collect(30 << 10).is_ok());
}

//! Compares fjall and redb as the store under the embedded journal: values are whole batches of records, every commit is
//! durable before the next begins. Prints one line per run: store, measure, value. `cargo run` in this folder.

use std::{
    error::Error,
    fs,
    path::{Path, PathBuf},
    time::Instant,
};

type Done<T> = Result<T, Box<dyn Error>>;

const RECORD: usize = 300;
const BATCH: usize = 1_000;
const BATCHES: u64 = 1_000;
const SINGLES: u64 = 2_000;
const RUNS: usize = 5;

/// What the journal needs of a store.
trait Store: Sized {
    const NAME: &'static str;
    fn open(dir: &Path) -> Done<Self>;
    fn append(&self, key: u64, value: &[u8]) -> Done<()>;
    /// Reads everything in order; returns the bytes seen.
    fn scan(&self) -> Done<u64>;
    /// Removes the keys below `key`.
    fn drop_before(&self, key: u64) -> Done<()>;
}

struct Fjall {
    database: fjall::Database,
    log: fjall::Keyspace,
}

impl Store for Fjall {
    const NAME: &'static str = "fjall";

    fn open(dir: &Path) -> Done<Self> {
        let database = fjall::Database::builder(dir)
            .journal_compression(fjall::CompressionType::None)
            .max_journaling_size(128 << 20)
            .worker_threads(2)
            .open()?;
        let log = database.keyspace("log", || {
            fjall::KeyspaceCreateOptions::default()
                .max_memtable_size(16 << 20)
                .data_block_compression_policy(fjall::config::CompressionPolicy::disabled())
        })?;
        Ok(Fjall { database, log })
    }

    fn append(&self, key: u64, value: &[u8]) -> Done<()> {
        let mut batch = self.database.batch().durability(Some(fjall::PersistMode::SyncData));
        batch.insert(&self.log, key.to_be_bytes(), value);
        Ok(batch.commit()?)
    }

    fn scan(&self) -> Done<u64> {
        let mut bytes = 0;
        for entry in self.log.iter() {
            bytes += entry.value()?.len() as u64;
        }
        Ok(bytes)
    }

    fn drop_before(&self, key: u64) -> Done<()> {
        let mut batch = self.database.batch().durability(Some(fjall::PersistMode::SyncData));
        for entry in self.log.range(..key.to_be_bytes()) {
            batch.remove(&self.log, entry.key()?);
        }
        Ok(batch.commit()?)
    }
}

struct Redb<const QUICK_REPAIR: bool> {
    database: redb::Database,
}

const LOG: redb::TableDefinition<u64, &[u8]> = redb::TableDefinition::new("log");

impl<const QUICK_REPAIR: bool> Redb<QUICK_REPAIR> {
    fn write(&self, change: impl FnOnce(&mut redb::Table<u64, &'static [u8]>) -> Done<()>) -> Done<()> {
        let mut transaction = self.database.begin_write()?;
        transaction.set_quick_repair(QUICK_REPAIR);
        change(&mut transaction.open_table(LOG)?)?;
        Ok(transaction.commit()?)
    }
}

impl<const QUICK_REPAIR: bool> Store for Redb<QUICK_REPAIR> {
    const NAME: &'static str = if QUICK_REPAIR { "redb, quick repair" } else { "redb" };

    fn open(dir: &Path) -> Done<Self> {
        fs::create_dir_all(dir)?;
        let database = redb::Builder::new().set_cache_size(128 << 20).create(dir.join("log.redb"))?;
        let store = Redb { database };
        store.write(|_| Ok(()))?;
        Ok(store)
    }

    fn append(&self, key: u64, value: &[u8]) -> Done<()> {
        self.write(|table| {
            table.insert(key, value)?;
            Ok(())
        })
    }

    fn scan(&self) -> Done<u64> {
        use redb::{ReadableDatabase, ReadableTable};
        let mut bytes = 0;
        for entry in self.database.begin_read()?.open_table(LOG)?.iter()? {
            bytes += entry?.1.value().len() as u64;
        }
        Ok(bytes)
    }

    fn drop_before(&self, key: u64) -> Done<()> {
        self.write(|table| {
            table.retain_in(..key, |_, _| false)?;
            Ok(())
        })
    }
}

fn say(store: &str, measure: &str, value: f64) {
    println!("{store}\t{measure}\t{value:.2}");
}

/// Bytes that the directory takes on disk (holes do not count).
fn disk_bytes(dir: &Path) -> Done<u64> {
    use std::os::unix::fs::MetadataExt;
    let mut sum = 0;
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        sum += if metadata.is_dir() { disk_bytes(&entry.path())? } else { metadata.blocks() * 512 };
    }
    Ok(sum)
}

fn copy(from: &Path, to: &Path) -> Done<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.metadata()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            // A file that the store removed meanwhile is one that it no longer needs.
            let _ = fs::copy(entry.path(), target);
        }
    }
    Ok(())
}

/// Records like events: half of a record repeats, half does not.
fn batch(seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut bytes = Vec::with_capacity(RECORD * BATCH);
    for _ in 0..BATCH {
        bytes.extend_from_slice(&[b'k'; RECORD / 2]);
        for _ in 0..RECORD / 2 {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            bytes.push(state as u8);
        }
    }
    bytes
}

fn measure<S: Store>(root: &Path, run: usize) -> Done<()> {
    let dir: PathBuf = root.join(format!("{}-{run}", S::NAME.replace([' ', ','], "")));
    let records = (BATCHES * BATCH as u64) as f64;
    let payloads: Vec<Vec<u8>> = (0..16).map(batch).collect();

    let store = S::open(&dir)?;
    let started = Instant::now();
    for key in 0..BATCHES {
        store.append(key, &payloads[key as usize % payloads.len()])?;
    }
    say(S::NAME, "append, 1,000 records a commit (K records/s)", records / started.elapsed().as_secs_f64() / 1e3);
    say(S::NAME, "disk for 300 MB of records (MB)", disk_bytes(&dir)? as f64 / 1e6);

    let started = Instant::now();
    for key in BATCHES..BATCHES + SINGLES {
        store.append(key, &payloads[0][..RECORD])?;
    }
    say(S::NAME, "append, 1 record a commit (commits/s)", SINGLES as f64 / started.elapsed().as_secs_f64());

    // What a crash leaves: the files as they are while the store is open.
    let crashed = root.join("crashed");
    copy(&dir, &crashed)?;
    drop(store);
    let started = Instant::now();
    let store = S::open(&crashed)?;
    say(S::NAME, "open after a crash (ms)", started.elapsed().as_secs_f64() * 1e3);

    let started = Instant::now();
    let bytes = store.scan()?;
    assert_eq!(bytes, BATCHES * (RECORD * BATCH) as u64 + SINGLES * RECORD as u64, "a record was lost");
    say(S::NAME, "read all, first time (K records/s)", records / started.elapsed().as_secs_f64() / 1e3);

    let started = Instant::now();
    store.drop_before(BATCHES / 2)?;
    say(S::NAME, "drop the older half (ms)", started.elapsed().as_secs_f64() * 1e3);
    drop(store);
    fs::remove_dir_all(&crashed)?;
    fs::remove_dir_all(&dir)?;
    Ok(())
}

fn main() -> Done<()> {
    let root = tempfile::tempdir_in(".")?;
    for run in 0..RUNS {
        measure::<Fjall>(root.path(), run)?;
        measure::<Redb<false>>(root.path(), run)?;
        measure::<Redb<true>>(root.path(), run)?;
    }
    Ok(())
}

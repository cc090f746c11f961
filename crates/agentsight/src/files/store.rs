//! The places where files can lie: a directory, or a bucket of a service that speaks Amazon S3's protocol.

use std::{
    fs::DirBuilder,
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use object_store::{
    BackoffConfig, ClientOptions, Error, GetResult, ObjectStore, RetryConfig, aws::AmazonS3Builder,
    local::LocalFileSystem, path::Path as Key, prefix::PrefixStore,
};
use service::config::Secret;

/// The region that services other than Amazon's are signed for when none is named.
const REGION: &str = "us-east-1";
/// How long a bucket may take to be connected to, and to take or give one file whole.
const CONNECT_MAX: Duration = Duration::from_secs(2);
const TRANSFER_MAX: Duration = Duration::from_secs(300);
/// How often a request to a bucket is repeated, and how long after the first.
const REPETITIONS: usize = 2;
const REPEAT_WITHIN: Duration = Duration::from_secs(10);
/// Longest time until a file is kept, replaced, or begins to be given: a client waits thirty seconds.
const ANSWER_MAX: Duration = Duration::from_secs(20);

/// Where attachments are kept.
#[derive(Debug, Clone)]
pub enum FilesPlace {
    /// A directory of this machine, or one that several share. It is made when the first file comes.
    Directory(PathBuf),
    /// A bucket.
    Bucket(Bucket),
}

/// A bucket, and how it is reached.
#[derive(Debug, Clone)]
pub struct Bucket {
    /// Its name.
    pub name: String,
    /// What the names of files in it begin with; empty for nothing.
    pub prefix: String,
    /// `https://HOST` or `http://HOST:PORT` of the service; empty for Amazon's own.
    pub endpoint: String,
    /// Its region; empty for `us-east-1`.
    pub region: String,
    /// With what requests are signed. Empty: as Amazon's own clients find it, in `AWS_ACCESS_KEY_ID` and what belongs to it, or by the
    /// role of the machine.
    pub access_key_id: Secret,
    /// Likewise.
    pub secret_access_key: Secret,
}

/// A place that is open.
#[derive(Clone)]
pub(super) enum Store {
    /// Made when the first file comes: a process that gets none writes nothing.
    Directory(Arc<Path>),
    Bucket(Arc<dyn ObjectStore>),
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Store::Directory(directory) => write!(f, "{}", directory.display()),
            Store::Bucket(bucket) => write!(f, "{bucket}"),
        }
    }
}

impl Store {
    /// Fails where a bucket's settings contradict each other; nothing is connected to.
    pub(super) fn open(place: FilesPlace) -> Result<Store, Error> {
        match place {
            FilesPlace::Directory(directory) => Ok(Store::Directory(directory.into())),
            FilesPlace::Bucket(bucket) => Ok(Store::Bucket(Arc::new(open_bucket(&bucket)?))),
        }
    }

    fn objects(&self) -> Result<Arc<dyn ObjectStore>, Error> {
        let directory = match self {
            Store::Bucket(bucket) => return Ok(Arc::clone(bucket)),
            Store::Directory(directory) => directory,
        };
        if !directory.is_dir() {
            let made = DirBuilder::new().recursive(true).mode(0o700).create(directory);
            made.map_err(|source| Error::Generic { store: "directory", source: source.into() })?;
        }
        Ok(Arc::new(LocalFileSystem::new_with_prefix(directory)?))
    }

    pub(super) async fn has(&self, key: &Key) -> Result<bool, Error> {
        match in_time(self.objects()?.head(key)).await {
            Ok(_) => Ok(true),
            Err(Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Writes a file, over another if there is one; answers when it is durable.
    pub(super) async fn put(&self, key: &Key, bytes: Bytes) -> Result<(), Error> {
        in_time(self.objects()?.put(key, bytes.into())).await?;
        match self {
            Store::Directory(directory) => synced(directory, key).await,
            Store::Bucket(_) => Ok(()),
        }
    }

    /// A file, if it is there.
    pub(super) async fn get(&self, key: &Key) -> Result<Option<GetResult>, Error> {
        match in_time(self.objects()?.get(key)).await {
            Ok(found) => Ok(Some(found)),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn open_bucket(bucket: &Bucket) -> Result<PrefixStore<impl ObjectStore + use<>>, Error> {
    let client = ClientOptions::new().with_connect_timeout(CONNECT_MAX).with_timeout(TRANSFER_MAX);
    let retry =
        RetryConfig { backoff: BackoffConfig::default(), max_retries: REPETITIONS, retry_timeout: REPEAT_WITHIN };
    let region = if bucket.region.is_empty() { REGION } else { &bucket.region };
    let mut builder = if bucket.access_key_id.is_empty() {
        AmazonS3Builder::from_env()
    } else {
        AmazonS3Builder::new()
            .with_access_key_id(bucket.access_key_id.reveal())
            .with_secret_access_key(bucket.secret_access_key.reveal())
    };
    builder = builder.with_client_options(client).with_retry(retry).with_bucket_name(&bucket.name).with_region(region);
    if !bucket.endpoint.is_empty() {
        builder = builder.with_endpoint(&bucket.endpoint).with_allow_http(bucket.endpoint.starts_with("http://"));
    }
    Ok(PrefixStore::new(builder.build()?, bucket.prefix.as_str()))
}

async fn in_time<T>(work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    let late = |source: tokio::time::error::Elapsed| Error::Generic { store: "files", source: source.into() };
    tokio::time::timeout(ANSWER_MAX, work).await.map_err(late)?
}

/// Waits until a file in a directory is on the disk, with the directories that name it: the store itself only writes.
async fn synced(directory: &Arc<Path>, key: &Key) -> Result<(), Error> {
    let file = directory.join(key.as_ref());
    let root = Arc::clone(directory);
    let sync = move || {
        let within = file.ancestors().take_while(|path| path.starts_with(&root));
        within.map(Path::to_owned).try_for_each(|path| std::fs::File::open(path)?.sync_all())
    };
    let failed = |source: Box<dyn std::error::Error + Send + Sync>| Error::Generic { store: "directory", source };
    let done = tokio::task::spawn_blocking(sync).await.map_err(|error| failed(error.into()))?;
    done.map_err(|error| failed(error.into()))
}

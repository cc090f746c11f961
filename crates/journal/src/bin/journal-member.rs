//! `journal-member BROKERS TOPIC_PREFIX GROUP`: a member of a group, what the tests of this crate freeze. It lets go of what is
//! taken at once, and says on standard output what the group decided and how a commit went then: `given|taken|lost COUNT OUTCOME`.

use std::{error::Error, io::Write as _, time::Duration};

use journal::{
    Commit, Journal as _, Topic,
    kafka::{Change, KafkaJournal, Options},
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(brokers), Some(topic_prefix), Some(group)) = (arguments.next(), arguments.next(), arguments.next())
    else {
        return Err("journal-member BROKERS TOPIC_PREFIX GROUP".into());
    };
    let session_timeout = Duration::from_secs(6);
    let options = Options { topic_prefix, event_partitions: 4, session_timeout, ..Options::new(brokers) };
    let journal = KafkaJournal::connect(options).await?;
    let mut membership = journal.join(&group, &[Topic::Events])?;
    loop {
        let (word, count) = match membership.change().await {
            Change::Given(partitions) => ("given", partitions.len()),
            Change::Taken(partitions, _) => ("taken", partitions.len()),
            Change::Lost(partitions) => ("lost", partitions.len()),
        };
        let commit = Commit { next_offset: 1, metadata: String::new() };
        let committed = journal.commit(&group, Topic::Events, 0, commit).await;
        let committed = committed.map_or_else(|error| error.code(), |()| "committed");
        writeln!(std::io::stdout(), "{word} {count} {committed}")?;
    }
}

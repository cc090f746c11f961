#!/usr/bin/env bash
# Leaves out one rule of the exactly-once design after the other and shows that the simulation then goes wrong.
#
# The simulation must find a wrong schedule among the first MUTANT_SCHEDULES (20000; an economy: none of the first 2000).
# An economy is the same for what the design calls a mere cost: leaving it out must make no schedule wrong.
# Exit code 0 only if every mutant is noticed and no economy is. `deploy/mutants/delivery.sh R3` tries only those whose name begins so.
. "$(dirname "$0")/common.sh"

export SIMULATIONS=${MUTANT_SCHEDULES:-20000}
judge=simulate

# Runs the simulation; prints the schedule that went wrong, or what else went wrong.
simulate() {
    build -p worker --test it || return 2
    if timeout "${MUTANT_SECONDS:-1500}" "${CARGO:-cargo}" test --quiet --locked -p worker --test it -- whatever another_journal > "$log" 2>&1; then
        return 0
    fi
    grep -m 1 '^schedule [0-9]' "$log" | cut -c 1-110 || { echo "no schedule named: $(tail -n 1 "$log")"; return 2; }
    return 1
}

economy() { expected=right SIMULATIONS=2000 mutant "$@"; }

if said=$(SIMULATIONS=2000 simulate); then echo "unchanged: right in all of 2000 schedules"; else echo "unchanged: $said"; exit 1; fi

mutant 'R1 a copy does not renew its identity' delivery/src/context.rs \
    'entry.insert(before.max(at));' \
    'if before < horizon { entry.insert(before.max(at)); }'
mutant 'R2 whatever is in memory makes a copy, within the horizon or not' delivery/src/context.rs \
    'if before >= horizon {' \
    'if before >= horizon || true {'
mutant 'R2 identities are forgotten by the newest segment, not the oldest open one' delivery/src/context.rs \
    'let floor = settings.context_start(oldest_open);
        self.seen.retain' \
    'let floor = AppendTime(settings.context_start(oldest_open).0 + settings.segment_ms);
        self.seen.retain'
mutant 'R3 every record is judged, in reach of memory or not' delivery/src/frontier.rs \
    'self.settings.context_start(self.settings.segment_of(at)) >= self.floor' \
    'self.settings.segment_of(at).0 > i64::MIN'
mutant 'R3 a record of the stretch below reach counts into a sum' worker/src/partition.rs \
    'Sighting::First if judged => self.count' \
    'Sighting::First if judged || !output => self.count'
mutant 'R3 a takeover at a record forgets the earlier steps back' delivery/src/frontier.rs \
    'self.settings.stretch_time(self.lowest.map_or(at, |lowest| lowest.min(at)))' \
    'self.settings.stretch_time(at)'
economy 'R3 the stretch of a takeover at a record ignores the sealed position' worker/src/takeover.rs \
    '|at| at.stretch.min(own)' \
    '|at| at.stretch'
mutant 'R3 segments are closed while the stretch is read' delivery/src/frontier.rs \
    'if offset >= self.live_from {' \
    'if offset >= self.sealed {'
mutant 'R7 a seal reads nothing back' worker/src/seal.rs \
    'if !whole {' \
    'if !whole && false {'
mutant 'R7 the end of an idle partition is never sealed' worker/src/run/sealing.rs \
    'let segments = if idle {' \
    'let segments = if idle && false {'
mutant 'R7 rows of another life beyond what was folded are a difference' worker/src/partition.rs \
    'next_offset: self.frontier.next_offset(),
            ..Default' \
    'next_offset: u64::MAX,
            ..Default'
mutant 'R7 after a difference nothing is written again' worker/src/run/sealing.rs \
    'return self.take_over(claim.partition, Cause::RowsLost, None).await;' \
    'return Ok(());'
mutant 'R9 the stretch begins at its own segment, without L' delivery/src/segment.rs \
    'self.context_start(self.oldest_open(at))' \
    'AppendTime(self.oldest_open(at).0)'
economy 'R9 the stretch begins at its own segment, without J' delivery/src/segment.rs \
    'self.context_start(self.oldest_open(at))' \
    'self.context_start(self.segment_of(at))'
mutant 'R9 reading begins at the sealed position' delivery/src/recover.rs \
    'facts.first_at_time.min(resume.sealed)' \
    'resume.sealed'
mutant 'R10 a stretch that retention cut is taken as it is' delivery/src/recover.rs \
    'if may_be_cut {' \
    'if may_be_cut && false {'
mutant 'R10 unsealed records that are gone are skipped' delivery/src/recover.rs \
    'Resume { sealed: sealed.min(commit), commit }' \
    'Resume { sealed: sealed.min(commit).max(facts.log_first), commit }'
mutant 'A the commit is the sealed position' delivery/src/recover.rs \
    'facts.committed_sealed.or(facts.warehouse_sealed)' \
    'facts.committed.or(facts.warehouse_sealed)'
mutant 'A a commit without metadata is the sealed position' delivery/src/recover.rs \
    'facts.committed_sealed.or(facts.warehouse_sealed)' \
    'facts.committed_sealed.or(facts.committed)'
mutant 'A a flush seals what it commits' worker/src/flush.rs \
    'metadata: reach.sealed.to_string()' \
    'metadata: reach.next_offset.to_string()'
economy 'A the sealed position may lie beyond the commit' delivery/src/recover.rs \
    'Resume { sealed: sealed.min(commit), commit }' \
    'Resume { sealed, commit }'
mutant 'A a seal passes the first record of what is still open' delivery/src/frontier.rs \
    'self.unsealed.values().copied().min().unwrap_or(proved_to).min(proved_to)' \
    'proved_to'
mutant 'P rows that came into a segment since do not void its proof' worker/src/run/sealing.rs \
    'proof == Proof::Whole && claim.holds_of(fold)' \
    'proof == Proof::Whole'
mutant 'P a takeover does not void the proof of what was held before it' worker/src/run/sealing.rs \
    'if slot.takeover != claim.takeover {' \
    'if slot.takeover != claim.takeover && false {'
economy 'P conversations are checked before their rows are on their way' worker/src/seal.rs \
    'derive.reaches(claim.partition, claim.next_offset).await;' \
    ''
mutant 'B copies stay in the counters' worker/src/seal.rs \
    'let corrections = persist("correct copies", || deps.sink.correct(partition, start, late_by_ms)).await?;' \
    'let corrections = 0 * late_by_ms as u64;'
mutant 'B a correction that was sent is taken as done' worker/src/seal.rs \
    'let done = corrections == 0 && underived.is_empty();' \
    'let done = underived.is_empty();'
mutant 'B the lag of the journal clock is not allowed for' worker/src/seal.rs \
    'horizon_ms - CLOCK_LAG_MS' \
    'horizon_ms + 0 * CLOCK_LAG_MS'
mutant 'C a seal passes conversations that are behind' worker/src/seal.rs \
    'let done = corrections == 0 && underived.is_empty();' \
    'let done = corrections == 0;'
mutant 'C a conversation that was found behind is folded from memory again' worker/src/derive.rs \
    'resident.forget(key);' \
    'let _ = key;'
mutant 'C a copy with another time is taken for a new conversation' worker/src/derive.rs \
    '!facts.iter().any(|fact| fact.may_be_copy(late_by_ms))' \
    'true'
mutant 'I conversations are not folded anew by a later decision' worker/src/idle.rs \
    'if done.get(&project) != Some(&edition) {' \
    'if done.get(&project) != Some(&edition) && false {'
mutant 'I a look from the beginning is not waited for' worker/src/idle.rs \
    'if after.is_empty() {
                return Ok(());
            }' \
    'if after.is_empty() || folded > 0 {
                return Ok(());
            }'
mutant 'I a seal takes a later decision for a later event' warehouse/src/state_row.rs \
    'held >> EDITION_SHIFT < wanted >> EDITION_SHIFT || held & VERSION_OF_EVENTS < wanted & VERSION_OF_EVENTS' \
    'held < wanted'
mutant 'H10 where some partitions are of another journal, those that cannot tell are taken for ours' worker/src/run/ownership.rs \
    'if (is_another || self.slots.is_empty())' \
    'if self.slots.is_empty()'
mutant 'H10 a partition is folded before the others were looked at' worker/src/run.rs \
    'may_fold: !is_sole,' \
    'may_fold: true,'
mutant 'H10 another journal is read as if it were the same' worker/src/takeover.rs \
    'if found == anchor { Ok(true) }' \
    'if found == anchor || true { Ok(true) }'
mutant 'H10 an emptied journal is read as if it were the same' worker/src/takeover.rs \
    'reached.filter(|reached| *reached > held.next)' \
    'reached.filter(|reached| *reached > held.next && false)'
mutant 'G a member that is lost goes on as its owner' worker/src/run/ownership.rs \
    'Change::Lost(lost) => self.disown(&lost),' \
    'Change::Lost(_) => {}'
economy 'G a member that is lost goes on folding' worker/src/run/ownership.rs \
    'Change::Lost(lost) => self.disown(&lost),' \
    'Change::Lost(lost) => self.owners.remove(&lost),'
mutant 'G a commit is tried for ever' worker/src/flush.rs \
    'while tenure.is_some() && owners.tenure(topic, partition) == tenure {' \
    'while tenure.is_some() && (attempt > 0 || owners.tenure(topic, partition) == tenure) {'
mutant 'G a commit of an earlier tenure is good' worker/src/flush.rs \
    'owners.tenure(topic, partition) == tenure {' \
    'owners.tenure(topic, partition).is_some() {'
mutant 'G what is in memory of conversations survives another owner' worker/src/run/ownership.rs \
    'known.is_none_or(|known| owned.sealed() > known)' \
    'known.is_some_and(|known| owned.sealed() > known)'
mutant 'G what is in memory of conversations survives a loss of rows' worker/src/run/ownership.rs \
    'if why == Cause::RowsLost || known' \
    'if known'
mutant 'G a partition that is let go is taken over all the same' worker/src/run/ownership.rs \
    'self.takeovers.abandon(partition);' \
    ''
mutant 'G a seal that a change interrupts is not remembered' worker/src/run.rs \
    '        self.remember_seals().await?;
        if let' \
    '        if let'
economy 'G what is taken is not flushed before it is let go' worker/src/run/ownership.rs \
    'if is_worked_on {' \
    'if is_worked_on && false {'
economy 'G a proof outlives its partition' worker/src/run/ownership.rs \
    'if self.proving_of == partition {' \
    'if self.proving_of == partition && false {'
mutant 'G dead letters begin at the end of the log' worker/src/dead_letters.rs \
    'committed.map_or(held.first, |commit| commit.next_offset)' \
    'committed.map_or(held.first, |_| held.next)'
mutant 'rows are what was added since the last flush, not whole sums' worker/src/partition.rs \
    'sum.dirty = false;
        (*key, *sum)' \
    'sum.dirty = false;
        (*key, std::mem::replace(sum, Sum { messages: 0, ..*sum }))'
mutant 'versions do not rise with what they count' worker/src/partition.rs \
    '(FOLD << FOLD_SHIFT) | self.last_offset' \
    '(FOLD << FOLD_SHIFT) | (self.last_offset / 8)'

report

//! Text files: one thread splits the file into blocks of whole records, the others parse them.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use patron_import::{ImportError, RowReader, TextBlock, TextBlocks, Understanding, open_text};

use super::{BlockRead, Collector, FileRead, Reading, RejectedSink, SourceError};

type Parsed = (u64, Result<BlockRead, SourceError>);

pub(super) fn read(
    path: &Path,
    index: u32,
    reading: &Reading<'_>,
    rejected: &mut dyn RejectedSink,
) -> Result<FileRead, SourceError> {
    let (understanding, blocks) = open_text(path, &reading.options)?;
    let understanding = Arc::new(understanding);
    let reader = RowReader::new(
        Arc::clone(&understanding),
        Arc::clone(&reading.options),
        index,
    );
    let stop = AtomicBool::new(false);
    let mut collector = Collector::new(path, &reading.options, rejected);
    let split = thread::scope(|scope| {
        let (block_sender, block_receiver) = sync_channel::<TextBlock>(reading.threads);
        let (parsed_sender, parsed_receiver) = sync_channel::<Parsed>(reading.threads * 2);
        let block_receiver = Arc::new(Mutex::new(block_receiver));
        for _ in 0..reading.threads {
            let (receiver, sender, reader) = (
                Arc::clone(&block_receiver),
                parsed_sender.clone(),
                reader.clone(),
            );
            let understanding = &understanding;
            scope.spawn(|| parse_blocks(receiver, sender, reader, (reading, understanding)));
        }
        drop((block_receiver, parsed_sender));
        let splitter = scope.spawn(|| split(blocks, block_sender, reading, &stop));
        for (index, parsed) in parsed_receiver {
            collector.take(index, parsed);
            if collector.has_failed() {
                stop.store(true, Ordering::Relaxed);
            }
        }
        splitter.join()
    });
    let (digest, bytes) = match split.map_err(|_| SourceError::Thread)? {
        Ok(done) => done,
        Err((block, error)) => {
            collector.fail(block, error.into());
            ([0; 32], 0)
        }
    };
    collector.finish(path, understanding, digest, bytes)
}

/// Reads the file and hands its blocks on; returns its digest and size.
fn split(
    mut blocks: TextBlocks,
    sender: SyncSender<TextBlock>,
    reading: &Reading<'_>,
    stop: &AtomicBool,
) -> Result<([u8; 32], u64), (u64, ImportError)> {
    let mut last = 0;
    while let Some(block) = blocks.next() {
        let block = block.map_err(|error| (last + 1, error))?;
        last = block.index;
        reading
            .progress
            .advance_to(reading.bytes_before + blocks.progress().0);
        if stop.load(Ordering::Relaxed) || sender.send(block).is_err() {
            break;
        }
    }
    drop(sender);
    let digest = blocks.digest().map_err(|error| (last + 1, error))?;
    Ok((digest, blocks.progress().1))
}

fn parse_blocks(
    receiver: Arc<Mutex<Receiver<TextBlock>>>,
    sender: SyncSender<Parsed>,
    mut reader: RowReader,
    (reading, understanding): (&Reading<'_>, &Understanding),
) {
    let mut scatter = reading.store_of(understanding).scatter();
    let mut last = 0;
    loop {
        let next = receiver
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .recv();
        let Ok(block) = next else { break };
        last = block.index;
        let parsed = reader
            .parse_block(&block)
            .map_err(SourceError::from)
            .and_then(|batch| {
                let mut read = BlockRead::default();
                read.absorb(batch, understanding, &mut scatter)?;
                Ok(read)
            });
        if sender.send((block.index, parsed)).is_err() {
            break;
        }
    }
    if let Err(error) = scatter.finish() {
        // The receiver lives as long as this thread's scope, so the error arrives.
        drop(sender.send((last, Err(error.into()))));
    }
}

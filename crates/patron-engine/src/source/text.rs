//! Text files: one thread splits the file into blocks of whole records, the others parse them.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use patron_import::{ImportError, RowReader, TextBlock, TextBlocks, Understanding, open_text};

use super::plain::Scattered;
use super::{Begun, BlockRead, Collector, FileRead, Reading, RejectedSink, SourceError};
use crate::grouping::Scatter;

type Parsed = (u64, Result<BlockRead, SourceError>);

pub(super) fn read(
    path: &Path,
    index: u32,
    reading: &Reading<'_>,
    rejected: &mut dyn RejectedSink,
) -> Result<FileRead, SourceError> {
    let (understanding, mut blocks) = open_text(path, &reading.options)?;
    let understanding = Arc::new(understanding);
    let reader = RowReader::new(
        Arc::clone(&understanding),
        Arc::clone(&reading.options),
        index,
    );
    let mut collector = Collector::new(path, &reading.options, rejected);
    match reading.begun(index) {
        Begun::Whole(whole) => return collector.finish_whole(path, understanding, *whole),
        Begun::Part(part) => {
            let read_before = usize::try_from(part.blocks).unwrap_or(usize::MAX);
            // They are gone through for the digest alone.
            if let Some(Err(error)) = blocks.by_ref().take(read_before).find(Result::is_err) {
                return Err(error.into());
            }
            collector = collector.with_part(*part);
        }
        Begun::Nothing => {}
    }
    let parts = (&reader, understanding.as_ref());
    while !read_stretch(&mut blocks, parts, reading, &mut collector)? {
        let bytes_read = reading.bytes_before + blocks.progress().0;
        collector.keep(reading, bytes_read)?;
    }
    let ended = match blocks.digest() {
        Ok(digest) => (digest, blocks.progress().1),
        Err(error) => {
            collector.fail(u64::MAX, error.into());
            ([0; 32], 0)
        }
    };
    collector.end(path, understanding, ended, reading)
}

/// Reads up to where what was read is kept; returns whether that is the end of the file.
fn read_stretch(
    blocks: &mut TextBlocks,
    (reader, understanding): (&RowReader, &Understanding),
    reading: &Reading<'_>,
    collector: &mut Collector<'_>,
) -> Result<bool, SourceError> {
    let stop = AtomicBool::new(false);
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
            scope.spawn(move || parse_blocks(receiver, sender, reader, (reading, understanding)));
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
    match split.map_err(|_| SourceError::Thread)? {
        Ok(is_end) => Ok(is_end),
        Err((block, error)) => {
            collector.fail(block, error.into());
            Ok(true)
        }
    }
}

/// Reads the file and hands its blocks on; returns whether it is at its end, or was told to stop.
fn split(
    blocks: &mut TextBlocks,
    sender: SyncSender<TextBlock>,
    reading: &Reading<'_>,
    stop: &AtomicBool,
) -> Result<bool, (u64, ImportError)> {
    let (mut last, until) = (0, reading.next_stop());
    while let Some(block) = blocks.next() {
        let block = block.map_err(|error| (last + 1, error))?;
        last = block.index;
        reading
            .progress
            .advance_to(reading.bytes_before + blocks.progress().0);
        if stop.load(Ordering::Relaxed) || sender.send(block).is_err() {
            return Ok(true);
        }
        if reading.bytes_before + blocks.progress().0 >= until {
            return Ok(false);
        }
    }
    Ok(true)
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
        let parsed = parse(&block, &mut reader, understanding, &mut scatter);
        if sender.send((block.index, parsed)).is_err() {
            break;
        }
    }
    if let Err(error) = scatter.finish() {
        // The receiver lives as long as this thread's scope, so the error arrives.
        drop(sender.send((last, Err(error.into()))));
    }
}

fn parse(
    block: &TextBlock,
    reader: &mut RowReader,
    understanding: &Understanding,
    scatter: &mut Scatter<'_>,
) -> Result<BlockRead, SourceError> {
    let mut read = BlockRead::default();
    let mut orders = Scattered::new(reader.file(), &mut read, scatter);
    let batch = reader.parse_block(block, &mut orders)?;
    orders.finish()?;
    read.absorb(batch, understanding, scatter)?;
    Ok(read)
}

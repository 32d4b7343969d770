//! `bmt address`.

use std::io::{self, Read};

use countersign_core::bmt::redundancy::{Level, RedundantHasher};
use countersign_core::bmt::{Finished, StreamError, encode_span};
use countersign_core::hash::hex;
use serde_json::json;

use super::{bar_of, bmt_of, threads_of};
use crate::args::{BmtAddressArgs, is_stdin};
use crate::bmt::{BLOCK_SIZE, BmtError, SteadyFile, hash_reader, write_index};
use crate::commands::Output;
use crate::commands::failures::Refusal;
use crate::exit::{Exit, Failure, Outcome};

pub(super) fn run(args: &BmtAddressArgs, output: &mut Output<'_>) -> Outcome {
    let finished = if is_stdin(&args.file) {
        if args.index.is_some() {
            let message = "the index needs the file's length in advance: name the file";
            return Err(Refusal { code: "no-file", message: message.to_owned() }.into());
        }
        hash(args, io::stdin(), None)?
    } else {
        let mut file = SteadyFile::open(&args.file)?;
        let finished = hash_file(args, &mut file)?;
        file.check_unchanged(finished.len)?;
        finished
    };
    let span = encode_span(finished.len, args.how.geometry.geometry.0.span_size())
        .map_err(|error| Refusal { code: error.code(), message: error.to_string() })?;
    let document = json!({
        "address": finished.address.to_string(),
        "span": hex::encode(&span),
        "fileSize": finished.len.to_string(),
        "chunks": finished.chunks.to_string(),
    });
    output.print(&document, finished.address)?;
    Ok(Exit::Done)
}

fn hash_file(args: &BmtAddressArgs, file: &mut SteadyFile) -> Result<Finished, Box<dyn Failure>> {
    let len = file.len();
    let Some(index) = &args.index else { return hash(args, file, Some(len)) };
    let bmt = bmt_of(&args.how.geometry);
    let bar = bar_of(Some(len));
    let written =
        write_index(&bmt, file, index, threads_of(&args.how), &|bytes| bar.set_position(bytes));
    bar.finish_and_clear();
    let address = written?;
    let shape = countersign_core::bmt::Shape::new(bmt.geometry(), len)
        .map_err(|_| BmtError::TooLong { len })?;
    Ok(Finished { address, len, chunks: shape.chunks(), sink: () })
}

fn hash(
    args: &BmtAddressArgs,
    source: impl Read + Send,
    len: Option<u64>,
) -> Result<Finished, Box<dyn Failure>> {
    let bar = bar_of(len);
    let finished = if let Some(level) = args.redundancy.and_then(Level::from_number) {
        hash_redundant(level, source, |bytes| bar.set_position(bytes))
    } else {
        let bmt = bmt_of(&args.how.geometry);
        hash_reader(&bmt, source, threads_of(&args.how), &|bytes| bar.set_position(bytes))
    };
    bar.finish_and_clear();
    Ok(finished?)
}

/// The address of an upload with parities beside its references: one thread, as they are computed
/// over whole groups of chunks in order.
fn hash_redundant(
    level: Level,
    mut source: impl Read,
    mut progress: impl FnMut(u64),
) -> Result<Finished, BmtError> {
    let mut hasher = RedundantHasher::new(level, ());
    let mut block = vec![0; BLOCK_SIZE];
    let mut offset = 0;
    let too_long = |error: StreamError<_>| match error {
        StreamError::TooLong { len } => BmtError::TooLong { len },
        other => BmtError::Read { offset: 0, error: io::Error::other(other.code()) },
    };
    loop {
        match source.read(&mut block) {
            Ok(0) => return hasher.finish().map_err(too_long),
            Ok(count) => {
                let bytes = block.get(..count).unwrap_or_default();
                hasher.write(bytes).map_err(too_long)?;
                offset += count as u64;
                progress(offset);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(BmtError::Read { offset, error }),
        }
    }
}

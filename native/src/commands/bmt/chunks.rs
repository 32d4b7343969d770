//! `bmt chunks`.

use std::fs;
use std::io::{self, Read};
use std::path::Path;

use countersign_core::bmt::{Bmt, Each, Finished, Hasher, NewChunk, encode_span};
use serde_json::json;

use super::{bar_of, bmt_of};
use crate::args::{BmtChunksArgs, is_stdin};
use crate::bmt::{BLOCK_SIZE, BmtError, SteadyFile};
use crate::commands::Output;
use crate::exit::{Exit, Outcome};

pub(super) fn run(args: &BmtChunksArgs, output: &mut Output<'_>) -> Outcome {
    let bmt = bmt_of(&args.geometry);
    let io = |error| BmtError::Io { path: args.out.clone(), is_writing: true, error };
    fs::create_dir_all(&args.out).map_err(io)?;
    let finished = if is_stdin(&args.file) {
        write_chunks(&bmt, io::stdin(), None, &args.out)?
    } else {
        let mut file = SteadyFile::open(&args.file)?;
        let len = file.len();
        let finished = write_chunks(&bmt, &mut file, Some(len), &args.out)?;
        file.check_unchanged(finished.len)?;
        finished
    };
    let (address, chunks) = (finished.address, finished.chunks);
    let document = json!({
        "address": address.to_string(),
        "fileSize": finished.len.to_string(),
        "chunks": chunks.to_string(),
        "out": args.out.display().to_string(),
    });
    output.print(&document, address)?;
    output.note(format_args!("{chunks} chunks in {}", args.out.display()));
    Ok(Exit::Done)
}

/// Writes every chunk as it is stored in the network: its span, then its payload.
fn write_chunks(
    bmt: &Bmt,
    mut source: impl Read,
    len: Option<u64>,
    out: &Path,
) -> Result<Finished, BmtError> {
    let span_size = bmt.geometry().span_size();
    let write = Each(|chunk: &NewChunk<'_>| {
        let mut stored = encode_span(chunk.span, span_size)
            .map_err(|_| BmtError::TooLong { len: chunk.span })?;
        stored.extend_from_slice(chunk.payload);
        let path = out.join(chunk.address.to_string());
        // Chunks of equal content are one: writing it again changes nothing.
        fs::write(&path, &stored).map_err(|error| BmtError::Io { path, is_writing: true, error })
    });
    let bar = bar_of(len);
    let mut hasher = Hasher::new(bmt, write);
    let mut block = vec![0; BLOCK_SIZE];
    let mut offset = 0_u64;
    loop {
        match source.read(&mut block) {
            Ok(0) => break,
            Ok(count) => {
                hasher.write(block.get(..count).unwrap_or_default())?;
                offset = offset.saturating_add(count as u64);
                bar.set_position(offset);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(BmtError::Read { offset, error }),
        }
    }
    bar.finish_and_clear();
    let Finished { address, len, chunks, .. } = hasher.finish()?;
    Ok(Finished { address, len, chunks, sink: () })
}

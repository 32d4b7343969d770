//! `bmt prove`.

use countersign_core::bmt::SegmentIndex;

use super::{bar_of, bmt_of, threads_of};
use crate::args::BmtProveArgs;
use crate::bmt::{BmtError, ChunkIndex, SteadyFile, prove_segment, write_index};
use crate::commands::Output;
use crate::commands::documents::{check_free, write};
use crate::exit::{Exit, Outcome};

pub(super) fn run(args: &BmtProveArgs, output: &mut Output<'_>) -> Outcome {
    check_free(&args.out)?;
    let bmt = bmt_of(&args.how.geometry);
    let (threads, segment) = (threads_of(&args.how), SegmentIndex(args.segment));
    let mut file = SteadyFile::open(&args.file)?;
    let bar = bar_of(Some(file.len()));
    let progress = |bytes| bar.set_position(bytes);
    let made = match &args.index {
        None => prove_segment(&bmt, &mut file, segment, threads, &progress),
        Some(path) => {
            let is_there = path.try_exists().unwrap_or(true);
            let indexed = if is_there {
                Ok(())
            } else {
                write_index(&bmt, &mut file, path, threads, &progress).map(drop)
            };
            indexed.and_then(|()| {
                let mut index = ChunkIndex::open(&bmt, path, &file)?;
                let proof = index.prove(&file, segment)?;
                Ok::<_, BmtError>((index.address(), proof))
            })
        }
    };
    bar.finish_and_clear();
    let (address, proof) = made?;
    write(proof.to_json(), &args.out, output)?;
    output.note(format_args!("the file's address is {address}, its size {}", file.len()));
    Ok(Exit::Done)
}

//! Reads and parses the input on a thread of its own, so that a signal is noticed while a read
//! blocks, and parsing goes on while the log is written.

use std::cell::RefCell;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::rc::Rc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use crate::input::{Format, Numbered, OpenError, Operations};

/// Bytes read at a time, and with it the lines that travel together.
const READ_SIZE: usize = 64 * 1024;
/// Batches of lines that may wait.
const MAX_WAITING: usize = 16;

/// What comes from the input.
#[derive(Debug)]
pub(super) enum Fed {
    /// Lines, and how many bytes have been read so far.
    Lines(Vec<Numbered>, u64),
    /// The input has ended.
    End,
    /// It cannot be read, or not on.
    Failed(OpenError),
    /// Nothing so far.
    Nothing,
}

/// The lines of an input.
#[derive(Debug)]
pub(super) struct Feed {
    fed: Receiver<Fed>,
    /// Length of the input, where it is a file.
    pub(super) length: Option<u64>,
}

impl Feed {
    /// Starts reading `file`, or standard input.
    ///
    /// The thread ends with its input, or when the feed is dropped and the read it is in returns.
    pub(super) fn start(file: Option<File>, format: Format) -> Self {
        let metadata = file.as_ref().and_then(|file| file.metadata().ok());
        let length = metadata.filter(std::fs::Metadata::is_file).map(|metadata| metadata.len());
        let (sender, fed) = sync_channel(MAX_WAITING);
        thread::spawn(move || match file {
            Some(file) => read_all(file, &format, &sender),
            None => read_all(io::stdin().lock(), &format, &sender),
        });
        Self { fed, length }
    }

    /// What comes next, waiting no longer than `patience`.
    pub(super) fn next(&self, patience: Duration) -> Fed {
        match self.fed.recv_timeout(patience) {
            Ok(fed) => fed,
            Err(RecvTimeoutError::Timeout) => Fed::Nothing,
            Err(RecvTimeoutError::Disconnected) => Fed::End,
        }
    }
}

/// The lines parsed since the last read.
#[derive(Debug, Default)]
struct Batch {
    lines: Vec<Numbered>,
    read: u64,
}

/// Passes on what was parsed before it reads, which may take for ever.
struct Source<R> {
    inner: R,
    batch: Rc<RefCell<Batch>>,
    sender: SyncSender<Fed>,
}

impl<R: Read> Read for Source<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        send(&self.batch, &self.sender)?;
        let count = self.inner.read(buffer)?;
        self.batch.borrow_mut().read += count as u64;
        Ok(count)
    }
}

fn send(batch: &RefCell<Batch>, sender: &SyncSender<Fed>) -> io::Result<()> {
    let (lines, read) = {
        let mut batch = batch.borrow_mut();
        if batch.lines.is_empty() {
            return Ok(());
        }
        (std::mem::take(&mut batch.lines), batch.read)
    };
    // Nobody listens any more: the command has ended.
    sender.send(Fed::Lines(lines, read)).map_err(|_| io::ErrorKind::BrokenPipe.into())
}

fn read_all(input: impl Read, format: &Format, sender: &SyncSender<Fed>) {
    let batch = Rc::new(RefCell::new(Batch::default()));
    let source = Source { inner: input, batch: Rc::clone(&batch), sender: sender.clone() };
    let last = match parse_all(source, format, &batch) {
        Ok(()) => Fed::End,
        Err(error) => Fed::Failed(error),
    };
    let _nobody_listens = send(&batch, sender).is_err() || sender.send(last).is_err();
}

fn parse_all<R: Read>(
    source: Source<R>,
    format: &Format,
    batch: &RefCell<Batch>,
) -> Result<(), OpenError> {
    let reader = BufReader::with_capacity(READ_SIZE, source);
    let mut operations = Operations::open(reader, format)?;
    while let Some(numbered) = operations.read()? {
        batch.borrow_mut().lines.push(numbered);
    }
    Ok(())
}

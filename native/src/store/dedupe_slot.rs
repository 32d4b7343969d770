//! The table of operations, or the thread that is still building it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::dedupe::Dedupe;
use super::error::StoreError;
use super::sync::thread;

/// The table of operations, or the thread that is still building it.
#[derive(Debug)]
pub(super) enum DedupeSlot {
    Building { thread: thread::JoinHandle<Result<Dedupe, StoreError>>, stop: Arc<AtomicBool> },
    Ready(Dedupe),
    Failed(StoreError),
}

impl DedupeSlot {
    /// The table; waits for it the first time.
    pub(super) fn ready(&mut self) -> Result<&mut Dedupe, StoreError> {
        if matches!(self, Self::Building { .. }) {
            let Self::Building { thread, .. } =
                std::mem::replace(self, Self::Failed(StoreError::Closed))
            else {
                return Err(StoreError::Closed);
            };
            *self = match thread.join() {
                Ok(Ok(dedupe)) => Self::Ready(dedupe),
                Ok(Err(error)) => Self::Failed(error),
                Err(_) => Self::Failed(StoreError::Closed),
            };
        }
        match self {
            Self::Ready(dedupe) => Ok(dedupe),
            Self::Failed(error) => Err(error.clone()),
            Self::Building { .. } => Err(StoreError::Closed),
        }
    }

    /// Frees the table; a thread that still builds it has stopped reading when this returns.
    pub(super) fn close(self) {
        if let Self::Building { thread, stop } = self {
            stop.store(true, Ordering::Relaxed);
            let _partial = thread.join();
        }
    }
}

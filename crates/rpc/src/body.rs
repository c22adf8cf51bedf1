//! The body of an HTTP request, watched while the library reads it.
//!
//! The library answers "internal error" whenever a body does not arrive whole, as if the node were at fault. Here is
//! noted what really happened, so that the guard can say it.

use http_body::{Body, Frame, SizeHint};
use jsonrpsee::core::BoxError;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};
use std::task::{Context, Poll, ready};

/// Why a body did not arrive whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Incomplete {
    /// It is longer than the server takes.
    TooLarge,
    /// The client stopped sending before its end.
    CutOff,
}

const TOO_LARGE: u8 = 1;
const CUT_OFF: u8 = 2;

/// Tells, after the body was read, what went wrong with it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Verdict(Arc<AtomicU8>);

impl Verdict {
    pub(crate) fn get(&self) -> Option<Incomplete> {
        match self.0.load(Relaxed) {
            TOO_LARGE => Some(Incomplete::TooLarge),
            CUT_OFF => Some(Incomplete::CutOff),
            _ => None,
        }
    }
}

/// A body of at most so many bytes, that notes how it ends.
#[derive(Debug)]
pub(crate) struct Watched<B> {
    body: B,
    left: usize,
    verdict: Verdict,
}

impl<B> Watched<B> {
    pub(crate) fn new(body: B, max_bytes: usize) -> Self {
        Self { body, left: max_bytes, verdict: Verdict::default() }
    }

    pub(crate) fn verdict(&self) -> Verdict {
        self.verdict.clone()
    }

    fn fail<T>(&self, what: u8, error: BoxError) -> Poll<Option<Result<T, BoxError>>> {
        self.verdict.0.store(what, Relaxed);
        Poll::Ready(Some(Err(error)))
    }
}

impl<B> Body for Watched<B>
where
    B: Body<Data: AsRef<[u8]>, Error: Into<BoxError>> + Unpin,
{
    type Data = B::Data;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, BoxError>>> {
        let this = self.get_mut();
        match ready!(Pin::new(&mut this.body).poll_frame(cx)) {
            Some(Ok(frame)) => {
                let bytes = frame.data_ref().map_or(0, |data| data.as_ref().len());
                match this.left.checked_sub(bytes) {
                    Some(left) => {
                        this.left = left;
                        Poll::Ready(Some(Ok(frame)))
                    }
                    None => this.fail(TOO_LARGE, "the body is too large".into()),
                }
            }
            Some(Err(error)) => this.fail(CUT_OFF, error.into()),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

//! Batches: their calls run beside each other, and the answers stand in the order of the calls.
//!
//! Each call passes the same permits and time-outs as a single one; a batch has no more of them in work than
//! [`BATCH_CALLS`] (of transactions that are sent [`BATCH_SUBMISSIONS`]), and holds no more finished answers than that
//! beside its own.

use crate::config::{BATCH_CALLS, BATCH_SUBMISSIONS};
use futures::StreamExt;
use futures::future::{Either, ready};
use futures::stream::FuturesOrdered;
use jsonrpsee::core::middleware::{Batch, BatchEntry, Notification, Request, RpcServiceT};
use jsonrpsee::server::{BatchResponseBuilder, MethodResponse};
use std::future::Future;

/// Calls in work at a time, this one among them.
fn most_beside<E>(entry: &Result<BatchEntry<'_>, E>) -> usize {
    match entry {
        Ok(BatchEntry::Call(call)) if call.method_name() == "eth_sendRawTransaction" => BATCH_SUBMISSIONS,
        _ => BATCH_CALLS,
    }
}

/// Runs batches over a service of single calls.
#[derive(Clone, Debug)]
pub(crate) struct Batches<S> {
    pub(crate) inner: S,
    /// Most bytes of an answer.
    pub(crate) max_response: usize,
}

impl<S> RpcServiceT for Batches<S>
where
    S: RpcServiceT<MethodResponse = MethodResponse, NotificationResponse = MethodResponse>
        + Clone
        + Send
        + Sync
        + 'static,
{
    type MethodResponse = MethodResponse;
    type NotificationResponse = MethodResponse;
    type BatchResponse = MethodResponse;

    fn call<'a>(&self, request: Request<'a>) -> impl Future<Output = MethodResponse> + Send + 'a {
        self.inner.call(request)
    }

    fn notification<'a>(
        &self,
        notification: Notification<'a>,
    ) -> impl Future<Output = MethodResponse> + Send + 'a {
        self.inner.notification(notification)
    }

    fn batch<'a>(&self, batch: Batch<'a>) -> impl Future<Output = MethodResponse> + Send + 'a {
        let inner = self.inner.clone();
        let mut answers = BatchResponseBuilder::new_with_limit(self.max_response);
        async move {
            let mut entries = batch.into_iter().peekable();
            let mut calls = FuturesOrdered::new();
            let mut notified = false;
            loop {
                while let Some(entry) = entries.next_if(|entry| calls.len() < most_beside(entry)) {
                    match entry {
                        Ok(BatchEntry::Call(request)) => calls.push_back(Either::Left(inner.call(request))),
                        Ok(BatchEntry::Notification(notification)) => {
                            notified = true;
                            inner.notification(notification).await;
                        }
                        Err(malformed) => {
                            let (error, id) = malformed.into_parts();
                            calls.push_back(Either::Right(ready(MethodResponse::error(id, error))));
                        }
                    }
                }
                let Some(answer) = calls.next().await else { break };
                // The calls that are still in work are dropped: their answers would be thrown away.
                if let Err(too_large) = answers.append(answer) {
                    return too_large;
                }
            }
            match answers.is_empty() && notified {
                true => MethodResponse::notification(),
                // An empty batch is an invalid request, which `finish` says.
                false => MethodResponse::from_batch(answers.finish()),
            }
        }
    }
}

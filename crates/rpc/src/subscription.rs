//! Sending to subscribers: each is waited for a limited time, then told so and closed. Nothing piles up for a slow one.

use crate::context::Context;
use jsonrpsee::core::SubscriptionError;
use jsonrpsee::server::{SendTimeoutError, SubscriptionSink};
use serde::Serialize;
use serde_json::value::to_raw_value;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

/// How a subscription ends. An error is sent to the subscriber as its last notification.
pub(crate) type End = Result<(), SubscriptionError>;

/// An accepted subscription.
pub(crate) struct Subscriber {
    sink: SubscriptionSink,
    pub(crate) ctx: Arc<Context>,
}

impl Subscriber {
    pub(crate) fn new(sink: SubscriptionSink, ctx: Arc<Context>) -> Self {
        ctx.metrics.subscriptions.fetch_add(1, Relaxed);
        Self { sink, ctx }
    }

    /// Completes when the client has left or unsubscribed.
    pub(crate) async fn left(&self) {
        self.sink.closed().await;
    }

    /// Sends one notification; `Ok(false)` when the client has left.
    pub(crate) async fn send(&self, item: &(impl Serialize + ?Sized)) -> Result<bool, SubscriptionError> {
        let json = to_raw_value(item)?;
        match self.sink.send_timeout(json, self.ctx.config.subscriber_patience).await {
            Ok(()) => Ok(true),
            Err(SendTimeoutError::Closed(_)) => Ok(false),
            Err(SendTimeoutError::Timeout(_)) => Err(self.too_slow()),
        }
    }

    /// The end of a subscriber that does not keep up.
    pub(crate) fn too_slow(&self) -> SubscriptionError {
        self.ctx.metrics.slow_subscribers.fetch_add(1, Relaxed);
        "subscription closed: the client reads more slowly than events happen; subscribe again".into()
    }
}

impl Drop for Subscriber {
    fn drop(&mut self) {
        self.ctx.metrics.subscriptions.fetch_sub(1, Relaxed);
    }
}

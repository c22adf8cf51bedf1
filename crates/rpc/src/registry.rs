//! The one table of methods: what is served, documented and counted all comes from the rows added here.
//!
//! Every handler has a time-out, and a panic of one call harms no other.

use crate::context::{Call, Context};
use crate::error::Fault;
use crate::params::Args;
use futures::{FutureExt as _, future::BoxFuture};
use jsonrpsee::RpcModule;
use jsonrpsee::server::RegisterMethodError;
use jsonrpsee::types::{ErrorObjectOwned, Params};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use tokio::time::{Instant, timeout_at};

/// A parameter of a method.
#[derive(Debug)]
pub(crate) struct Param {
    pub(crate) name: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) required: bool,
}

/// A required parameter of a kind that `openrpc` knows.
pub(crate) const fn need(name: &'static str, kind: &'static str) -> Param {
    Param { name, kind, required: true }
}

/// A parameter that may be absent or null.
pub(crate) const fn may(name: &'static str, kind: &'static str) -> Param {
    Param { name, kind, required: false }
}

/// What a call costs, which decides how long and beside how many others it may run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cost {
    /// A few look-ups.
    Light,
    /// Execution or a search: takes one of the few permits.
    Heavy,
    /// Waits for the chain, costs nothing meanwhile.
    Waits,
}

type Handler = Arc<dyn Fn(Call) -> BoxFuture<'static, Result<Box<RawValue>, Fault>> + Send + Sync>;
type Subscribe = fn(&mut RpcModule<Context>) -> Result<(), RegisterMethodError>;

pub(crate) enum Kind {
    Method(Cost, Handler),
    /// Subscribe method; registers itself together with its counterpart.
    Subscription(Subscribe),
    /// Counterpart of a subscribe method, registered with it.
    Unsubscribe,
}

/// A row of the table.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    pub(crate) params: &'static [Param],
    pub(crate) result: &'static str,
    pub(crate) kind: Kind,
}

impl Row {
    pub(crate) fn namespace(&self) -> &'static str {
        self.name.split(['_', '.']).next().unwrap_or(self.name)
    }
}

/// The table while it is filled.
#[derive(Default)]
pub(crate) struct Registry {
    pub(crate) rows: Vec<Row>,
}

impl Registry {
    /// Adds a method.
    pub(crate) fn add<F, R>(
        &mut self,
        cost: Cost,
        name: &'static str,
        params: &'static [Param],
        result: &'static str,
        about: &'static str,
        handler: fn(Call) -> F,
    ) where
        F: Future<Output = Result<R, Fault>> + Send + 'static,
        R: Serialize + 'static,
    {
        let handler: Handler = Arc::new(move |call| {
            let answer = handler(call);
            Box::pin(async move {
                to_raw_value(&answer.await?).map_err(|e| Fault::Internal(format!("result is not JSON: {e}")))
            })
        });
        self.rows.push(Row { name, about, params, result, kind: Kind::Method(cost, handler) });
    }

    /// Adds a subscription: the subscribe method and its counterpart.
    pub(crate) fn add_subscription(
        &mut self,
        [name, counterpart]: [&'static str; 2],
        params: &'static [Param],
        about: &'static str,
        register: Subscribe,
    ) {
        self.rows.push(Row {
            name,
            about,
            params,
            result: "SubscriptionId",
            kind: Kind::Subscription(register),
        });
        const ID: &[Param] = &[need("subscription", "SubscriptionId")];
        let about = "Ends a subscription; true if there was one.";
        self.rows.push(Row {
            name: counterpart,
            about,
            params: ID,
            result: "Boolean",
            kind: Kind::Unsubscribe,
        });
    }

    /// Makes the module that serves the rows whose namespaces are enabled.
    pub(crate) fn into_module(self, context: Context) -> Result<RpcModule<Context>, RegisterMethodError> {
        let config = context.config.clone();
        let mut module = RpcModule::new(context);
        for row in self.rows {
            let enabled = config.serves(row.namespace());
            let Row { name, params, kind, .. } = row;
            match kind {
                Kind::Method(cost, handler) if enabled => {
                    module.register_async_method(name, move |raw, ctx, _| {
                        answer(name, cost, params, handler.clone(), raw, ctx)
                    })?;
                }
                Kind::Subscription(register) if enabled => register(&mut module)?,
                Kind::Unsubscribe if enabled => {}
                _ => {
                    module.register_method(name, move |_, _, _| {
                        Err::<(), _>(ErrorObjectOwned::from(Fault::NotEnabled(name)))
                    })?;
                }
            }
        }
        Ok(module)
    }
}

/// Runs one call to its end: parameters, permit, time-out, panic, metrics.
async fn answer(
    name: &'static str,
    cost: Cost,
    params: &'static [Param],
    handler: Handler,
    raw: Params<'static>,
    ctx: Arc<Context>,
) -> Result<Box<RawValue>, ErrorObjectOwned> {
    let start = Instant::now();
    let result = match (ctx.calls.try_acquire(), Args::parse(params, &raw)) {
        (Err(_), _) => Err(Fault::Limit("the node is busy with as many calls as it takes: ask again".into())),
        (Ok(_permit), Ok(args)) => run(cost, handler, Call { ctx: ctx.clone(), args }).await,
        (Ok(_), Err(fault)) => Err(fault),
    };
    let bytes = result.as_ref().ok().map(|json| json.get().len());
    ctx.metrics.record(name, start.elapsed(), bytes);
    result.map_err(Into::into)
}

async fn run(cost: Cost, handler: Handler, call: Call) -> Result<Box<RawValue>, Fault> {
    let ctx = call.ctx.clone();
    let limit = match cost {
        Cost::Light | Cost::Heavy => ctx.config.call_timeout,
        Cost::Waits => ctx.config.max_sync_wait + ctx.config.call_timeout,
    };
    let deadline = Instant::now() + limit;
    // What a handler leaves behind when it panics is its own.
    let answer = AssertUnwindSafe(handler(call)).catch_unwind();
    let ended = match cost {
        Cost::Light | Cost::Waits => timeout_at(deadline, answer).await,
        Cost::Heavy => {
            let Ok(permit) = timeout_at(deadline, ctx.heavy.clone().acquire_owned()).await else {
                return Err(Fault::Timeout(limit));
            };
            // A task of its own: a heavy call that times out keeps its permit until it really ends.
            let task = tokio::spawn(async move {
                let _permit = permit;
                answer.await
            });
            let joined = timeout_at(deadline, task).await;
            joined.map(|joined| joined.unwrap_or_else(|failure| Err(Box::new(failure))))
        }
    };
    match ended {
        Ok(Ok(result)) => result,
        Ok(Err(_)) => {
            ctx.metrics.panics.fetch_add(1, Relaxed);
            Err(Fault::Internal("a handler failed; the node's log says how".into()))
        }
        Err(_) => Err(Fault::Timeout(limit)),
    }
}

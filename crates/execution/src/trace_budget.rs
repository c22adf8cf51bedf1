//! What a trace may record, so that nobody can fill a node's memory by asking for one.
//!
//! Gas does not bound a trace: a step costs three gas and its record holds the whole stack. One budget serves all
//! transactions of a request; when it is spent the trace fails, and never changes what it shows.

use crate::evm::EvmContext;
use alloy_rpc_types_trace::geth::GethDebugTracingOptions;
use revm::{
    Inspector,
    context_interface::{ContextTr, context::ContextError},
    interpreter::Interpreter,
};
use revm_inspectors::tracing::{
    DebugInspector, DebugInspectorError, TraceLimitBehavior, TraceLimits, TracingInspector,
};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

/// Most bytes that the traces of one request may take, roughly.
pub const MAX_TRACE_BYTES: usize = 256 * 1024 * 1024;

/// Record of a step without its stack, in bytes, roughly.
const STEP_BYTES: usize = 256;

/// Counts what recorded steps take, over all transactions of a request.
#[derive(Clone, Debug)]
pub(crate) struct TraceBudget {
    left: Arc<AtomicUsize>,
    records_steps: bool,
}

impl TraceBudget {
    pub(crate) fn new() -> Self {
        Self { left: Arc::new(AtomicUsize::new(MAX_TRACE_BYTES)), records_steps: false }
    }

    /// A tracer that stays within the budget.
    pub(crate) fn tracer(
        &self,
        options: &GethDebugTracingOptions,
    ) -> Result<(DebugInspector, Self), DebugInspectorError> {
        let tracer = limited(DebugInspector::new(options.clone())?);
        let records_steps = matches!(tracer, DebugInspector::Default(..) | DebugInspector::Erc7562Tracer(..));
        Ok((tracer, Self { records_steps, ..self.clone() }))
    }
}

/// Bounds the copies of call inputs and memory that a tracer keeps.
pub(crate) fn bounded(inspector: TracingInspector) -> TracingInspector {
    let limits = TraceLimits::default().set_max_recorded_bytes(Some(MAX_TRACE_BYTES));
    inspector.with_limits(limits.set_behavior(TraceLimitBehavior::Halt))
}

fn limited(tracer: DebugInspector) -> DebugInspector {
    match tracer {
        DebugInspector::CallTracer(inner, config) => DebugInspector::CallTracer(bounded(inner), config),
        DebugInspector::PreStateTracer(inner, config) => {
            DebugInspector::PreStateTracer(bounded(inner), config)
        }
        DebugInspector::FlatCallTracer(inner) => DebugInspector::FlatCallTracer(bounded(inner)),
        DebugInspector::Erc7562Tracer(inner, config) => DebugInspector::Erc7562Tracer(bounded(inner), config),
        DebugInspector::Default(inner, config) => DebugInspector::Default(bounded(inner), config),
        other => other,
    }
}

impl Inspector<EvmContext> for TraceBudget {
    fn step(&mut self, interpreter: &mut Interpreter, context: &mut EvmContext) {
        if !self.records_steps {
            return;
        }
        let bytes = STEP_BYTES + 32 * interpreter.stack.len();
        let left = self.left.load(Ordering::Relaxed).checked_sub(bytes);
        self.left.store(left.unwrap_or(0), Ordering::Relaxed);
        if left.is_none() {
            let reason =
                format!("the trace takes more than {MAX_TRACE_BYTES} bytes: ask for a call trace instead");
            *context.error() = Err(ContextError::Custom(reason));
            interpreter.halt_fatal();
        }
    }
}

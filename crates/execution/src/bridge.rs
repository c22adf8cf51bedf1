//! Lets synchronous execution read asynchronous state.
//!
//! The EVM reads state in the middle of an instruction, and `StateView` answers with a future. Running a
//! transaction again for each missing key would let a chain of dependent cold reads cost quadratic work, so a job
//! runs once, on a thread of its own, and waits where it needs a value. The thread is a coroutine, never
//! parallelism: caller and job take strict turns, so results do not depend on scheduling, and any runtime,
//! simulated ones included, can drive the returned future.
//!
//! Dropping the future ends the job at its next read.

use crate::ExecutionError;
use alloy_primitives::B256;
use althing_primitives::{Recovered, StateKey, StateValue, Transaction};
use althing_state::{StateError, StateView};
use std::sync::mpsc::{Receiver, Sender, channel};

/// Stack of a job's thread in bytes: the EVM keeps its frames on the heap, so this is ample.
const STACK_BYTES: usize = 4 * 1024 * 1024;

/// Values of keys, in the order of the question.
type Values = Result<Vec<Option<StateValue>>, StateError>;

enum Question {
    Read(Vec<StateKey>),
    Next,
    Skip(B256),
}

enum Answer {
    Values(Values),
    Candidate(Option<Box<Recovered<Transaction>>>),
}

/// Where a job that builds a block takes its transactions from.
pub(crate) trait Source: Send {
    /// The next transaction, or none when the block shall be closed.
    fn next(&mut self) -> Option<Recovered<Transaction>>;
    /// The transaction did not go into the block.
    fn skip(&mut self, hash: &B256);
}

/// The source of jobs that build nothing.
struct Empty;

impl Source for Empty {
    fn next(&mut self) -> Option<Recovered<Transaction>> {
        None
    }
    fn skip(&mut self, _: &B256) {}
}

/// The job's end of the bridge.
#[derive(Debug)]
pub(crate) struct Port {
    questions: Sender<Question>,
    answers: Receiver<Answer>,
}

impl Port {
    /// Reads keys of the state below the job.
    pub(crate) fn read(&self, keys: Vec<StateKey>) -> Values {
        match self.ask(Question::Read(keys)) {
            Some(Answer::Values(values)) => values,
            _ => Err(StateError::Database("the execution was cancelled".into())),
        }
    }

    /// Takes the next transaction for a block.
    pub(crate) fn next(&self) -> Option<Recovered<Transaction>> {
        match self.ask(Question::Next) {
            Some(Answer::Candidate(candidate)) => candidate.map(|boxed| *boxed),
            _ => None,
        }
    }

    /// Says that a transaction did not go into the block.
    pub(crate) fn skip(&self, hash: B256) {
        // Nobody listens when the execution was cancelled; the next question ends the job.
        let _ = self.questions.send(Question::Skip(hash));
    }

    fn ask(&self, question: Question) -> Option<Answer> {
        self.questions.send(question).ok()?;
        self.answers.recv().ok()
    }
}

/// Runs a job over a view.
pub(crate) async fn run<T: Send + 'static>(
    view: &impl StateView,
    job: impl FnOnce(Port) -> Result<T, ExecutionError> + Send + 'static,
) -> Result<T, ExecutionError> {
    run_with_source(view, &mut Empty, job).await
}

/// Runs a job that also takes transactions from a source.
pub(crate) async fn run_with_source<T: Send + 'static>(
    view: &impl StateView,
    source: &mut impl Source,
    job: impl FnOnce(Port) -> Result<T, ExecutionError> + Send + 'static,
) -> Result<T, ExecutionError> {
    let (ask, questions) = channel();
    let (answer, answers) = channel();
    let port = Port { questions: ask, answers };
    let thread = std::thread::Builder::new().name("execution".into()).stack_size(STACK_BYTES);
    let thread = thread
        .spawn(move || job(port))
        .map_err(|e| ExecutionError::Internal(format!("cannot start a thread to execute on: {e}")))?;
    // Waiting here is not idling: the job computes meanwhile, as it would if it were called in place.
    while let Ok(question) = questions.recv() {
        let reply = match question {
            Question::Read(keys) => Answer::Values(view.get_many(&keys).await),
            Question::Next => Answer::Candidate(source.next().map(Box::new)),
            Question::Skip(hash) => {
                source.skip(&hash);
                continue;
            }
        };
        if answer.send(reply).is_err() {
            break;
        }
    }
    match thread.join() {
        Ok(result) => result,
        Err(panic) => std::panic::resume_unwind(panic),
    }
}

//! Lets synchronous execution read asynchronous state.
//!
//! The EVM reads state in the middle of an instruction, and `StateView` answers with a future. Nearly every value is in
//! memory, so a job first runs in place, on the caller's thread, with what is at hand ([`StateView::at_hand`]). Where a
//! value must be waited for, it begins anew: in place once more if it had only just begun, else on a thread of its own,
//! which waits where it needs a value. So a job runs a fixed number of times at most, whatever a chain of dependent cold
//! reads looks like; running it again for each missing key would cost quadratic work.
//!
//! The thread is a coroutine, never parallelism: caller and job take strict turns, so results do not depend on scheduling,
//! and any runtime, simulated ones included, can drive the returned future. Dropping the future ends a job there at its
//! next read.

use crate::ExecutionError;
use althing_primitives::StateKey;
use althing_state::{AtHand, StateError, StateView, Values};
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    sync::mpsc::{Receiver, Sender, channel},
};

/// Stack of a job's thread in bytes: the EVM keeps its frames on the heap, so this is ample.
const STACK_BYTES: usize = 4 * 1024 * 1024;

/// Most runs of a job in place; one more on a thread may follow.
const RUNS_IN_PLACE: usize = 3;

/// Questions after which a job has only just begun: those that read ahead what its input names, and the code of that.
const FIRST_QUESTIONS: usize = 2;

/// The job's end of the bridge.
#[derive(Debug)]
pub(crate) struct Port(Way);

#[derive(Debug)]
enum Way {
    InPlace(Rc<InPlace>),
    Apart { questions: Sender<Vec<StateKey>>, answers: Receiver<Values> },
}

/// What a job in place and its caller share.
struct InPlace {
    at_hand: AtHand,
    answered: Cell<usize>,
    /// What is not at hand.
    awaited: RefCell<Option<Vec<StateKey>>>,
}

impl std::fmt::Debug for InPlace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InPlace").field("answered", &self.answered).finish_non_exhaustive()
    }
}

fn cancelled() -> StateError {
    StateError::Database("the execution was cancelled".into())
}

impl Port {
    /// Reads keys of the state below the job; the values come in the order of the keys.
    pub(crate) fn read(&self, keys: Vec<StateKey>) -> Values {
        match &self.0 {
            Way::InPlace(shared) => shared.read(keys),
            Way::Apart { questions, answers } => {
                questions.send(keys).map_err(|_| cancelled())?;
                answers.recv().map_err(|_| cancelled())?
            }
        }
    }
}

impl InPlace {
    fn read(&self, keys: Vec<StateKey>) -> Values {
        let mut awaited = self.awaited.borrow_mut();
        // Once it must wait, a job only has to come to its end.
        if awaited.is_none() {
            if let Some(values) = (self.at_hand)(&keys) {
                self.answered.set(self.answered.get() + 1);
                return values;
            }
            *awaited = Some(keys);
        }
        Err(cancelled())
    }
}

/// How a run in place ended.
enum Ended<T> {
    With(T),
    /// It waits for these keys after so many questions.
    Awaits(Vec<StateKey>, usize),
}

fn in_place<T>(at_hand: AtHand, job: impl FnOnce(Port) -> T) -> Ended<T> {
    let shared = Rc::new(InPlace { at_hand, answered: Cell::default(), awaited: RefCell::default() });
    let result = job(Port(Way::InPlace(shared.clone())));
    match shared.awaited.take() {
        None => Ended::With(result),
        Some(keys) => Ended::Awaits(keys, shared.answered.get()),
    }
}

/// Runs a job over a view.
pub(crate) async fn run<T: Send + 'static>(
    view: &impl StateView,
    job: impl FnOnce(Port) -> Result<T, ExecutionError> + Clone + Send + 'static,
) -> Result<T, ExecutionError> {
    for _ in 0..RUNS_IN_PLACE {
        let Some(at_hand) = view.at_hand() else { break };
        match in_place(at_hand, job.clone()) {
            Ended::With(result) => return result,
            Ended::Awaits(_, answered) if answered >= FIRST_QUESTIONS => break,
            // What was read is at hand in the next run, unless it had to make room meanwhile.
            Ended::Awaits(keys, _) => drop(view.get_many(&keys).await?),
        }
    }
    apart(view, job).await
}

async fn apart<T: Send + 'static>(
    view: &impl StateView,
    job: impl FnOnce(Port) -> Result<T, ExecutionError> + Send + 'static,
) -> Result<T, ExecutionError> {
    let (ask, questions) = channel();
    let (answer, answers) = channel();
    let thread = std::thread::Builder::new().name("execution".into()).stack_size(STACK_BYTES);
    let thread = thread
        .spawn(move || job(Port(Way::Apart { questions: ask, answers })))
        .map_err(|e| ExecutionError::Internal(format!("cannot start a thread to execute on: {e}")))?;
    // Waiting here is not idling: the job computes meanwhile, as it would if it were called in place.
    while let Ok(keys) = questions.recv() {
        if answer.send(view.get_many(&keys).await).is_err() {
            break;
        }
    }
    match thread.join() {
        Ok(result) => result,
        Err(panic) => std::panic::resume_unwind(panic),
    }
}

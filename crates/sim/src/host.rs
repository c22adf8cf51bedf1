//! The runtime as one machine sees it: its own disk, its own clock, everybody's seeded scheduler.

use crate::disk::{Disk, DiskBlob};
use commonware_runtime::{
    BlobVersion, Clock, Error, Handle, ListenerOf, Metrics, Name, Network, SinkOf, Spawner, Storage,
    StreamOf, Supervisor, deterministic,
    signal::Signal,
    telemetry::metrics::{Metric, Registered},
};
use futures::FutureExt as _;
use parking_lot::Mutex;
use rand_core::{TryCryptoRng, TryRng};
use std::{
    any::Any,
    convert::Infallible,
    fmt,
    future::Future,
    net::SocketAddr,
    ops::RangeInclusive,
    panic::AssertUnwindSafe,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, SystemTime},
};

/// What a machine has besides the scheduler.
pub(crate) struct Machine {
    /// Its disk.
    pub(crate) disk: Disk,
    /// By how many milliseconds its clock is ahead of true time.
    clock_error_ms: AtomicI64,
    clock: Arc<deterministic::Context>,
    /// With what words the node's process died, if it did.
    panic: Mutex<Option<String>>,
}

impl fmt::Debug for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Machine").field("disk", &self.disk).finish_non_exhaustive()
    }
}

impl Machine {
    pub(crate) fn new(context: &deterministic::Context, disk: Disk) -> Arc<Self> {
        let clock = Arc::new(context.child("clock"));
        Arc::new(Self { disk, clock_error_ms: AtomicI64::new(0), clock, panic: Mutex::default() })
    }

    /// Sets by how many milliseconds the clock is ahead (or, below zero, behind).
    pub(crate) fn set_clock_error(&self, ms: i64) {
        self.clock_error_ms.store(ms, Ordering::Relaxed);
    }

    /// With what words the node's process died since this was last asked.
    pub(crate) fn take_panic(&self) -> Option<String> {
        self.panic.lock().take()
    }

    /// Runs a task of the node. When it panics, the node is as good as dead: whoever waits for the task waits for ever.
    async fn contain<T>(self: Arc<Self>, task: impl Future<Output = T>) -> T {
        match AssertUnwindSafe(task).catch_unwind().await {
            Ok(value) => value,
            Err(payload) => {
                self.panic.lock().get_or_insert_with(|| panic_text(&*payload));
                std::future::pending().await
            }
        }
    }

    fn shift(&self, time: SystemTime, sign: i64) -> SystemTime {
        let ms = self.clock_error_ms.load(Ordering::Relaxed).saturating_mul(sign);
        let by = Duration::from_millis(ms.unsigned_abs());
        let shifted = if ms < 0 { time.checked_sub(by) } else { time.checked_add(by) };
        shifted.unwrap_or(time)
    }
}

/// What a panic said.
pub(crate) fn panic_text(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("without a text").to_string()
}

/// A runtime context on one machine.
pub(crate) struct Host {
    inner: deterministic::Context,
    machine: Arc<Machine>,
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Host").field("machine", &self.machine).finish_non_exhaustive()
    }
}

impl Host {
    pub(crate) fn new(inner: deterministic::Context, machine: Arc<Machine>) -> Self {
        Self { inner, machine }
    }
}

impl Supervisor for Host {
    fn name(&self) -> Name {
        self.inner.name()
    }

    fn child(&self, label: &'static str) -> Self {
        Self::new(self.inner.child(label), self.machine.clone())
    }

    fn with_attribute(self, key: &'static str, value: impl fmt::Display) -> Self {
        Self::new(self.inner.with_attribute(key, value), self.machine)
    }
}

impl Spawner for Host {
    fn shared(self, blocking: bool) -> Self {
        Self::new(self.inner.shared(blocking), self.machine)
    }

    fn dedicated(self) -> Self {
        Self::new(self.inner.dedicated(), self.machine)
    }

    fn spawn<F, Fut, T>(self, f: F) -> Handle<T>
    where
        F: FnOnce(Self) -> Fut + Send + 'static,
        Fut: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        let machine = self.machine;
        self.inner
            .spawn(move |inner| machine.clone().contain(async move { f(Self::new(inner, machine)).await }))
    }

    async fn stop(self, value: i32, timeout: Option<Duration>) -> Result<(), Error> {
        self.inner.stop(value, timeout).await
    }

    fn stopped(&self) -> Signal {
        self.inner.stopped()
    }
}

impl Metrics for Host {
    fn register<N: Into<String>, H: Into<String>, M: Metric>(
        &self,
        name: N,
        help: H,
        metric: M,
    ) -> Registered<M> {
        self.inner.register(name, help, metric)
    }

    fn encode(&self) -> String {
        self.inner.encode()
    }
}

impl governor::clock::Clock for Host {
    type Instant = SystemTime;

    fn now(&self) -> SystemTime {
        self.current()
    }
}

impl governor::clock::ReasonablyRealtime for Host {}

impl Clock for Host {
    fn current(&self) -> SystemTime {
        self.machine.shift(self.inner.current(), 1)
    }

    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + Send + 'static + use<> {
        self.inner.sleep(duration)
    }

    fn sleep_until(&self, deadline: SystemTime) -> impl Future<Output = ()> + Send + 'static + use<> {
        self.inner.sleep_until(self.machine.shift(deadline, -1))
    }
}

impl Network for Host {
    type Listener = ListenerOf<deterministic::Context>;

    async fn bind(&self, socket: SocketAddr) -> Result<Self::Listener, Error> {
        self.inner.bind(socket).await
    }

    async fn dial(&self, socket: SocketAddr) -> Result<(SinkOf<Self>, StreamOf<Self>), Error> {
        self.inner.dial(socket).await
    }
}

impl TryRng for Host {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.inner.try_next_u32()
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.inner.try_next_u64()
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.inner.try_fill_bytes(bytes)
    }
}

impl TryCryptoRng for Host {}

impl Storage for Host {
    type Blob = DiskBlob;

    async fn open_versioned(
        &self,
        partition: &str,
        name: &[u8],
        versions: RangeInclusive<BlobVersion>,
    ) -> Result<(DiskBlob, u64, BlobVersion), Error> {
        self.machine.disk.open(&self.machine.clock, partition, name, versions).await
    }

    async fn remove(&self, partition: &str, name: Option<&[u8]>) -> Result<(), Error> {
        self.machine.disk.remove(partition, name).await
    }

    async fn scan(&self, partition: &str) -> Result<Vec<Vec<u8>>, Error> {
        self.machine.disk.scan(partition).await
    }
}

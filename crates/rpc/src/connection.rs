//! TCP connections: how many there may be, and what one may do that does not read its answers or says nothing.
//!
//! The libraries above would go on reading requests from a client that reads no answers, and hold the answers in
//! memory. So while a client does not take what was written, nothing is read from it; if that lasts, it is closed.

use crate::config::RpcConfig;
use std::future::Future;
use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, Sleep, sleep};

/// Pause after the system refused a connection (no file descriptors left), so that the loop does not spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Hands out connections within the limits of a server.
pub(crate) struct Acceptor {
    listener: TcpListener,
    permits: Arc<Semaphore>,
    patience: Duration,
    idle: Duration,
}

impl Acceptor {
    pub(crate) fn new(listener: TcpListener, config: &RpcConfig) -> Self {
        Self {
            listener,
            permits: Arc::new(Semaphore::new(config.max_connections as usize)),
            patience: config.subscriber_patience,
            idle: config.idle_timeout,
        }
    }

    /// The next connection. One too many is closed at once.
    pub(crate) async fn accept(&self) -> Connection {
        loop {
            match self.listener.accept().await {
                Ok((stream, peer)) => match self.permits.clone().try_acquire_owned() {
                    Ok(permit) => {
                        // Only latency suffers if this fails.
                        let _ = stream.set_nodelay(true);
                        return Connection::new(stream, permit, self.patience, self.idle);
                    }
                    Err(_) => tracing::debug!(%peer, "RPC connection refused: there are too many"),
                },
                Err(error) => {
                    tracing::warn!(%error, "cannot accept an RPC connection");
                    sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }
}

/// A TCP connection that counts against the limit until it is dropped.
pub(crate) struct Connection {
    stream: TcpStream,
    _permit: OwnedSemaphorePermit,
    patience: Duration,
    idle: Duration,
    /// Runs while the client does not take what is written to it.
    stalled: Option<Pin<Box<Sleep>>>,
    /// The client has taken nothing for too long: nothing is read any more, either.
    given_up: bool,
    /// Runs from the last byte read or written on.
    quiet: Pin<Box<Sleep>>,
    reader: Option<Waker>,
}

impl Connection {
    fn new(stream: TcpStream, permit: OwnedSemaphorePermit, patience: Duration, idle: Duration) -> Self {
        let quiet = Box::pin(sleep(idle));
        Self { stream, _permit: permit, patience, idle, stalled: None, given_up: false, quiet, reader: None }
    }

    fn active(&mut self) {
        self.quiet.as_mut().reset(Instant::now() + self.idle);
    }

    /// Notes whether a write went through, and fails when the client has taken nothing for too long.
    fn written<T>(&mut self, cx: &mut Context<'_>, result: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if result.is_ready() {
            self.active();
            self.stalled = None;
            if let Some(reader) = self.reader.take() {
                reader.wake();
            }
            return result;
        }
        let patience = self.patience;
        let timer = self.stalled.get_or_insert_with(|| Box::pin(sleep(patience)));
        match timer.as_mut().poll(cx) {
            Poll::Ready(()) => {
                self.given_up = true;
                if let Some(reader) = self.reader.take() {
                    reader.wake();
                }
                Poll::Ready(Err(ErrorKind::TimedOut.into()))
            }
            Poll::Pending => Poll::Pending,
        }
    }
}

impl AsyncRead for Connection {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.given_up {
            return Poll::Ready(Err(ErrorKind::TimedOut.into()));
        }
        if this.stalled.is_some() {
            this.reader = Some(cx.waker().clone());
            return Poll::Pending;
        }
        let result = Pin::new(&mut this.stream).poll_read(cx, buf);
        if result.is_ready() {
            this.active();
            return result;
        }
        match this.quiet.as_mut().poll(cx) {
            Poll::Ready(()) => Poll::Ready(Err(ErrorKind::TimedOut.into())),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl AsyncWrite for Connection {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let result = Pin::new(&mut this.stream).poll_write(cx, buf);
        this.written(cx, result)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let result = Pin::new(&mut this.stream).poll_write_vectored(cx, bufs);
        this.written(cx, result)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}

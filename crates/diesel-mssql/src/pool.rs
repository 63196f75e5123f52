//! A bounded pool of connections.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, Instant};

use diesel_async::SimpleAsyncConnection;
use tokio::sync::{Notify, Semaphore, SemaphorePermit};
use tokio::time::timeout;

use crate::connect_error::ConnectError;
use crate::connection::MssqlConnection;
use crate::login::Login;
use crate::options::ConnectOptions;
use crate::retry::RetryClass;
use crate::transaction::Isolation;

/// A connection is closed when it is this old: databases move, and gateways forget. A tenth more or less, so
/// that those opened together do not all go together.
const MAX_LIFETIME: Duration = Duration::from_mins(30);
/// One that nobody has used for this long is asked whether it is still there.
const PROBE_AFTER_IDLE: Duration = Duration::from_secs(15);
/// How long it has to answer that.
const PROBE_TIMEOUT: Duration = Duration::from_secs(2);

/// Connections to one database, opened as they are needed.
///
/// A connection stays only if it is given back, its last answer read to the end and no transaction open. All others
/// are closed, and the server rolls back what they had begun: so it is when a caller gives up, or panics.
pub struct Pool {
    current: RwLock<Arc<Current>>,
    login_refused: Arc<Notify>,
    connections: usize,
    wait: Duration,
    permits: Semaphore,
    waiting: AtomicUsize,
    idle: Mutex<Vec<Pooled>>,
}

/// How connections are opened now.
struct Current {
    options: ConnectOptions,
    /// How many logins there were before this one.
    login: u64,
}

struct Pooled {
    conn: MssqlConnection,
    /// The login that it was opened with.
    login: u64,
    retire_at: Instant,
    last_used: Instant,
}

/// How a pool's connections are used at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolUsage {
    /// Connections that are lent, or being opened for somebody.
    pub in_use: usize,
    /// Open connections that nobody uses.
    pub idle: usize,
    /// How many there may be.
    pub allowed: usize,
    /// Tasks that wait for one to come free.
    pub waiting: usize,
}

/// Counts as one waiting task until it is dropped, also by a caller that gives up.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn begin(counter: &'a AtomicUsize) -> Self {
        counter.fetch_add(1, Ordering::Relaxed);
        Self(counter)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Why there is no connection to be had.
#[derive(Debug, Clone, thiserror::Error)]
pub enum PoolError {
    /// All are in use, and none came free in time.
    #[error("all {connections} connections were in use for {} seconds", wait.as_secs_f32())]
    Busy {
        /// As many as there may be.
        connections: usize,
        /// How long this one waited.
        wait: Duration,
    },
    /// A new one could not be opened.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The pool is closed.
    #[error("the pool is closed")]
    Closed,
}

impl PoolError {
    /// What is to be done about it.
    pub fn retry_class(&self) -> RetryClass {
        match self {
            Self::Connect(error) => error.retry_class(),
            Self::Busy { .. } | Self::Closed => RetryClass::Permanent,
        }
    }
}

impl Pool {
    /// A pool of at most so many connections, which callers wait for so long. Opens none yet.
    pub fn new(options: ConnectOptions, connections: usize, wait: Duration) -> Self {
        Self {
            current: RwLock::new(Arc::new(Current { options, login: 0 })),
            login_refused: Arc::default(),
            connections,
            wait,
            permits: Semaphore::new(connections),
            waiting: AtomicUsize::new(0),
            idle: Mutex::default(),
        }
    }

    /// A connection for one's own use.
    pub async fn get(&self) -> Result<PooledConnection<'_>, PoolError> {
        let waiting = Waiting::begin(&self.waiting);
        let permit = timeout(self.wait, self.permits.acquire())
            .await
            .map_err(|_| PoolError::Busy { connections: self.connections, wait: self.wait })?
            .map_err(|_| PoolError::Closed)?;
        drop(waiting);
        let pooled = match self.take_idle().await {
            Some(pooled) => pooled,
            None => self.open().await?,
        };
        Ok(PooledConnection { pooled, _permit: permit })
    }

    /// How its connections are used now.
    pub fn usage(&self) -> PoolUsage {
        PoolUsage {
            in_use: self.connections.saturating_sub(self.permits.available_permits()),
            idle: self.idle().len(),
            allowed: self.connections,
            waiting: self.waiting.load(Ordering::Relaxed),
        }
    }

    /// Uses a new login from now on, and returns whether it differs. Where the server refuses it, the old one stays.
    ///
    /// Connections of the old login are closed: those that are idle now, the others when they come back.
    pub async fn reload_login(&self, login: Login) -> Result<bool, ConnectError> {
        let current = self.current();
        if current.options.login.is_same_as(&login) {
            return Ok(false);
        }
        let options = ConnectOptions { login, ..current.options.clone() };
        drop(options.connect().await?);
        {
            let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
            *current = Arc::new(Current { options, login: current.login + 1 });
        }
        self.close_idle();
        Ok(true)
    }

    /// Notified when the server refuses the login of a new connection; also tasks that wait later.
    pub fn login_refused(&self) -> Arc<Notify> {
        Arc::clone(&self.login_refused)
    }

    async fn open(&self) -> Result<Pooled, ConnectError> {
        let current = self.current();
        match current.options.connect().await {
            Ok(conn) => Ok(Pooled::new(conn, current.login)),
            Err(error) => {
                // A refusal of a replaced login says nothing about the current one.
                if matches!(error, ConnectError::Login { .. }) && current.login == self.current().login {
                    self.login_refused.notify_one();
                }
                Err(error)
            }
        }
    }

    fn current(&self) -> Arc<Current> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes a connection back, if the next one can use it.
    pub fn give_back(&self, lease: PooledConnection<'_>) {
        // Dropped in the reverse order: a connection is closed before another may be opened in its place.
        let PooledConnection { _permit, mut pooled } = lease;
        let mut idle = self.idle();
        // Asked under the lock: `close` clears what was put here before, and nothing is put here after.
        if pooled.conn.is_clean() && !self.permits.is_closed() && pooled.login == self.current().login {
            pooled.conn.set_isolation(Isolation::default());
            pooled.last_used = Instant::now();
            idle.push(pooled);
        }
    }

    /// Closes what is idle: one like them was lost, and they may be lost with it.
    pub fn close_idle(&self) {
        self.idle().clear();
    }

    /// Closes what is idle, and what is in use as soon as it comes back.
    pub fn close(&self) {
        self.permits.close();
        self.close_idle();
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Pooled>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The connection that was used last, if it is young and alive.
    async fn take_idle(&self) -> Option<Pooled> {
        loop {
            let mut pooled = self.idle().pop()?;
            if Instant::now() >= pooled.retire_at {
                continue;
            }
            if pooled.last_used.elapsed() < PROBE_AFTER_IDLE || is_alive(&mut pooled.conn).await {
                return Some(pooled);
            }
            // The others have been idle for longer: to ask each of them would take each its time.
            self.close_idle();
        }
    }
}

impl Pooled {
    fn new(conn: MssqlConnection, login: u64) -> Self {
        let now = Instant::now();
        Self {
            conn,
            login,
            retire_at: now + MAX_LIFETIME.mul_f64(0.9 + 0.2 * fastrand::f64()),
            last_used: now,
        }
    }
}

/// There should be nothing to roll back, as only clean connections stay; what matters is the answer.
async fn is_alive(conn: &mut MssqlConnection) -> bool {
    let asked = conn.batch_execute("IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION");
    matches!(timeout(PROBE_TIMEOUT, asked).await, Ok(Ok(())))
}

/// A connection on loan. Dropping it closes the connection; [`Pool::give_back`] keeps it.
pub struct PooledConnection<'a> {
    pooled: Pooled,
    _permit: SemaphorePermit<'a>,
}

impl Deref for PooledConnection<'_> {
    type Target = MssqlConnection;

    fn deref(&self) -> &MssqlConnection {
        &self.pooled.conn
    }
}

impl DerefMut for PooledConnection<'_> {
    fn deref_mut(&mut self) -> &mut MssqlConnection {
        &mut self.pooled.conn
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool")
            .field("options", &self.current().options)
            .field("idle", &self.idle().len())
            .finish_non_exhaustive()
    }
}

//! The parts of the core's work on all cores, compiled for the instruction set of the CPU.
//!
//! [`Threads`] is the desktop's [`Spread`]: a fixed number of threads, each with working memory of its
//! own. No result depends on how many there are, nor on the instruction set.

pub mod aligned;
#[expect(unsafe_code, reason = "functions with a target feature are called")]
pub mod isa;
mod queues;

use crate::error::Error;
use aligned::Aligned;
use isa::{Isa, Kernel};
use queues::Queues;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, TryLockError};
use tinyevo_core::error::LengthError;
use tinyevo_core::spread::{Parts, Spread};

/// The working memory of one thread, and which part of the present work was done with it last.
#[derive(Debug, Default)]
struct Room {
    floats: Aligned,
    held: Option<usize>,
}

/// Threads that do the parts of some work, all compiled for one instruction set.
#[derive(Debug)]
pub struct Threads {
    isa: Isa,
    /// None for one thread, which is the caller's own.
    pool: Option<Arc<rayon::ThreadPool>>,
    /// One a thread; a lock is never waited for.
    rooms: Vec<Mutex<Room>>,
    /// How many floats each room has at least.
    length: usize,
}

impl Threads {
    /// Starts `count` threads, 1 or more. One thread is the calling one: no other is started.
    ///
    /// # Errors
    /// The system gives no more threads.
    pub fn new(count: usize, isa: Isa) -> Result<Self, Error> {
        let pool = match count {
            0 | 1 => None,
            _ => {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(count).build();
                let pool =
                    pool.map_err(|source| Error::Threads { count, reason: source.to_string() });
                Some(Arc::new(pool?))
            }
        };
        let rooms = (0..count.max(1)).map(|_| Mutex::default()).collect();
        Ok(Self { isa, pool, rooms, length: 0 })
    }

    /// How many threads there are.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.rooms.len()
    }

    /// The instruction set in use.
    #[must_use]
    pub const fn isa(&self) -> Isa {
        self.isa
    }

    /// The pool of threads, for other work; `None` where there is one thread, the caller's.
    #[must_use]
    pub fn pool(&self) -> Option<&rayon::ThreadPool> {
        self.pool.as_deref()
    }

    /// A handle by which these threads are kept awake.
    #[must_use]
    pub fn awake(&self) -> Awake {
        Awake(self.pool.clone())
    }

    /// Gives each thread at least so many floats of working memory.
    ///
    /// # Errors
    /// They do not fit the memory.
    pub fn reserve(&mut self, floats: usize) -> Result<(), Error> {
        for room in &mut self.rooms {
            let room = room.get_mut().unwrap_or_else(PoisonError::into_inner);
            if room.floats.as_slice().len() < floats {
                room.floats = Aligned::try_zeros(floats)?;
            }
        }
        self.length = self.length.max(floats);
        Ok(())
    }
}

/// Keeps threads awake over work that spreads many short phases, as generations of a fraction of a
/// millisecond: waking a thread costs more than such a phase.
#[derive(Debug, Clone)]
pub struct Awake(Option<Arc<rayon::ThreadPool>>);

impl Awake {
    /// Does the work while all threads stay awake. It runs on one of them, always the same, since what a
    /// thread wrote in the phase before is still in its cache. For one thread it is a call.
    ///
    /// # Panics
    /// If the work does.
    pub fn during<R: Send>(&self, work: impl FnOnce() -> R + Send) -> R {
        let Some(pool) = &self.0 else { return work() };
        let (done, result) = (AtomicBool::new(false), Mutex::new(None));
        let slot = Mutex::new(Some(work));
        pool.in_place_scope(|scope| {
            scope.spawn_broadcast(|_, context| {
                if context.index() > 0 {
                    stay_awake(&done);
                    return;
                }
                let _end = End(&done);
                let work = slot.lock().unwrap_or_else(PoisonError::into_inner).take();
                let value = work.map(|work| work());
                *result.lock().unwrap_or_else(PoisonError::into_inner) = value;
            });
        });
        let result = result.into_inner().unwrap_or_else(PoisonError::into_inner);
        // A panic of the work has gone on to the caller by now.
        result.unwrap_or_else(|| unreachable!("work that ended has a result"))
    }
}

/// Does what other threads of the pool share, without going to sleep, until `done`.
fn stay_awake(done: &AtomicBool) {
    /// Looks for work without any before the system may run something else.
    const PATIENCE: u32 = 2000;
    let mut idle = 0;
    while !done.load(Ordering::Acquire) {
        if let Some(rayon::Yield::Executed) = rayon::yield_now() {
            idle = 0;
        } else if idle < PATIENCE {
            idle += 1;
            std::hint::spin_loop();
        } else {
            std::thread::yield_now();
        }
    }
}

/// Sets a flag at its end, even that of a panic.
struct End<'a>(&'a AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

/// Seconds that the CPU's cores have worked for this process, together; `None` where the system does not tell.
#[must_use]
pub fn core_seconds() -> Option<f64> {
    #[cfg(unix)]
    {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
        Some(time.tv_sec as f64 + 1e-9 * time.tv_nsec as f64)
    }
    #[cfg(not(unix))]
    None
}

/// One part, for [`Isa::run`].
struct Part<'a, P: Parts> {
    parts: &'a P,
    index: usize,
    out: &'a mut [P::Out],
    room: &'a mut [f32],
    held: Option<usize>,
}

impl<P: Parts> Kernel for Part<'_, P> {
    type Output = Result<(), LengthError>;

    #[inline(always)]
    fn run<const WIDTH: usize>(self) -> Self::Output {
        self.parts.part::<WIDTH>(self.index, self.out, self.room, self.held)
    }
}

impl Spread for Threads {
    fn spread<P: Parts>(
        &mut self,
        out: &mut [P::Out],
        size: usize,
        parts: &P,
    ) -> Result<(), LengthError> {
        let isa = self.isa;
        for room in &mut self.rooms {
            // What a room holds is of other work.
            room.get_mut().unwrap_or_else(PoisonError::into_inner).held = None;
        }
        if size == 0 {
            return Err(LengthError { buffer: "size", expected: 1, got: 0 });
        }
        // A single part is not worth waking a thread.
        let pool = self.pool.as_deref().filter(|_| out.len() > size);
        let Some(pool) = pool else {
            let [room, ..] = &mut *self.rooms else { return Ok(()) };
            let Room { floats, held } = room.get_mut().unwrap_or_else(PoisonError::into_inner);
            for (index, out) in out.chunks_mut(size).enumerate() {
                let held = held.replace(index);
                isa.run(Part { parts, index, out, room: floats.as_mut_slice(), held })?;
            }
            return Ok(());
        };
        let queues = Queues::new(out, size, self.rooms.len());
        let work = Work { isa, parts, queues: &queues, rooms: &self.rooms, length: self.length };
        pool.install(|| work.on(self.rooms.len()))
    }
}

/// Work that is spread.
struct Work<'a, 'o, P: Parts> {
    isa: Isa,
    parts: &'a P,
    queues: &'a Queues<'o, P::Out>,
    rooms: &'a [Mutex<Room>],
    length: usize,
}

impl<P: Parts> Work<'_, '_, P> {
    /// Does parts on so many threads, as far as they have nothing else to do, until all are done.
    fn on(&self, threads: usize) -> Result<(), LengthError> {
        if threads <= 1 {
            return self.here();
        }
        let (one, other) = rayon::join(|| self.on(threads / 2), || self.on(threads - threads / 2));
        one.and(other)
    }

    /// Does the parts of the thread's queue, then those that are left of the others'.
    fn here(&self) -> Result<(), LengthError> {
        // Work of the pool always has a thread index.
        let own = rayon::current_thread_index().unwrap_or(0);
        let mut fresh = Room::default();
        let mut locked = match self.rooms[own].try_lock() {
            Ok(room) => Some(room),
            Err(TryLockError::Poisoned(room)) => Some(room.into_inner()),
            // The part that this thread is in the middle of spreads work itself.
            Err(TryLockError::WouldBlock) => None,
        };
        let room = match &mut locked {
            Some(room) => &mut **room,
            None => {
                let short = LengthError { buffer: "room", expected: self.length, got: 0 };
                fresh.floats = Aligned::try_zeros(self.length).map_err(|_| short)?;
                &mut fresh
            }
        };
        for offset in 0..self.queues.count() {
            while let Some((index, out)) = self.queues.next(own + offset, offset == 0) {
                self.part(index, out, room)?;
            }
        }
        Ok(())
    }

    fn part(&self, index: usize, out: &mut [P::Out], room: &mut Room) -> Result<(), LengthError> {
        let held = room.held.replace(index);
        let room = room.floats.as_mut_slice();
        self.isa.run(Part { parts: self.parts, index, out, room, held })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rayon::prelude::*;

    /// Writes which part it is, and counts in the room how often that went on with the part before.
    struct Indices;

    impl Parts for Indices {
        type Out = usize;

        fn part<const WIDTH: usize>(
            &self,
            index: usize,
            out: &mut [usize],
            room: &mut [f32],
            held: Option<usize>,
        ) -> Result<(), LengthError> {
            let [last, ..] = room else {
                return Err(LengthError { buffer: "room", expected: 1, got: 0 });
            };
            // The room still says which part was done with it.
            assert!(held.is_none_or(|held| held as f32 == *last));
            *last = index as f32;
            out.fill(index);
            Ok(())
        }
    }

    #[test]
    fn every_number_of_threads_does_every_part_once() {
        for count in [1, 2, 3, 8] {
            for isa in Isa::every() {
                let mut threads = Threads::new(count, isa).unwrap();
                assert_eq!((threads.count(), threads.isa()), (count, isa));
                let mut out = vec![usize::MAX; 1001];
                assert!(threads.spread(&mut out, 10, &Indices).is_err(), "no room");
                threads.reserve(1).unwrap();
                threads.spread(&mut out, 10, &Indices).unwrap();
                assert!(out.iter().enumerate().all(|(place, index)| place / 10 == *index));
                threads.spread(&mut out, 7, &Indices).unwrap();
                assert!(out.iter().enumerate().all(|(place, index)| place / 7 == *index));
                assert!(threads.spread(&mut out, 0, &Indices).is_err(), "a size of 0");
            }
        }
    }

    /// A part that spreads work of its own, as a fitness of a user's may.
    struct Nested;

    impl Parts for Nested {
        type Out = usize;

        fn part<const WIDTH: usize>(
            &self,
            index: usize,
            out: &mut [usize],
            room: &mut [f32],
            _held: Option<usize>,
        ) -> Result<(), LengthError> {
            assert_eq!(room.len(), 1);
            let sum: usize = (0..1000_usize).into_par_iter().map(|number| number % 2).sum();
            out.fill(sum + index);
            Ok(())
        }
    }

    #[test]
    fn a_part_may_spread_work_itself() {
        let mut threads = Threads::new(3, Isa::Baseline).unwrap();
        threads.reserve(1).unwrap();
        let mut out = vec![0; 500];
        threads.spread(&mut out, 1, &Nested).unwrap();
        assert!(out.iter().enumerate().all(|(index, sum)| *sum == 500 + index));
    }

    #[test]
    fn work_that_keeps_the_threads_awake_spreads_as_any_other() {
        for count in [1, 2, 5] {
            let mut threads = Threads::new(count, Isa::Baseline).unwrap();
            threads.reserve(1).unwrap();
            let mut out = vec![usize::MAX; 301];
            for _ in 0..20 {
                let sum = threads.awake().during(|| {
                    threads.spread(&mut out, 2, &Indices).unwrap();
                    threads.spread(&mut out, 3, &Indices).unwrap();
                    out.iter().sum::<usize>()
                });
                assert_eq!(sum, (0..301).map(|place| place / 3).sum::<usize>());
            }
            let panic =
                std::panic::AssertUnwindSafe(|| threads.awake().during(|| panic!("of the work")));
            assert!(std::panic::catch_unwind(panic).is_err());
        }
    }

    #[test]
    fn one_thread_is_the_callers() {
        assert!(Threads::new(1, Isa::Baseline).unwrap().pool().is_none());
        assert!(Threads::new(2, Isa::Baseline).unwrap().pool().is_some());
    }
}

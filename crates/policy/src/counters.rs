use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use crate::amount::Amount;
use crate::document::Scope;

/// What calls have used of their quotas. One store serves any number of policies, grants and servers.
///
/// Windows slide: a limit bounds what falls into *any* interval of its length, so no two bursts fit around
/// the turn of a minute.
#[derive(Clone, Debug, Default)]
pub struct Counters {
    counts: BTreeMap<Key, Count>,
    /// The latest time seen. A clock that goes back frees nothing.
    now: Duration,
    /// Number of the last reservation.
    last: u64,
    /// How many counters the last sweep left.
    swept: usize,
}

/// Which calls count together.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    pub(crate) counter: String,
    pub(crate) scope: Scope,
    pub(crate) server: String,
    /// The grant's or session's id; empty for scope `server`.
    pub(crate) whose: String,
}

#[derive(Clone, Debug, Default)]
struct Count {
    /// The longest window that was asked about; nothing older matters.
    keep: Duration,
    events: VecDeque<Event>,
}

/// What reservations `first` to `last` took.
#[derive(Clone, Debug)]
struct Event {
    at: Duration,
    first: u64,
    last: u64,
    amount: Amount,
}

/// What one limit asks before a call may go on.
#[derive(Clone, Debug)]
pub(crate) struct Demand {
    pub(crate) key: Key,
    pub(crate) window: Duration,
    pub(crate) max: Amount,
}

/// The demand that is not met.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    /// Its place in the list.
    pub(crate) index: usize,
    /// When the call would fit; `None` if it never will.
    pub(crate) retry_after: Option<Duration>,
}

/// The quota that one call holds. Kept by dropping it once the call has succeeded; a call that was not
/// forwarded or failed hands it back with [`Counters::give_back`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use = "a call that fails must give its reservation back"]
pub struct Reservation {
    number: u64,
    taken: Vec<(Key, Amount)>,
}

/// Longest log of one counter. Beyond it, neighbouring events are joined at the later one's time: memory
/// stays bounded, and a limit may free its quota a little late, never early.
const EVENTS_MAX: usize = 4096;
/// Number of counters below which forgotten ones are not looked for.
const SWEEP_MIN: usize = 1024;

impl Counters {
    /// Takes `amounts` if all demands are met with them, else nothing.
    pub(crate) fn reserve(
        &mut self,
        demands: &[Demand],
        amounts: BTreeMap<Key, Amount>,
        now: Duration,
    ) -> Result<Reservation, Refused> {
        self.now = self.now.max(now);
        for demand in demands {
            let count = self.counts.entry(demand.key.clone()).or_default();
            count.keep = count.keep.max(demand.window);
            count.forget(self.now);
        }
        for (index, demand) in demands.iter().enumerate() {
            let asked = amounts.get(&demand.key).copied().unwrap_or_default();
            let Some(room) = demand.max.checked_minus(asked) else {
                return Err(Refused { index, retry_after: None });
            };
            let wait = self.counts.get(&demand.key).and_then(|count| count.wait(demand.window, room, self.now));
            if wait.is_some() {
                return Err(Refused { index, retry_after: wait });
            }
        }
        self.last += 1;
        for (key, amount) in &amounts {
            if *amount > Amount::default() {
                self.counts.entry(key.clone()).or_default().add(self.now, self.last, *amount);
            }
        }
        self.sweep();
        Ok(Reservation { number: self.last, taken: amounts.into_iter().collect() })
    }

    /// Returns what a call took: it was not forwarded, or its forward failed.
    pub fn give_back(&mut self, reservation: Reservation) {
        for (key, amount) in reservation.taken {
            if let Some(count) = self.counts.get_mut(&key) {
                count.take_off(reservation.number, amount);
            }
        }
    }

    /// Drops counters that hold nothing any more, each time their number has doubled.
    fn sweep(&mut self) {
        if self.counts.len() > 2 * self.swept.max(SWEEP_MIN) {
            let now = self.now;
            self.counts.retain(|_, count| {
                count.forget(now);
                !count.events.is_empty()
            });
            self.swept = self.counts.len();
        }
    }
}

impl Count {
    fn forget(&mut self, now: Duration) {
        while self.events.front().is_some_and(|event| event.at + self.keep <= now) {
            self.events.pop_front();
        }
    }

    /// How long until at most `room` lies in the window; `None` if that is so now.
    fn wait(&self, window: Duration, room: Amount, now: Duration) -> Option<Duration> {
        let mut used = Amount::default();
        for event in self.events.iter().rev().take_while(|event| event.at + window > now) {
            used = used.plus(event.amount);
            if used > room {
                return Some(event.at + window - now);
            }
        }
        None
    }

    fn add(&mut self, at: Duration, number: u64, amount: Amount) {
        if self.events.len() >= EVENTS_MAX {
            let joined = self.events.make_contiguous().chunks(2).map(|pair| Event {
                at: pair[pair.len() - 1].at,
                first: pair[0].first,
                last: pair[pair.len() - 1].last,
                amount: pair.iter().fold(Amount::default(), |sum, event| sum.plus(event.amount)),
            });
            self.events = joined.collect();
        }
        self.events.push_back(Event { at, first: number, last: number, amount });
    }

    fn take_off(&mut self, number: u64, amount: Amount) {
        let at = self.events.partition_point(|event| event.last < number);
        if let Some(event) = self.events.get_mut(at).filter(|event| event.first <= number) {
            event.amount = event.amount.minus(amount);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key(counter: &str) -> Key {
        Key { counter: counter.into(), scope: Scope::Grant, server: "s".into(), whose: "g".into() }
    }

    fn demand(counter: &str, seconds: u64, max: u32) -> Demand {
        Demand { key: key(counter), window: Duration::from_secs(seconds), max: Amount::from(max) }
    }

    fn call(counters: &mut Counters, demands: &[Demand], at_ms: u64) -> Result<Reservation, Refused> {
        let amounts = demands.iter().map(|demand| (demand.key.clone(), Amount::ONE)).collect();
        counters.reserve(demands, amounts, Duration::from_millis(at_ms))
    }

    #[test]
    fn a_window_slides_and_says_when_there_is_room() {
        let (mut counters, limit) = (Counters::default(), [demand("c", 60, 2)]);
        assert!(call(&mut counters, &limit, 50_000).is_ok());
        assert!(call(&mut counters, &limit, 70_000).is_ok());
        let refused = call(&mut counters, &limit, 100_000).unwrap_err();
        assert_eq!(refused, Refused { index: 0, retry_after: Some(Duration::from_secs(10)) });
        assert!(call(&mut counters, &limit, 109_999).is_err());
        assert!(call(&mut counters, &limit, 110_000).is_ok());
    }

    #[test]
    fn all_demands_are_met_or_nothing_is_taken() {
        let mut counters = Counters::default();
        let both = [demand("wide", 60, 5), demand("narrow", 60, 1)];
        assert!(call(&mut counters, &both, 0).is_ok());
        for _ in 0..10 {
            assert_eq!(call(&mut counters, &both, 1).unwrap_err().index, 1);
        }
        for _ in 0..4 {
            assert!(call(&mut counters, &both[..1], 2).is_ok());
        }
        assert!(call(&mut counters, &both[..1], 3).is_err());
    }

    #[test]
    fn what_is_given_back_is_free_again_and_no_more() {
        let (mut counters, limit) = (Counters::default(), [demand("c", 1, 1)]);
        let old = call(&mut counters, &limit, 0).unwrap();
        let _new = call(&mut counters, &limit, 2000).unwrap();
        counters.give_back(old);
        assert!(call(&mut counters, &limit, 2001).is_err(), "an expired reservation frees nothing of a later one");
        let third = call(&mut counters, &limit, 4000).unwrap();
        counters.give_back(third);
        assert!(call(&mut counters, &limit, 4000).is_ok());
    }

    #[test]
    fn a_clock_that_goes_back_frees_nothing() {
        let (mut counters, limit) = (Counters::default(), [demand("c", 60, 1)]);
        assert!(call(&mut counters, &limit, 100_000).is_ok());
        assert!(call(&mut counters, &limit, 0).is_err());
        assert!(call(&mut counters, &limit, 160_000).is_ok());
    }

    #[test]
    fn one_counter_serves_windows_of_several_lengths() {
        let mut counters = Counters::default();
        let both = [demand("c", 1, 1), demand("c", 60, 3)];
        for second in 0..3 {
            assert!(call(&mut counters, &both, second * 1000).is_ok());
        }
        assert_eq!(
            call(&mut counters, &both, 3000).unwrap_err(),
            Refused { index: 1, retry_after: Some(Duration::from_secs(57)) }
        );
    }

    #[test]
    fn memory_stays_bounded() {
        let (mut counters, limit) = (Counters::default(), [demand("c", 3600, 1_000_000)]);
        let first = call(&mut counters, &limit, 0).unwrap();
        for ms in 0..20_000 {
            assert!(call(&mut counters, &limit, ms).is_ok());
        }
        counters.give_back(first);
        let count = &counters.counts[&key("c")];
        assert!(count.events.len() <= EVENTS_MAX);
        let total = count.events.iter().fold(Amount::default(), |sum, event| sum.plus(event.amount));
        assert_eq!(total, Amount::from(20_000));
        for session in 0..10_000u64 {
            assert!(call(&mut counters, &[demand(&session.to_string(), 1, 1)], 20_000 + session).is_ok());
        }
        assert!(counters.counts.len() < 4 * SWEEP_MIN);
    }

    proptest! {
        /// Whatever the pattern of calls, no interval of the window's length holds more than the limit.
        #[test]
        fn no_interval_holds_too_much(gaps in prop::collection::vec(0u64..1500, 1..80), max in 1u32..5) {
            let (mut counters, limit) = (Counters::default(), [demand("c", 2, max)]);
            let mut at = 0;
            let mut passed = Vec::new();
            for gap in gaps {
                at += gap;
                match call(&mut counters, &limit, at) {
                    Ok(_) => passed.push(at),
                    Err(refused) => {
                        let wait = u64::try_from(refused.retry_after.unwrap().as_millis()).unwrap();
                        prop_assert!(call(&mut counters.clone(), &limit, at + wait - 1).is_err());
                        prop_assert!(call(&mut counters.clone(), &limit, at + wait).is_ok());
                    }
                }
            }
            for start in &passed {
                let inside = passed.iter().filter(|at| (*start..*start + 2000).contains(at)).count();
                prop_assert!(inside <= max as usize);
            }
        }
    }
}

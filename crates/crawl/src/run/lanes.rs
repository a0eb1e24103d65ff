//! Visits that wait, in lanes: one for each host that is asked, so that a host which is slow, or may be
//! asked only slowly, keeps nobody waiting but its own.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use riskdex_model::Registry;

use crate::Registries;
use crate::client::authority;
use crate::visit::Visit;

/// Visits to the host of a registry that are under way at once; how many requests that may be, the client knows.
const AT_A_REGISTRY: usize = 32;

/// Visits to somebody's own server that are under way at once.
const AT_A_SERVER: usize = 2;

/// The visits that wait, in the order in which they matter.
#[derive(Default)]
pub(super) struct Lanes {
    lanes: BTreeMap<String, Lane>,
    /// The first in each lane that has room: place in the order, and the lane.
    ready: BTreeSet<(usize, String)>,
    waiting: usize,
}

#[derive(Default)]
struct Lane {
    waiting: VecDeque<(usize, Visit)>,
    room: usize,
}

impl Lanes {
    /// Queues visits; those first that come first.
    pub(super) fn new(visits: Vec<Visit>, registries: &Registries) -> Self {
        let mut lanes = Self { waiting: visits.len(), ..Self::default() };
        for (place, visit) in visits.into_iter().enumerate() {
            let host = visit.burdens(registries).as_ref().map(authority).unwrap_or_default();
            let room = if visit.server.package.registry == Registry::Remote { AT_A_SERVER } else { AT_A_REGISTRY };
            let lane = lanes.lanes.entry(host).or_insert_with(|| Lane { room, ..Lane::default() });
            lane.waiting.push_back((place, visit));
        }
        for (name, lane) in &lanes.lanes {
            lanes.ready.extend(lane.waiting.front().map(|(place, _)| (*place, name.clone())));
        }
        lanes
    }

    /// How many wait.
    pub(super) fn waiting(&self) -> usize {
        self.waiting
    }

    /// The next visit for which there is room, and the lane that it takes a place of.
    pub(super) fn next(&mut self) -> Option<(String, Visit)> {
        let (_, name) = self.ready.pop_first()?;
        let lane = self.lanes.get_mut(&name)?;
        let (_, next) = lane.waiting.pop_front()?;
        lane.room -= 1;
        self.waiting -= 1;
        self.offer(&name);
        Some((name, next))
    }

    /// A visit of that lane is made.
    pub(super) fn done(&mut self, name: &str) {
        if let Some(lane) = self.lanes.get_mut(name) {
            lane.room += 1;
        }
        self.offer(name);
    }

    fn offer(&mut self, name: &str) {
        let Some(lane) = self.lanes.get(name).filter(|lane| lane.room > 0) else { return };
        self.ready.extend(lane.waiting.front().map(|(place, _)| (*place, name.to_owned())));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use riskdex_model::{PackageId, Server};

    fn lanes(packages: &[(Registry, &str)]) -> Lanes {
        let server = |(registry, name): &(Registry, &str)| Server::new(PackageId::new(*registry, name), name, "list");
        let visits = packages.iter().map(|package| Visit { server: server(package), read: None });
        Lanes::new(visits.collect(), &Registries::default())
    }

    fn begun(lanes: &mut Lanes) -> Vec<(String, String)> {
        std::iter::from_fn(|| lanes.next()).map(|(lane, visit)| (lane, visit.server.name)).collect()
    }

    #[test]
    fn a_slow_host_keeps_nobody_waiting_but_its_own() {
        let slow = ["https://a.example/1", "https://a.example/2", "https://a.example/3", "https://a.example/4"];
        let mut all: Vec<_> = slow.map(|url| (Registry::Remote, url)).into();
        all.extend([(Registry::Remote, "https://b.example/"), (Registry::Npm, "x")]);
        let mut lanes = lanes(&all);
        let first = begun(&mut lanes);
        let names: Vec<_> = first.iter().map(|(_, name)| name.as_str()).collect();
        assert_eq!(names, [slow[0], slow[1], "https://b.example/", "x"]);
        assert_eq!(lanes.waiting(), 2);
        lanes.done(&first[0].0);
        assert_eq!(begun(&mut lanes)[0].1, slow[2]);
        lanes.done(&first[1].0);
        assert_eq!(begun(&mut lanes)[0].1, slow[3]);
        assert_eq!(lanes.waiting(), 0);
    }

    #[test]
    fn what_matters_most_is_asked_first() {
        let mut lanes = lanes(&[(Registry::Npm, "b"), (Registry::Pypi, "c"), (Registry::Npm, "a")]);
        let order: Vec<_> = begun(&mut lanes).into_iter().map(|(_, name)| name).collect();
        assert_eq!(order, ["b", "c", "a"]);
    }
}

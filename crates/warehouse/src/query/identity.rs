//! Who is one person (D-05): merged users are one; an anonymous id belongs to the first user it was identified as.

use std::collections::{BTreeMap, HashMap};

/// What an identity event says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Link {
    /// Two users are one person, for all time.
    Merged {
        /// One user id.
        from: String,
        /// The other.
        into: String,
    },
    /// An anonymous id was seen to be a user.
    Identified {
        /// The anonymous id.
        anonymous: String,
        /// The user id.
        user: String,
        /// Event time (microseconds), sequence, event id: the order of events (D-03).
        order: (i64, i64, String),
    },
}

/// Person keys as sent (`u:` user id, `a:` anonymous id) that stand for another, with that other; sorted, and only
/// those that differ. Independent of the order of `links`.
pub(super) fn resolve(links: &[Link]) -> Vec<(String, String)> {
    let mut users = Users::default();
    let mut owners: BTreeMap<&str, (&(i64, i64, String), &str)> = BTreeMap::new();
    for link in links {
        match link {
            Link::Merged { from, into } if !from.is_empty() && !into.is_empty() => users.join(from, into),
            Link::Identified { anonymous, user, order } if !anonymous.is_empty() && !user.is_empty() => {
                let claim = (order, user.as_str());
                owners.entry(anonymous).and_modify(|owner| *owner = (*owner).min(claim)).or_insert(claim);
            }
            _ => {}
        }
    }
    let mut pairs: Vec<(String, String)> = Vec::new();
    for (anonymous, (_, user)) in owners {
        pairs.push((format!("a:{anonymous}"), format!("u:{}", users.root(user))));
    }
    for user in users.members() {
        let root = users.root(&user);
        if root != user {
            pairs.push((format!("u:{user}"), format!("u:{root}")));
        }
    }
    pairs.sort_unstable();
    pairs
}

/// The keys of everyone who is one person with a user (P6), themselves among them: users merged with them, and the anonymous ids that
/// belong to any. Sorted.
pub fn persons(links: &[Link], user: &str) -> Vec<String> {
    let own = format!("u:{user}");
    let pairs = resolve(links);
    let root = pairs.iter().find(|(from, _)| *from == own).map_or_else(|| own.clone(), |(_, root)| root.clone());
    let mut persons: Vec<String> = pairs.into_iter().filter(|(_, into)| *into == root).map(|(from, _)| from).collect();
    persons.extend([own, root]);
    persons.sort_unstable();
    persons.dedup();
    persons
}

/// Sets of user ids that are one person; a set's root is its smallest id, so that it depends on no order.
#[derive(Default)]
struct Users {
    parent: HashMap<String, String>,
}

impl Users {
    /// Shortens the way it went, so that long chains of merges stay cheap.
    fn root(&mut self, user: &str) -> String {
        let mut way = vec![user.to_owned()];
        while let Some(up) = self.parent.get(&way[way.len() - 1]) {
            way.push(up.clone());
        }
        let root = way.pop().unwrap_or_default();
        way.pop();
        for step in way {
            self.parent.insert(step, root.clone());
        }
        root
    }

    fn join(&mut self, a: &str, b: &str) {
        let (a, b) = (self.root(a), self.root(b));
        if a == b {
            return;
        }
        let (small, large) = if a < b { (a, b) } else { (b, a) };
        self.parent.insert(large, small);
    }

    fn members(&self) -> Vec<String> {
        let mut members: Vec<String> = self.parent.keys().cloned().collect();
        members.sort_unstable();
        members
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merged(from: &str, into: &str) -> Link {
        Link::Merged { from: from.into(), into: into.into() }
    }

    fn identified(anonymous: &str, user: &str, at: i64, sequence: i64, id: &str) -> Link {
        Link::Identified { anonymous: anonymous.into(), user: user.into(), order: (at, sequence, id.into()) }
    }

    fn check(mut links: Vec<Link>, expected: &[(&str, &str)]) {
        let expected: Vec<(String, String)> = expected.iter().map(|(a, b)| ((*a).into(), (*b).into())).collect();
        assert_eq!(resolve(&links), expected);
        links.reverse();
        assert_eq!(resolve(&links), expected, "in reverse order");
    }

    #[test]
    fn chains_and_cycles_of_merges_are_one_person() {
        check(
            vec![merged("c", "b"), merged("b", "a"), merged("a", "c"), merged("d", "c")],
            &[("u:b", "u:a"), ("u:c", "u:a"), ("u:d", "u:a")],
        );
    }

    #[test]
    fn an_anonymous_id_belongs_to_the_first_user_it_was_identified_as() {
        check(vec![identified("x", "late", 20, 0, "1"), identified("x", "early", 10, 0, "9")], &[("a:x", "u:early")]);
    }

    #[test]
    fn ties_in_time_go_to_the_smaller_sequence_then_to_the_smaller_event_id() {
        check(vec![identified("x", "p", 10, 2, "1"), identified("x", "q", 10, 1, "2")], &[("a:x", "u:q")]);
        check(vec![identified("x", "p", 10, 1, "b"), identified("x", "q", 10, 1, "a")], &[("a:x", "u:q")]);
    }

    #[test]
    fn identification_follows_merges_but_merges_no_users() {
        check(
            vec![identified("x", "b", 10, 0, "1"), identified("x", "c", 20, 0, "2"), merged("b", "a")],
            &[("a:x", "u:a"), ("u:b", "u:a")],
        );
    }

    #[test]
    fn events_that_lack_an_id_link_nothing() {
        check(
            vec![merged("", "a"), merged("a", "a"), identified("", "a", 1, 0, "1"), identified("x", "", 1, 0, "1")],
            &[],
        );
    }

    #[test]
    fn a_person_is_every_user_merged_with_them_and_every_anonymous_id_that_is_theirs() {
        let merged = |from: &str, into: &str| Link::Merged { from: from.into(), into: into.into() };
        let identified = |anonymous: &str, user: &str, at: i64| Link::Identified {
            anonymous: anonymous.into(),
            user: user.into(),
            order: (at, 0, "e".into()),
        };
        let links = [
            merged("b", "a"),
            merged("c", "b"),
            merged("y", "z"),
            identified("device", "c", 1),
            identified("shared", "y", 1),
            identified("shared", "a", 2),
        ];
        assert_eq!(persons(&links, "b"), ["a:device", "u:a", "u:b", "u:c"], "who was identified first owns the device");
        assert_eq!(persons(&links, "z"), ["a:shared", "u:y", "u:z"]);
        assert_eq!(persons(&links, "nobody"), ["u:nobody"]);
    }
}

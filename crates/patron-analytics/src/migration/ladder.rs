//! Ladders: what customers stand on as of a day, in which order, and which step is higher.

use patron_engine::scoring::{Octant, Stage};
use patron_segments::{Condition, NO_SEGMENT, OTHERS, Vocabulary, profile_schema};

/// What customers are sorted by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LadderKind {
    /// The primary segment of the vocabulary.
    #[default]
    Segment,
    /// The octant.
    Octant,
    /// The stage of the lifecycle.
    Lifecycle,
}

impl LadderKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Segment, Self::Octant, Self::Lifecycle];

    /// Returns the stable key.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Segment => "segment",
            Self::Octant => "octant",
            Self::Lifecycle => "lifecycle",
        }
    }
}

/// Octants from the highest step down, as the vocabulary `octants-seed` ranks them.
const OCTANTS: [(&str, i32); 8] = [
    ("high_value", 8),
    ("to_deepen", 7),
    ("potential", 6),
    ("new", 5),
    ("sleeping", 4),
    ("lost", 3),
    ("maintain", 2),
    ("let_go", 1),
];

/// The places on which customers can stand, the highest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ladder {
    /// What customers are sorted by.
    pub kind: LadderKind,
    /// Keys, the highest rank first; `others`, which has no rank, last.
    pub keys: Vec<String>,
    /// Ranks by place; nothing for a place that is neither higher nor lower than any.
    pub ranks: Vec<Option<i32>>,
    /// The place of each segment of the vocabulary, octant by its bits, or stage.
    places: Vec<u8>,
    /// Of which axes the conditions of segments read scores: R, F, M.
    pub(super) axes: [bool; 3],
}

impl Ladder {
    /// Makes the ladder of a kind. The places of segments are those of the vocabulary, and `others`.
    #[must_use]
    pub fn new(kind: LadderKind, vocabulary: &Vocabulary) -> Self {
        let mut steps: Vec<(usize, String, Option<i32>)> = match kind {
            LadderKind::Segment => {
                let segments = vocabulary.segments.iter().enumerate();
                let own = segments.map(|(at, one)| (at, one.key.clone(), Some(one.rank)));
                let others = (vocabulary.segments.len(), OTHERS.to_owned(), None);
                own.chain([others]).collect()
            }
            LadderKind::Octant => {
                let rank = |key: &str| OCTANTS.iter().find(|(name, _)| *name == key);
                let all = Octant::all().map(|octant| {
                    let rank = rank(octant.key()).map(|(_, rank)| *rank);
                    (octant.index(), octant.key().to_owned(), rank)
                });
                all.collect()
            }
            LadderKind::Lifecycle => {
                let ranks = Stage::ALL.iter().zip([4, 3, 2, 1]);
                let all =
                    ranks.map(|(stage, rank)| (stage.index(), stage.key().to_owned(), Some(rank)));
                all.collect()
            }
        };
        // Stable, so that segments of one rank stay in the vocabulary's order; without a rank last.
        steps.sort_by_key(|(_, _, rank)| std::cmp::Reverse(*rank));
        let mut places = vec![u8::MAX; steps.len()];
        for (place, (number, ..)) in (0_u8..).zip(&steps) {
            if let Some(known) = places.get_mut(*number) {
                *known = place;
            }
        }
        Self {
            kind,
            keys: steps.iter().map(|(_, key, _)| key.clone()).collect(),
            ranks: steps.iter().map(|(.., rank)| *rank).collect(),
            places,
            axes: axes_read(vocabulary),
        }
    }

    /// Returns the number of places.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.keys.len()
    }

    /// Returns true if there is no place; no ladder is so.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Returns the key of a place.
    #[must_use]
    pub fn key(&self, place: u8) -> &str {
        self.keys
            .get(usize::from(place))
            .map_or(OTHERS, String::as_str)
    }

    /// Returns the place of a key.
    #[must_use]
    pub fn place_of(&self, key: &str) -> Option<u8> {
        let at = self.keys.iter().position(|known| known == key)?;
        u8::try_from(at).ok()
    }

    /// Returns the place of a segment's index, an octant's bits or a stage's number.
    pub(super) fn place(&self, number: usize) -> u8 {
        let last = || u8::try_from(self.keys.len().saturating_sub(1)).unwrap_or(u8::MAX);
        self.places.get(number).copied().unwrap_or_else(last)
    }

    /// Returns the place of a primary segment as [`patron_engine::scoring::Segments`] has it.
    pub(super) fn place_of_primary(&self, primary: u8) -> u8 {
        match primary {
            NO_SEGMENT => self.place(usize::MAX),
            index => self.place(usize::from(index)),
        }
    }

    /// Returns which way a move goes. Between equal ranks, and to or from a place without a rank, it goes neither up nor down.
    #[must_use]
    pub fn direction(&self, from: Option<u8>, to: Option<u8>) -> Direction {
        let (from, to) = match (from, to) {
            (None, _) => return Direction::Came,
            (_, None) => return Direction::Left,
            (Some(from), Some(to)) if from == to => return Direction::Stayed,
            (Some(from), Some(to)) => (from, to),
        };
        let rank = |place: u8| self.ranks.get(usize::from(place)).copied().flatten();
        match (rank(from), rank(to)) {
            (Some(from), Some(to)) if to > from => Direction::Up,
            (Some(from), Some(to)) if to < from => Direction::Down,
            _ => Direction::Sideways,
        }
    }
}

/// Of which axes the conditions of a vocabulary read scores.
fn axes_read(vocabulary: &Vocabulary) -> [bool; 3] {
    let schema = profile_schema();
    let mut axes = [false; 3];
    for segment in &vocabulary.segments {
        // A vocabulary has been compiled before it gets here.
        let Ok(condition) = Condition::compile(&segment.when, &schema) else {
            continue;
        };
        for column in condition.columns() {
            let is_of_all = ["rfm", "rfm_total"].contains(&column);
            for (read, name) in axes.iter_mut().zip(["r_score", "f_score", "m_score"]) {
                *read |= is_of_all || column == name;
            }
        }
    }
    axes
}

/// Which way somebody moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Direction {
    /// To a higher step.
    Up,
    /// To a lower step.
    Down,
    /// To another place that is neither higher nor lower.
    Sideways,
    /// Nowhere.
    Stayed,
    /// Was no customer on the earlier day.
    Came,
    /// Is no customer on the later day: every order was taken back.
    Left,
}

impl Direction {
    /// Every direction.
    pub const ALL: [Self; 6] = [
        Self::Up,
        Self::Down,
        Self::Sideways,
        Self::Stayed,
        Self::Came,
        Self::Left,
    ];

    /// Returns the stable key.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
            Self::Sideways => "sideways",
            Self::Stayed => "stayed",
            Self::Came => "came",
            Self::Left => "left",
        }
    }

    /// Returns true if a customer of both days is elsewhere on the later one.
    #[must_use]
    pub const fn is_move(self) -> bool {
        matches!(self, Self::Up | Self::Down | Self::Sideways)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ladders_go_down_from_the_highest_step() {
        let vocabulary = Vocabulary::load_shipped("bloomreach").unwrap();
        let ladder = Ladder::new(LadderKind::Segment, &vocabulary);
        assert_eq!(ladder.len(), 12);
        assert_eq!(ladder.key(0), "champions");
        assert_eq!((ladder.key(11), ladder.key(200)), ("others", "others"));
        // `promising` stands behind `new` in the file, and a step above it.
        let (promising, new) = (ladder.place_of("promising"), ladder.place_of("new"));
        assert!(promising < new);
        let place = |key: &str| {
            let at = vocabulary.segments.iter().position(|one| one.key == key);
            ladder.place_of_primary(u8::try_from(at.unwrap()).unwrap())
        };
        assert_eq!(ladder.key(place("cannot_lose_them")), "cannot_lose_them");
        assert_eq!(ladder.key(ladder.place_of_primary(NO_SEGMENT)), "others");
    }

    #[test]
    fn octants_stand_as_their_vocabulary_ranks_them() {
        let vocabulary = Vocabulary::load_shipped("octants-seed").unwrap();
        let ladder = Ladder::new(LadderKind::Octant, &vocabulary);
        for segment in &vocabulary.segments {
            let place = usize::from(ladder.place_of(&segment.key).unwrap());
            assert_eq!(ladder.ranks[place], Some(segment.rank), "{}", segment.key);
        }
        for octant in Octant::all() {
            assert_eq!(ladder.key(ladder.place(octant.index())), octant.key());
        }
    }

    #[test]
    fn up_is_towards_the_higher_rank() {
        let vocabulary = Vocabulary::load_shipped("bloomreach").unwrap();
        let ladder = Ladder::new(LadderKind::Segment, &vocabulary);
        let way =
            |from: &str, to: &str| ladder.direction(ladder.place_of(from), ladder.place_of(to));
        assert_eq!(way("lost", "champions"), Direction::Up);
        assert_eq!(way("champions", "at_risk"), Direction::Down);
        assert_eq!(way("champions", "others"), Direction::Sideways);
        assert_eq!(way("lost", "lost"), Direction::Stayed);
        assert_eq!(ladder.direction(None, Some(1)), Direction::Came);
        assert_eq!(ladder.direction(Some(1), None), Direction::Left);
        let lifecycle = Ladder::new(LadderKind::Lifecycle, &vocabulary);
        assert_eq!(lifecycle.keys, ["active", "silent", "dormant", "churned"]);
    }

    #[test]
    fn only_axes_that_conditions_read_explain_a_move() {
        let axes = |key: &str| axes_read(&Vocabulary::load_shipped(key).unwrap());
        assert_eq!(axes("bloomreach"), [true; 3]);
        assert_eq!(axes("clevertap-grid"), [true, true, false]);
        assert_eq!(axes("octants-seed"), [false; 3]);
    }
}

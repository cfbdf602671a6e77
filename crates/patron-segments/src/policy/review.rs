//! Which rules of a policy can never win, and who is left without an action: every combination there is, tried.

use std::collections::BTreeSet;

use serde::Serialize;

use super::decision::{Decision, Who};
use super::table::{Field, PolicyTable};
use crate::error::VocabularyError;
use crate::names::{LIFECYCLE_KEYS, OCTANT_KEYS};
use crate::vocabulary::{OTHERS, Vocabulary};

/// What there is to say of a policy beside a vocabulary.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PolicyReview {
    /// Combinations of stage, octant and segment that were tried.
    pub combinations: usize,
    /// Segments that rules name, and that neither the vocabulary nor any shipped one has: rule and segment.
    pub unknown_segments: Vec<(String, String)>,
    /// Rules that apply to nobody with this vocabulary.
    pub without_anybody: Vec<String>,
    /// Rules that apply, and of whose words none ever holds.
    pub never_winning: Vec<String>,
    /// Combinations without an action.
    pub without_action: Vec<String>,
    /// Combinations of which no rule says how often to write.
    pub without_contact: Vec<String>,
    /// Combinations of which no rule says how large a discount may be.
    pub without_discount: Vec<String>,
    /// Texts that are the same in all languages, as `rule.field`: perhaps not translated.
    pub one_language: Vec<String>,
}

/// One kind of customer: stage, octant, primary segment, and whether in the top bin on all axes.
type Kind<'a> = (&'static str, &'static str, &'a str, bool);

/// Tries every combination of stage, octant and segment. Who is in the top bin on all axes may be of any of them.
///
/// # Errors
/// None with the vocabularies as shipped.
pub fn review(
    policy: &PolicyTable,
    vocabulary: &Vocabulary,
) -> Result<PolicyReview, VocabularyError> {
    let mut found = PolicyReview {
        combinations: 0,
        unknown_segments: unknown_segments(policy, vocabulary)?,
        without_anybody: Vec::new(),
        never_winning: Vec::new(),
        without_action: Vec::new(),
        without_contact: Vec::new(),
        without_discount: Vec::new(),
        one_language: one_language(policy),
    };
    let (mut applying, mut winning) = (BTreeSet::new(), BTreeSet::new());
    for kind in kinds(vocabulary) {
        let (lifecycle, octant, segment, is_soulmate) = kind;
        let mut segments = vec![segment];
        segments.extend(is_soulmate.then_some("soulmates"));
        segments.extend(["active", "silent"].contains(&lifecycle).then_some("core"));
        let decision = policy.decide(&Who {
            segments: &segments,
            octant,
            lifecycle,
        });
        applying.extend(decision.rules().iter().map(|rule| rule.key.as_str()));
        let won = Field::ALL
            .iter()
            .filter_map(|field| decision.winner(*field));
        winning.extend(won.map(|rule| rule.key.as_str()));
        found.combinations += 1;
        if !is_soulmate {
            found.note_gaps(&decision, kind);
        }
    }
    for rule in &policy.rules {
        if !applying.contains(rule.key.as_str()) {
            found.without_anybody.push(rule.key.clone());
        } else if !winning.contains(rule.key.as_str()) {
            found.never_winning.push(rule.key.clone());
        }
    }
    Ok(found)
}

impl PolicyReview {
    fn note_gaps(&mut self, decision: &Decision<'_>, (lifecycle, octant, segment, _): Kind<'_>) {
        for (field, missing) in [
            (Field::Action, &mut self.without_action),
            (Field::Contact, &mut self.without_contact),
            (Field::Discount, &mut self.without_discount),
        ] {
            if decision.winner(field).is_none() {
                missing.push(format!("{lifecycle}/{octant}/{segment}"));
            }
        }
    }
}

fn kinds(vocabulary: &Vocabulary) -> Vec<Kind<'_>> {
    let own = vocabulary
        .segments
        .iter()
        .map(|segment| segment.key.as_str());
    let segments: Vec<&str> = own.chain([OTHERS]).collect();
    let mut kinds = Vec::new();
    for lifecycle in LIFECYCLE_KEYS.iter().filter(|key| **key != "prospect") {
        for octant in OCTANT_KEYS {
            let pairs = segments
                .iter()
                .flat_map(|segment| [(*segment, false), (*segment, true)]);
            kinds.extend(pairs.map(|(segment, top)| (*lifecycle, octant, segment, top)));
        }
    }
    kinds
}

/// Names that neither the vocabulary has nor any shipped one: slips of the pen, most likely.
fn unknown_segments(
    policy: &PolicyTable,
    vocabulary: &Vocabulary,
) -> Result<Vec<(String, String)>, VocabularyError> {
    let shipped = Vocabulary::shipped()?;
    let shipped = shipped.iter().flat_map(|one| &one.vocabulary.segments);
    let mut known: BTreeSet<&str> = shipped.map(|segment| segment.key.as_str()).collect();
    known.extend(
        vocabulary
            .segments
            .iter()
            .map(|segment| segment.key.as_str()),
    );
    known.extend([OTHERS, "soulmates", "core"]);
    let named = policy
        .rules
        .iter()
        .flat_map(|rule| rule.segment.iter().map(|key| (&rule.key, key)));
    let unknown = named.filter(|(_, key)| !known.contains(key.as_str()));
    Ok(unknown
        .map(|(rule, key)| (rule.clone(), key.clone()))
        .collect())
}

fn one_language(policy: &PolicyTable) -> Vec<String> {
    let mut found = Vec::new();
    for rule in &policy.rules {
        for (name, text) in [
            ("product", &rule.product),
            ("service", &rule.service),
            ("price", &rule.price),
            ("channel", &rule.channel),
            ("benefits", &rule.benefits),
            ("action", &rule.action),
            ("reason", &rule.reason),
        ] {
            let same =
                |text: &crate::language::Names| text.en == text.zh_hans && text.en == text.zh_hant;
            if text.as_ref().is_some_and(same) {
                found.push(format!("{}.{name}", rule.key));
            }
        }
    }
    found
}

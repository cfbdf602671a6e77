//! Which rules apply to somebody, and which of them wins each field.

use std::cmp::Reverse;

use super::table::{Field, PolicyTable, Rule};
use crate::language::Names;

/// Whom a decision is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Who<'a> {
    /// Keys of the primary segment and of all memberships.
    pub segments: &'a [&'a str],
    /// The octant.
    pub octant: &'a str,
    /// The stage of the lifecycle.
    pub lifecycle: &'a str,
}

/// A text, and the rule that it comes from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Taken<'a> {
    /// What it says.
    pub text: &'a Names,
    /// Which rule won.
    pub rule: &'a Rule,
}

/// The rules that apply to somebody, the one that wins first.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision<'a> {
    rules: Vec<&'a Rule>,
}

impl Rule {
    /// Returns whether the rule is for somebody: every condition that it has is met.
    #[must_use]
    pub fn is_for(&self, who: &Who<'_>) -> bool {
        let any = |keys: &[String], of: &dyn Fn(&str) -> bool| {
            keys.is_empty() || keys.iter().any(|key| of(key))
        };
        any(&self.segment, &|key| who.segments.contains(&key))
            && any(&self.octant, &|key| key == who.octant)
            && any(&self.lifecycle, &|key| key == who.lifecycle)
    }

    /// What decides between rules; the smaller wins, and of equals the one that comes first.
    fn precedence(&self) -> (Reverse<i32>, Reverse<usize>, [bool; 3]) {
        let lacks = [
            self.segment.is_empty(),
            self.octant.is_empty(),
            self.lifecycle.is_empty(),
        ];
        let conditions = lacks.iter().filter(|lacks| !**lacks).count();
        (Reverse(self.priority), Reverse(conditions), lacks)
    }
}

impl PolicyTable {
    /// Finds the rules that apply to somebody.
    ///
    /// The higher priority wins; then the rule with more conditions; then a segment before an octant before a stage; then the
    /// one that comes first in the file. What the winner does not say is taken from the next that does, field by field.
    #[must_use]
    pub fn decide(&self, who: &Who<'_>) -> Decision<'_> {
        let mut rules: Vec<&Rule> = self.rules.iter().filter(|rule| rule.is_for(who)).collect();
        // Stable: of equals the first in the file stays first.
        rules.sort_by_key(|rule| rule.precedence());
        Decision { rules }
    }
}

impl<'a> Decision<'a> {
    /// Returns the rules that apply, the one that wins first.
    #[must_use]
    pub fn rules(&self) -> &[&'a Rule] {
        &self.rules
    }

    /// Returns the rule whose word holds for a field.
    #[must_use]
    pub fn winner(&self, field: Field) -> Option<&'a Rule> {
        self.rules.iter().find(|rule| rule.says(field)).copied()
    }

    /// Returns the text of a field; nothing for fields that are numbers.
    #[must_use]
    pub fn text(&self, field: Field) -> Option<Taken<'a>> {
        let rule = self.winner(field)?;
        let text = match field {
            Field::Product => rule.product.as_ref(),
            Field::Service => rule.service.as_ref(),
            Field::Price => rule.price.as_ref(),
            Field::Channel => rule.channel.as_ref(),
            Field::Benefits => rule.benefits.as_ref(),
            Field::Action => rule.action.as_ref(),
            Field::Contact | Field::Discount => None,
        };
        text.map(|text| Taken { text, rule })
    }

    /// Returns why the action is suggested: the word of the rule that won it.
    #[must_use]
    pub fn reason(&self) -> Option<Taken<'a>> {
        let rule = self.winner(Field::Action)?;
        let text = rule.reason.as_ref()?;
        Some(Taken { text, rule })
    }

    /// Returns in how many days there may be one contact; 0 for none at all, nothing where no rule says.
    #[must_use]
    pub fn contact_every_days(&self) -> Option<u16> {
        self.winner(Field::Contact)?.contact_every_days
    }

    /// Returns the largest discount for a value at stake, in the policy's unit; nothing where no rule says.
    #[must_use]
    pub fn discount_up_to(&self, at_stake: f64) -> Option<f64> {
        self.winner(Field::Discount)?.discount_up_to(at_stake)
    }
}

//! What one or more conditions work out, each step once, however many of them need it.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use arrow_array::{Array, ArrayRef, BooleanArray};
use arrow_buffer::{BooleanBuffer, NullBuffer};
use arrow_schema::ArrowError;

use super::bind::ColumnUse;
use super::columns::{Coded, Columns};
use super::evaluate::{self, Value};
use super::kind::Kind;
use super::literal;
use super::node::{Node, Tree};
use super::spent::{Spent, Watch, timed};

/// The steps of conditions, operands before what needs them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Plan {
    columns: Vec<ColumnUse>,
    steps: Vec<Step>,
    /// Places of steps by what they do.
    known: HashMap<String, usize>,
}

#[derive(Debug, Clone)]
struct Step {
    node: Node<usize>,
    source: Source,
}

/// What a step depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    Nothing,
    /// One column, of text: what depends on it has few answers where the column has few values.
    Text(usize),
    Other,
}

/// The values of steps over some rows, by their places; nothing where nobody asked for a step's.
type Values = Vec<Option<Value>>;

impl Plan {
    /// Adds what a condition works out; returns the place of its last step.
    pub(crate) fn add(&mut self, tree: &Tree, columns: &[ColumnUse]) -> usize {
        let node = match tree.node().map(|operand| self.add(operand, columns)) {
            Node::Column(place) => Node::Column(self.column(columns.get(place))),
            node => self.folded(node),
        };
        let name = name_of(&node);
        if let Some(&place) = self.known.get(&name) {
            return place;
        }
        let source = self.source_of(&node);
        self.steps.push(Step { node, source });
        self.known.insert(name, self.steps.len() - 1);
        self.steps.len() - 1
    }

    fn column(&mut self, wanted: Option<&ColumnUse>) -> usize {
        let known = self
            .columns
            .iter()
            .position(|column| Some(column) == wanted);
        known.unwrap_or_else(|| {
            self.columns.extend(wanted.cloned());
            self.columns.len().saturating_sub(1)
        })
    }

    /// Works out once what depends on literals alone. What cannot be worked out fails where rows are there.
    fn folded(&self, node: Node<usize>) -> Node<usize> {
        let literals: Option<BTreeMap<usize, Value>> = node
            .operands()
            .into_iter()
            .map(|&place| match self.node(place)? {
                Node::Literal(array) => Some((place, Value::single(array))),
                _ => None,
            })
            .collect();
        let Some(literals) = literals.filter(|literals| !literals.is_empty()) else {
            return node;
        };
        match evaluate::step(&node, |place| literals.get(&place)) {
            Ok(value) if value.scalar => Node::Literal(value.array),
            _ => node,
        }
    }

    fn source_of(&self, node: &Node<usize>) -> Source {
        if let Node::Column(place) = node {
            return match self.columns.get(*place) {
                Some(column) if column.kind == Kind::Text => Source::Text(*place),
                _ => Source::Other,
            };
        }
        let operands = node.operands();
        let sources = operands.iter().map(|&&place| {
            self.steps
                .get(place)
                .map_or(Source::Other, |step| step.source)
        });
        sources.fold(Source::Nothing, |all, source| match (all, source) {
            (one, Source::Nothing) | (Source::Nothing, one) => one,
            (one, other) if one == other => one,
            _ => Source::Other,
        })
    }

    pub(crate) fn node(&self, place: usize) -> Option<&Node<usize>> {
        self.steps.get(place).map(|step| &step.node)
    }

    pub(crate) fn column_name(&self, place: usize) -> &str {
        self.columns.get(place).map_or("", |column| &column.name)
    }

    /// Works out the steps at `wanted` places for all rows, and whatever they need.
    pub(crate) fn evaluate(
        &self,
        wanted: &[usize],
        columns: &mut Columns<'_>,
        spent: &mut Spent,
    ) -> Result<Vec<BooleanArray>, ArrowError> {
        let rows = columns.rows().num_rows();
        let mut nanoseconds = 0;
        let (coded, by_value) = timed(&mut nanoseconds, || {
            let coded = self.coded(columns);
            self.by_value(wanted, &coded)
                .map(|answers| (coded, answers))
        })?;
        spent.values += nanoseconds;
        let needed = self.needed(wanted, &by_value);
        let mut values: Values = vec![None; self.steps.len()];
        let mut watch = Watch::new(spent);
        for (place, step) in self.steps.iter().enumerate() {
            if needed.get(place) != Some(&true) {
                continue;
            }
            let value = match by_value.get(place).and_then(Option::as_ref) {
                Some((column, answers)) => spread_by_code(answers, coded.get(*column)),
                None => self.value(&step.node, &values, columns),
            }?;
            watch.lap(place, &value);
            if let Some(kept) = values.get_mut(place) {
                *kept = Some(value);
            }
        }
        wanted
            .iter()
            .map(|&place| evaluate::truths(found(&values, place)?, rows))
            .collect()
    }

    fn value(
        &self,
        node: &Node<usize>,
        values: &Values,
        columns: &mut Columns<'_>,
    ) -> Result<Value, ArrowError> {
        match node {
            Node::Column(place) => {
                let column = self.columns.get(*place).ok_or_else(missing)?;
                let array = columns.get(&column.name, column.kind)?;
                Ok(Value {
                    array,
                    scalar: false,
                })
            }
            node => evaluate::step(node, |place| values.get(place)?.as_ref()),
        }
    }

    /// The text columns that have few values, by place; nothing for any other column.
    fn coded(&self, columns: &mut Columns<'_>) -> Vec<Option<Arc<Coded>>> {
        self.columns
            .iter()
            .map(|column| match column.kind {
                Kind::Text => columns.coded(&column.name),
                _ => None,
            })
            .collect()
    }

    /// Answers of steps that are decided by a text column with few values: by place, with the column's, for each value.
    fn by_value(
        &self,
        wanted: &[usize],
        coded: &[Option<Arc<Coded>>],
    ) -> Result<Vec<Option<(usize, BooleanArray)>>, ArrowError> {
        let mut found = vec![None; self.steps.len()];
        for (column, coded) in coded.iter().enumerate() {
            let Some(coded) = coded else { continue };
            let outermost = self.outermost(wanted, column);
            let mut values: Values = vec![None; self.steps.len()];
            for (place, step) in self.steps.iter().enumerate() {
                let value = match (&step.node, step.source) {
                    (Node::Literal(array), _) => Value::single(array),
                    (Node::Column(_), Source::Text(of)) if of == column => Value {
                        array: Arc::clone(&coded.values),
                        scalar: false,
                    },
                    (node, Source::Text(of)) if of == column => {
                        evaluate::step(node, |place| values.get(place)?.as_ref())?
                    }
                    _ => continue,
                };
                if outermost.get(place) == Some(&true)
                    && let Some(found) = found.get_mut(place)
                {
                    let truths = evaluate::truths(&value, coded.values.len())?;
                    *found = Some((column, truths));
                }
                if let Some(kept) = values.get_mut(place) {
                    *kept = Some(value);
                }
            }
        }
        Ok(found)
    }

    /// Marks the steps that are true or false, depend on this column alone, and are wanted or used with others.
    fn outermost(&self, wanted: &[usize], column: usize) -> Vec<bool> {
        let mut marked = vec![false; self.steps.len()];
        let mut mark = |place: usize| {
            let of_column = self.steps.get(place).filter(|step| {
                step.source == Source::Text(column) && !matches!(step.node, Node::Column(_))
            });
            if let Some(marked) = marked.get_mut(place)
                && of_column.is_some_and(|step| step.node.is_truth())
            {
                *marked = true;
            }
        };
        wanted.iter().for_each(|&place| mark(place));
        for step in &self.steps {
            if step.source != Source::Text(column) {
                step.node
                    .operands()
                    .into_iter()
                    .for_each(|&place| mark(place));
            }
        }
        marked
    }

    /// Marks what has to be worked out for every row.
    fn needed(&self, wanted: &[usize], by_value: &[Option<(usize, BooleanArray)>]) -> Vec<bool> {
        let mut needed = vec![false; self.steps.len()];
        for &place in wanted {
            if let Some(needed) = needed.get_mut(place) {
                *needed = true;
            }
        }
        for (place, step) in self.steps.iter().enumerate().rev() {
            if needed.get(place) != Some(&true) || by_value.get(place).is_some_and(Option::is_some)
            {
                continue;
            }
            for &operand in step.node.operands() {
                if let Some(needed) = needed.get_mut(operand) {
                    *needed = true;
                }
            }
        }
        needed
    }
}

fn missing() -> ArrowError {
    ArrowError::ComputeError("a value is missing".to_owned())
}

fn found(values: &Values, place: usize) -> Result<&Value, ArrowError> {
    values
        .get(place)
        .and_then(Option::as_ref)
        .ok_or_else(missing)
}

/// Names what a step does, so that the same step is known again.
fn name_of(node: &Node<usize>) -> String {
    match node {
        Node::Literal(array) => format!("{} {}", array.data_type(), literal::words(array)),
        node => format!("{node:?}"),
    }
}

/// Gives every row the answer of its value.
fn spread_by_code(
    answers: &BooleanArray,
    coded: Option<&Option<Arc<Coded>>>,
) -> Result<Value, ArrowError> {
    let codes = coded.and_then(Option::as_ref).ok_or_else(missing)?;
    let codes = codes.codes.as_slice();
    let of_rows = |bits: &BooleanBuffer| {
        let mut table = [false; 1 << u8::BITS];
        table
            .iter_mut()
            .zip(bits)
            .for_each(|(slot, bit)| *slot = bit);
        let bit = |row: usize| {
            let code = codes.get(row).copied().unwrap_or_default();
            table.get(usize::from(code)).copied().unwrap_or_default()
        };
        BooleanBuffer::collect_bool(codes.len(), bit)
    };
    let nulls = answers
        .nulls()
        .map(|nulls| NullBuffer::new(of_rows(nulls.inner())));
    let array: ArrayRef = Arc::new(BooleanArray::new(of_rows(answers.values()), nulls));
    Ok(Value {
        array,
        scalar: false,
    })
}

//! The numbers that a condition compares columns with: between two of them all values of a column are alike.

use arrow_array::cast::AsArray;
use arrow_array::types::Float64Type;
use arrow_array::{Array, ArrayRef};
use arrow_cast::cast;
use arrow_schema::DataType;

use super::node::{Members, Node, Tree};

/// Columns by their place in the condition's list, with the numbers they are compared with.
pub(crate) type Breakpoints = Vec<(usize, f64)>;

/// Returns the numbers that free columns are compared with; nothing if a free column is used in any other way.
///
/// `free` tells of a column whether its values are not all tried anyway.
pub(crate) fn breakpoints(root: &Tree, free: &impl Fn(usize) -> bool) -> Option<Breakpoints> {
    let mut found = Vec::new();
    walk(root, free, &mut found).then_some(found)
}

fn walk(tree: &Tree, free: &impl Fn(usize) -> bool, found: &mut Breakpoints) -> bool {
    if !reads_free(tree, free) {
        return true;
    }
    match tree.node() {
        Node::And(parts) | Node::Or(parts) => parts.iter().all(|part| walk(part, free, found)),
        Node::Not(inner) => walk(inner, free, found),
        Node::IsNull(inner) => column(inner).is_some(),
        Node::Compare(_, left, right) => {
            let pair = match (column(left), number(right)) {
                (Some(column), Some(number)) => Some((column, number)),
                _ => column(right).zip(number(left)),
            };
            found.extend(pair);
            pair.is_some()
        }
        Node::In(inner, Members::Integer(numbers)) => {
            let column = column(inner);
            let pairs = column.map(|column| numbers.iter().map(move |&n| (column, n as f64)));
            found.extend(pairs.into_iter().flatten());
            column.is_some()
        }
        _ => false,
    }
}

fn reads_free(tree: &Tree, free: &impl Fn(usize) -> bool) -> bool {
    match tree.node() {
        Node::Column(column) => free(*column),
        node => node
            .operands()
            .into_iter()
            .any(|part| reads_free(part, free)),
    }
}

fn column(tree: &Tree) -> Option<usize> {
    match tree.node() {
        Node::Column(column) => Some(*column),
        Node::Widen(inner, _) => column(inner),
        _ => None,
    }
}

fn number(tree: &Tree) -> Option<f64> {
    match tree.node() {
        Node::Literal(array) => as_float(array),
        Node::Widen(inner, _) => number(inner),
        Node::Negate(inner) => number(inner).map(|number| -number),
        _ => None,
    }
}

fn as_float(array: &ArrayRef) -> Option<f64> {
    let numeric = array.data_type().is_numeric();
    let floats = cast(array, &DataType::Float64).ok().filter(|_| numeric)?;
    let floats = floats.as_primitive_opt::<Float64Type>()?;
    (floats.len() == 1 && floats.is_valid(0)).then(|| floats.value(0))
}

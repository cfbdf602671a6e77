//! A step in the words of SQL.

use super::functions::name_of;
use super::literal;
use super::node::{Arithmetic, Comparison, Function, Members, Node};
use super::plan::Plan;

impl Plan {
    /// Returns a step as SQL would say it.
    pub(crate) fn words(&self, place: usize) -> String {
        let of = |place: &usize| self.words(*place);
        let Some(node) = self.node(place) else {
            return String::new();
        };
        match node {
            Node::Column(place) => self.column_name(*place).to_owned(),
            Node::Literal(array) => literal::words(array),
            // What a number is converted to goes without saying.
            Node::Widen(inner, _) => of(inner),
            Node::Compare(comparison, left, right) => {
                format!("{} {} {}", of(left), sign(*comparison), of(right))
            }
            Node::And(parts) => all(parts, of).join(" AND "),
            Node::Or(parts) => format!("({})", all(parts, of).join(" OR ")),
            Node::Not(inner) => format!("NOT ({})", of(inner)),
            Node::IsNull(inner) => format!("{} IS NULL", of(inner)),
            Node::In(inner, members) => format!("{} IN ({})", of(inner), list(members)),
            Node::Like {
                value,
                pattern,
                ignore_case,
            } => {
                let name = if *ignore_case { "ILIKE" } else { "LIKE" };
                format!("{} {name} {}", of(value), of(pattern))
            }
            Node::Arithmetic(operator, left, right) => {
                let sign = match operator {
                    Arithmetic::Add => "+",
                    Arithmetic::Subtract => "-",
                    Arithmetic::Multiply => "*",
                    Arithmetic::Divide => "/",
                };
                format!("({} {sign} {})", of(left), of(right))
            }
            Node::Negate(inner) => format!("-{}", of(inner)),
            Node::Function(function, parts) => call(*function, &all(parts, of)),
        }
    }
}

fn all(parts: &[usize], of: impl Fn(&usize) -> String) -> Vec<String> {
    parts.iter().map(of).collect()
}

const fn sign(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Equal => "=",
        Comparison::NotEqual => "<>",
        Comparison::Less => "<",
        Comparison::LessOrEqual => "<=",
        Comparison::Greater => ">",
        Comparison::GreaterOrEqual => ">=",
    }
}

fn list(members: &Members) -> String {
    let texts: Vec<String> = match members {
        Members::Text(texts) => texts.iter().map(|text| literal::quoted(text)).collect(),
        Members::Integer(numbers) => numbers.iter().map(i64::to_string).collect(),
    };
    texts.join(", ")
}

fn call(function: Function, arguments: &[String]) -> String {
    let digits = match function {
        Function::Round(digits) if digits != 0 => format!(", {digits}"),
        _ => String::new(),
    };
    let name = name_of(function);
    format!("{name}({}{digits})", arguments.join(", "))
}

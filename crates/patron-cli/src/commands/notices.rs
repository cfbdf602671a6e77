//! `patron notices`: licences of patron and of everything it is made of.

use crate::failure::Failure;
use crate::output::Output;

const NOTICES: &str = include_str!("../../THIRD-PARTY-NOTICES.txt");

pub(crate) fn run(output: &mut Output) -> Result<(), Failure> {
    output.data("patron is under the Apache License, Version 2.0.\n\n")?;
    output.data(NOTICES)
}

//! The protocol of `patron fold`: header, facts, profiles.
#![no_main]

use libfuzzer_sys::fuzz_target;
use patron_core::{Coded as _, Fact};
use patron_fold::Folder;
use patron_fold::folder::Scratch;
use patron_fold::protocol::{Header, Row, write_fact, write_outcome};

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let mut lines = text.split('\n');
    let header = match Header::parse(lines.next().unwrap_or_default()) {
        Ok(header) => header,
        Err(error) => return assert!(!error.to_string().is_empty() && !error.key().is_empty()),
    };
    assert_eq!(Header::parse(&header.line()).as_ref(), Ok(&header), "a header comes back");
    let Ok((settings, as_of)) = header.resolve() else {
        return;
    };
    // Whoever asks for many days waits for many days.
    if as_of.len() > 16 {
        return;
    }
    let Ok(folder) = Folder::new(settings.clone(), &as_of) else {
        return;
    };
    let rows: Vec<Row<'_>> = lines.zip(2..).filter_map(|(line, number)| Row::parse(line, number).ok()).collect();
    let mut facts: Vec<Fact<'_>> = Vec::new();
    for row in &rows {
        let Ok(fact) = row.fact() else { continue };
        let mut written = String::new();
        write_fact(&mut written, &row.customer, &fact);
        let line = written.strip_suffix('\n').expect("a line");
        let again = Row::parse(line, 2).expect("a line that was written can be read");
        assert_eq!(again.customer, row.customer);
        assert_eq!(again.fact().as_ref(), Ok(&fact), "a fact comes back");
        facts.push(fact);
    }
    let fold = |folder: &Folder, facts: &[Fact<'_>]| {
        let mut outcomes = Vec::new();
        let folded = folder.fold(facts, &mut Scratch::default(), &mut outcomes);
        folded.map(|()| outcomes)
    };
    drop(fold(&folder, &facts));
    // Whatever the order of the lines was, in time order they make a history.
    facts.sort_by_key(|fact| fact.at());
    let outcomes = fold(&folder, &facts).expect("a history in time order");
    assert_eq!(outcomes.len(), as_of.len(), "one outcome a day");
    for (day, outcome) in as_of.iter().zip(&outcomes) {
        let alone = Folder::new(settings.clone(), &[*day]).expect("one day");
        assert_eq!(fold(&alone, &facts).as_deref(), Ok(std::slice::from_ref(outcome)), "days are apart");
        let mut line = String::new();
        write_outcome(&mut line, "c\t\n", *day, outcome);
        assert_eq!(line.matches('\n').count(), 1, "one line an outcome");
    }
});

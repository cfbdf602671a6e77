//! `patron run`.
//!
//! | module | question it answers |
//! |---|---|
//! | [`online_retail`] | do the rows of a famous file add up, and does a famous tutorial come out? |
//! | [`r_rfm`] | does R's package give the same scores? |
//! | [`cdnow`] | do the models' published estimates come out of the command? |
//! | [`determinism`] | do threads, memory, order of rows or division into files change a byte? |
//! | [`options`] | does every option do what it says? |
//! | [`frozen`] | what of an earlier run holds with its cut points, and what is refused? |
//! | [`stop`] | does a run that is stopped leave anything behind? |
//! | [`series`] | are customers as of each month-end what a run as of that day gives? |
//! | [`settings`] | do settings of the file alone do what they say? |
//! | [`spark`] | what is said where a Spark is asked for and there is none? |
//! | [`value`] | do the options of customer lifetime value, and what holds between its columns? |
//! | [`choice`] | which model is used, and does every file say why? |
//! | [`columns`] | are names, order and types of columns those defined, in every form of file? |
//! | [`bad_input`] | are files that cannot be used refused, with what words? |
//! | [`bad_requests`] | and flags, settings and conditions that cannot be asked for? |
//! | [`scoring`] | do bins, cut points and vocabularies do what they say? |
//! | [`versions`] | which version of an order counts where exports overlap? |
//! | [`report`] | is the page whole, alone, and in agreement with the other files? |

mod bad_input;
mod bad_requests;
mod cdnow;
mod choice;
mod columns;
mod determinism;
mod frozen;
mod online_retail;
mod options;
mod r_rfm;
mod report;
mod scoring;
mod series;
mod settings;
mod spark;
mod stop;
mod value;
mod versions;

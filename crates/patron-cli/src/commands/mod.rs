//! One file per command: its arguments, whose doc comments are the help, and what it does.

mod actions;
mod backup;
mod behaviours;
mod changes;
mod channels;
mod clv;
mod cohorts;
mod customer;
mod database;
mod demo;
mod drivers;
mod equity;
mod export;
mod fold;
mod groups;
mod identity;
mod import;
mod init;
mod ledger;
mod migration;
mod notices;
mod pareto;
mod policy;
mod profit;
mod reading;
mod refresh;
mod run;
mod segments;
mod source;
mod spark;
mod study;
mod survey;
mod value;

use clap::Subcommand;

use crate::failure::Failure;
use crate::output::Output;

/// What patron can be asked to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// The main job: from orders files to valued customers, segments and a report
    Run(Box<run::Args>),
    /// Make a workspace: a folder with a shop's settings and, once imported, its orders
    Init(init::Args),
    /// Bring a shop's files into the workspace; the same rows again change nothing
    Import(Box<import::Args>),
    /// Where facts come from by themselves: folders, queries, shops
    Source(source::Args),
    /// Bring what came to the sources since the last look, once or again and again
    Refresh(refresh::Args),
    /// Everything that is known of one customer of the workspace
    Customer(customer::Args),
    /// What is left of orders and customers after goods, shipping, payment, returns and service
    Profit(profit::Args),
    /// What customers of each channel are worth, what it cost to win them, and when that is earned back
    Channels(channels::Args),
    /// Customers by five aspects: what they bring, now and later, loyalty, credit, growth
    Value(value::Args),
    /// Who went from which segment, octant or stage to which, with what money, and whether they moved or the cut points did
    Migration(migration::Args),
    /// Who entered and left a segment since the last run, why, and who leaves next by doing nothing
    Changes(changes::Args),
    /// Whom to turn to this week, with what is at stake and why, as the policy table says
    Actions(actions::Args),
    /// The policy table: what to do for whom, how often, with which discount
    Policy(policy::Args),
    /// What all customers together are expected to bring, quarter by quarter
    Equity(equity::Args),
    /// What customers are worth by channel, first product, region and the like; in what the best differ
    Groups(groups::Args),
    /// What customers answered to surveys, beside what they are worth
    Survey(survey::Args),
    /// Who buys only at a discount, sends back a lot, was let down, comes less often: signals, with reasons
    Behaviours(behaviours::Args),
    /// Customers by when they came and for what: who stays, what they bring as they grow older, how soon they buy again
    Cohorts(cohorts::Args),
    /// How much the best customers bring: by revenue, by what is left, by what is to come
    Pareto(pareto::Args),
    /// Why revenue is not what it was: buyers, orders of each, money of each order; customers kept, new, won back, lost
    Drivers(drivers::Args),
    /// A table of the workspace as CSV, JSON, Parquet or a spreadsheet
    Export(export::Args),
    /// Who is who: which customers are one person, why, and who says otherwise
    Identity(identity::Args),
    /// The workspace's facts: their history, and keeping them in order
    Ledger(ledger::Args),
    /// Save the workspace as it is at this moment; others may go on importing
    Backup(backup::BackupArgs),
    /// Make a workspace of a backup
    Restore(backup::RestoreArgs),
    /// Make a believable shop with a known truth, to try patron on
    Demo(demo::Args),
    /// Segment vocabularies: list and check them
    #[command(subcommand)]
    Segments(segments::Segments),
    /// Purchase models: fit, predict, evaluate, compare, simulate; and customer lifetime value by hand
    #[command(subcommand)]
    Clv(clv::Clv),
    /// The fold as a filter: histories on standard input, profiles on standard output
    Fold(fold::Args),
    /// Licences of patron and of everything it is made of
    Notices,
}

impl Command {
    pub(crate) fn run(self, output: &mut Output) -> Result<(), Failure> {
        match self {
            Self::Run(args) => run::run(&args, output),
            Self::Init(args) => init::run(&args, output),
            Self::Import(args) => import::run(&args, output),
            Self::Source(args) => source::run(&args, output),
            Self::Refresh(args) => refresh::run(&args, output),
            Self::Customer(args) => customer::run(&args, output),
            Self::Profit(args) => profit::run(&args, output),
            Self::Channels(args) => channels::run(&args, output),
            Self::Value(args) => value::run(&args, output),
            Self::Migration(args) => migration::run(&args, output),
            Self::Changes(args) => changes::run(&args, output),
            Self::Actions(args) => actions::run(&args, output),
            Self::Policy(args) => policy::run(&args, output),
            Self::Equity(args) => equity::run(&args, output),
            Self::Groups(args) => groups::run(&args, output),
            Self::Survey(args) => survey::run(&args, output),
            Self::Behaviours(args) => behaviours::run(&args, output),
            Self::Cohorts(args) => cohorts::run(&args, output),
            Self::Pareto(args) => pareto::run(&args, output),
            Self::Drivers(args) => drivers::run(&args, output),
            Self::Export(args) => export::run(&args, output),
            Self::Identity(args) => identity::run(&args, output),
            Self::Ledger(args) => ledger::run(&args, output),
            Self::Backup(args) => backup::save(&args, output),
            Self::Restore(args) => backup::make_anew(&args, output),
            Self::Demo(args) => demo::run(&args, output),
            Self::Segments(command) => segments::run(&command, output),
            Self::Clv(command) => clv::run(&command, output),
            Self::Fold(args) => fold::run(&args, output),
            Self::Notices => notices::run(output),
        }
    }
}

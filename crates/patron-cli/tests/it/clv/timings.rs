//! Pareto/GGG: customers whose own regularity and rates are known are found again, by orders and by sums of logarithms.

use serde_json::Value;

use super::evaluation::{calendar, day, whole};
use super::models::json;
use super::other_models::number;
use super::posteriors::assert_foretold;
use crate::support::{Sandbox, Seeded};

/// Shape and rate of the spreads of k, λ and μ, in weeks.
type Spreads = [[f64; 2]; 3];

/// Most buy regularly.
const REGULAR: Spreads = [[3.0, 0.75], [2.0, 5.0], [1.0, 30.0]];

/// Most buy in bursts.
const IN_BURSTS: Spreads = [[3.0, 6.0], [2.0, 5.0], [1.0, 30.0]];

const NAMES: [[&str; 2]; 3] = [["t", "gamma"], ["r", "alpha"], ["s", "beta"]];

/// Chains as short as will do.
const SHORT: [&str; 6] = ["--chains", "2", "--draws", "200", "--warmup", "300"];

struct Chance(Seeded);

impl Chance {
    fn unit(&mut self) -> f64 {
        ((self.0.next() >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    /// A gamma variable (Marsaglia, Tsang 2000).
    fn gamma(&mut self, shape: f64) -> f64 {
        if shape < 1.0 {
            return self.gamma(shape + 1.0) * self.unit().powf(1.0 / shape);
        }
        let d = shape - 1.0 / 3.0;
        loop {
            let root = (-2.0 * self.unit().ln()).sqrt();
            let normal = root * (std::f64::consts::TAU * self.unit()).cos();
            let v = (1.0 + normal / (9.0 * d).sqrt()).powi(3);
            if v > 0.0 && self.unit().ln() < 0.5 * normal * normal + d - d * v + d * v.ln() {
                return d * v;
            }
        }
    }
}

/// A customer, in weeks: the times between purchases until the end of observation, and how many came in the year after it.
struct Made {
    age: f64,
    times: Vec<f64>,
    later: usize,
}

impl Made {
    /// When purchases came, after the first.
    fn places(&self) -> impl Iterator<Item = f64> {
        self.times.iter().scan(0.0, |at, time| {
            *at += time;
            Some(*at)
        })
    }
}

fn made(customers: usize, spreads: Spreads, seed: u64) -> Vec<Made> {
    let mut chance = Chance(Seeded(seed));
    let one = |_| {
        let [k, lambda, mu] = spreads.map(|[shape, rate]| chance.gamma(shape) / rate);
        let age = 20.0 + 60.0 * chance.unit();
        let leaves = chance.gamma(1.0) / mu;
        let (mut at, mut times, mut later) = (0.0, Vec::new(), 0);
        loop {
            let time = chance.gamma(k) / (k * lambda);
            at += time;
            if at > leaves.min(age + 52.0) {
                break;
            } else if at > age {
                later += 1;
            } else {
                times.push(time);
            }
        }
        Made { age, times, later }
    };
    (0..customers).map(one).collect()
}

/// A summary of customers as other programs write them; `litt` is the column of `BTYDplus`.
fn summary(made: &[Made]) -> String {
    let mut rows = "x,t.x,T.cal,litt,x.star,monetary_value\n".to_owned();
    for (place, one) in made.iter().enumerate() {
        let litt: f64 = one.times.iter().map(|time| time.ln()).sum();
        let last = one.places().last().unwrap_or(0.0);
        let (count, age, later) = (one.times.len(), one.age, one.later);
        let spend = 20 + place * 7 % 31;
        rows.push_str(&format!("{count},{last},{age},{litt},{later},{spend}\n"));
    }
    rows
}

fn estimate(fit: &Value, name: &str) -> f64 {
    number(&fit["parameters"][name]["estimate"])
}

#[test]
fn known_spreads_are_found_with_who_buys_regularly() {
    for (spreads, seed) in [(REGULAR, 1), (IN_BURSTS, 2)] {
        let sandbox = Sandbox::new();
        sandbox.write("customers.csv", summary(&made(300, spreads, seed)));
        let model = ["fit", "--model", "pareto-ggg", "--summary", "customers.csv"];
        let fit = json(&sandbox, &[&model[..], &SHORT].concat());
        assert_eq!(
            (&fit["model"], &fit["n"]),
            (&"pareto-ggg".into(), &300.into())
        );
        assert_eq!(fit["sampling"]["thinning"], 4);
        let names: Vec<&String> = fit["parameters"]
            .as_object()
            .expect("parameters")
            .keys()
            .collect();
        assert_eq!(names, NAMES.as_flattened(), "in the paper's order");
        for (name, truth) in NAMES.as_flattened().iter().zip(spreads.as_flattened()) {
            let found = &fit["parameters"][name];
            assert!(number(&found["rhat"]) < 1.1, "{name}: {found}");
            let off = (number(&found["estimate"]) - truth) / number(&found["se"]);
            assert!(off.abs() < 2.5, "seed {seed}, {name}, {truth}: {found}");
        }
        // The mean regularity is known better than what it is made of.
        let mean = |[shape, rate]: [f64; 2]| shape / rate;
        let found = estimate(&fit, "t") / estimate(&fit, "gamma");
        let truth = mean(spreads[0]);
        assert!(
            (found / truth - 1.0).abs() < 0.25 && (found > 1.0) == (truth > 1.0),
            "seed {seed}: {found}, expected {truth}"
        );
    }
}

#[test]
fn own_timings_foretell_what_simulated_customers_buy() {
    let sandbox = Sandbox::new();
    sandbox.write("customers.csv", summary(&made(120, REGULAR, 3)));
    let model = ["predict", "--model", "pareto-ggg"];
    let customers = ["--summary", "customers.csv"];
    let told = json(&sandbox, &[&model[..], &customers, &SHORT].concat());
    // Drawn from this very law: besides chance a tenth is allowed for, because of how it is spread no more than 120 customers tell.
    assert_foretold(&told, 120, 0.1);
}

#[test]
fn a_seed_decides_and_threads_do_not() {
    let sandbox = Sandbox::new();
    sandbox.write("customers.csv", summary(&made(60, REGULAR, 6)));
    let told = |model: &str, flags: &[&str]| {
        let command = "clv predict --quiet --format csv --summary customers.csv";
        let few = "--chains 2 --draws 100 --warmup 50 --model";
        let words = command.split(' ').chain(few.split(' ')).chain([model]);
        let printed = sandbox.patron(&words.chain(flags.iter().copied()).collect::<Vec<_>>());
        assert_eq!(printed.code, 0, "{}", printed.stderr);
        printed.stdout
    };
    let plain = told("pareto-ggg", &["--threads", "2"]);
    assert_eq!(
        plain,
        told("pareto-ggg", &["--threads", "1", "--seed", "1"])
    );
    assert_ne!(plain, told("pareto-ggg", &["--seed", "2"]));
    // The same is told as of the other model whose customers are drawn.
    let other = told("pareto-nbd-abe", &[]);
    assert_eq!(plain.lines().next(), other.lines().next());
}

/// Orders of the same customers, and a summary of their days; a purchase is a day.
fn orders_and_summary(made: &[Made], end: &str) -> [String; 2] {
    let last = day(&end.replace('-', ""));
    let mut orders = "order_id,customer_id,ordered_at,net\n".to_owned();
    let mut rows = "customer_id,frequency,recency,T,ln_intervals\n".to_owned();
    for (place, one) in made.iter().enumerate() {
        let first = last - whole(one.age * 7.0);
        let seen = one.places().map(|at| first + whole(at * 7.0));
        let mut days: Vec<i64> = std::iter::once(first).chain(seen).collect();
        for (number, day) in days.iter().enumerate() {
            let date = calendar(*day);
            orders.push_str(&format!("{place}-{number},c{place:03},{date},10\n"));
        }
        days.dedup();
        let weeks = |days: i64| days as f64 / 7.0;
        let times = days.iter().zip(&days[1..]).map(|(one, next)| next - one);
        let sum: f64 = times.map(|days| weeks(days).ln()).sum();
        let recency = weeks(days[days.len() - 1] - first);
        let (count, age) = (days.len() - 1, weeks(last - first));
        rows.push_str(&format!("c{place:03},{count},{recency},{age},{sum}\n"));
    }
    [orders, rows]
}

#[test]
fn orders_tell_what_the_sums_of_their_days_do() {
    let end = "2024-06-30";
    let [orders, rows] = orders_and_summary(&made(120, REGULAR, 4), end);
    let sandbox = Sandbox::with_orders(&orders);
    sandbox.write("customers.csv", rows);
    let few = ["--chains", "2", "--draws", "100", "--warmup", "100"];
    for command in ["fit", "predict"] {
        let of = |source: &[&str]| {
            let model = [command, "--model", "pareto-ggg"];
            json(&sandbox, &[&model[..], &few, source].concat())
        };
        let by_orders = of(&["orders.csv", "--calibration-end", end]);
        let by_sums = of(&["--summary", "customers.csv"]);
        if command == "fit" {
            assert_eq!(by_orders, by_sums);
            continue;
        }
        // Purchases to come are not compared: after a day twelve months are of the calendar.
        let name = |one: &Value, name: &str| (one["customer_id"].clone(), one[name].clone());
        for what in ["frequency", "recency", "T", "probability_alive"] {
            let told = |of: &Value| -> Vec<(Value, Value)> {
                let customers = of["customers"].as_array().expect("customers").iter();
                customers.map(|one| name(one, what)).collect()
            };
            assert_eq!(told(&by_orders), told(&by_sums), "{what}");
        }
    }
}

#[test]
fn what_pareto_ggg_cannot_take_is_refused() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "bare.csv",
        "customer_id,x,t_x,T\na,0,0,9\nb,1,4,9\nc,3,4,9\n",
    );
    sandbox.write("wrong.csv", "x,t_x,T,litt\n0,0,9,0\n3,4,9,0.9\n");
    sandbox.write("empty.csv", "x,t_x,T,litt\n0,0,9,\n3,4,9,\n");
    sandbox.write("few.csv", "x,t_x,T,litt\n0,0,9,\n3,5,9,1.5325\n");
    sandbox.write("many.csv", "x,t_x,T,weight\n1,2,3,41667\n");
    sandbox.write("none.csv", "x,t_x,T,weight\n1,0,3,100\n");
    let summary = |file: &str| {
        let flags = "clv fit --quiet --model pareto-ggg --summary";
        sandbox.patron(&flags.split(' ').chain([file]).collect::<Vec<_>>())
    };
    summary("bare.csv").assert_refused(&[
        "error: pareto-ggg needs the times between purchases: those of customer `c`, who came back 3 times, are not known",
        "hint: name orders files, or give the summary a column `ln_intervals` (`litt` of BTYDplus)",
    ]);
    summary("empty.csv").assert_refused(&["those of customer `2`, who came back 3 times"]);
    summary("wrong.csv").assert_refused(&[
        "line 3 of",
        "column `litt`: `0.9`, times between purchases with a sum of logarithms of 0.9, expected at most 0.863",
    ]);
    // Equal times, with the digits of a spreadsheet: they can be, and only customers are too few.
    summary("few.csv").assert_refused(&[
        "cannot sample pareto-ggg",
        "at least 30",
        "found 1",
        "longer time",
    ]);
    summary("none.csv").assert_refused(&["customer `1`", "sum of logarithms of -inf"]);
    // 4 GB are those of 41,666 customers with 4,000 draws.
    summary("many.csv").assert_refused(&["41667 customers are too many", "41666 can be"]);
}

#[test]
fn what_does_not_go_with_pareto_ggg_is_a_bad_command_line() {
    let sandbox = Sandbox::new();
    for (flags, words) in [
        (
            "fit x.csv --model pareto-ggg --posterior",
            "with `--posterior`, and no covariates",
        ),
        (
            "fit x.csv --model pareto-ggg --covariates y.csv",
            "pareto-nbd-abe with `--covariates`",
        ),
        (
            "predict x.csv --model pareto-ggg --bootstrap",
            "no `--bootstrap`",
        ),
        (
            "predict x.csv --model pareto-ggg --periods 3",
            "bg-bb, sbg or bdw",
        ),
        (
            "evaluate x.csv --model pareto-ggg",
            "`fit` and `predict` also have pareto-nbd-abe, pareto-ggg",
        ),
        (
            "compare x.csv --model pareto-ggg",
            "there is no model `pareto-ggg`",
        ),
        (
            "simulate --model pareto-ggg",
            "there is no model `pareto-ggg`",
        ),
    ] {
        let flags: Vec<&str> = ["clv"].into_iter().chain(flags.split(' ')).collect();
        sandbox.patron(&flags).assert_bad_command_line(&[words]);
    }
}

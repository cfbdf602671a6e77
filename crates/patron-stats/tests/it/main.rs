//! Index of the integration tests of patron-stats.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::float_cmp,
    reason = "tests and their helpers may fail; counts in reference files are read as numbers; what must be equal to the last bit is compared so"
)]

/// Posteriors by the no-U-turn sampler, with the feature `bayes`.
#[cfg(feature = "bayes")]
mod bayes;
/// Do nine in ten credible intervals hold the truth? With the feature `bayes`.
#[cfg(feature = "bayes")]
mod bayes_coverage;
/// BG/BB: everything there is about it.
mod bg_bb;
/// BG/NBD and MBG/NBD against the literature and other programs: CDNOW, apparel.
mod bg_nbd;
/// What the two purchase models are compared in.
mod cdnow;
/// BG/CNBD-k and MBG/CNBD-k: their limits, lists on record, and integrals in 25 digits.
mod cnbd;
/// Lorenz's curve and whole numbers at the top, also with losses.
mod concentration;
/// sBG and beta-discrete-Weibull: everything there is about them.
mod contract;
/// Cut points, where only counts of values are known.
mod counted;
/// Models with covariates: likelihoods, estimates, constraints, penalties, recovery.
mod covariates;
/// Do nine in ten intervals hold what they should? Simulated bases, in small and in a soak run.
mod coverage;
/// Public data sets, read as the literature prepares them.
mod data;
/// Parts of a change of a product.
mod decomposition;
/// Normal, chi-square and Kolmogorov tails against scipy.
mod distributions;
/// One exact error per bad input.
mod errors;
/// Moves between groups against usual moves.
mod flow;
/// Forecasts against closed forms in 40 digits, at ordinary and extreme parameters.
mod forecasts;
/// Values of a model at given parameters, from lists on record.
mod functions;
/// Gamma-Gamma against the literature and other programs.
mod gamma_gamma;
/// GGom/NBD against integrals of its definition, and against Pareto/NBD, its limit.
mod ggom_nbd;
/// Scores of promoters, differences of matched groups.
mod groups;
/// What is refused an interval, and what is told in words.
mod interval_errors;
/// Intervals of expectations and parameters: identities, other routes, exact errors.
mod intervals;
/// Do the quick ways of asking for many tell what the plain ones tell?
mod intervals_quick;
/// The likelihood-ratio test.
mod likelihood_ratio;
mod mbg_nbd;
/// Draws from posteriors: R-hat and effective numbers against arviz, warnings of broken samplers.
mod mcmc;
/// NBD against the literature, other programs, and integrals over the rate.
mod nbd;
/// Outcome intervals against the mixture term by term, and their coverage in simulation.
mod outcome;
/// Do nine in ten intervals of customers' own expectations hold? Models that are drawn from customer by customer.
mod own_coverage;
/// Pareto/NBD against closed forms in 60 digits, at ordinary and extreme parameters.
mod pareto_exact;
/// Pareto/GGG: integrals of its definition, Pareto/NBD as its limit, recovery, identities, threads, errors.
mod pareto_ggg;
/// Pareto/NBD against the literature and other programs: CDNOW, apparel, lists of functions.
mod pareto_nbd;
/// Pareto/NBD (Abe): CDNOW beside BTYDplus, recovery, identities, threads, errors.
mod pareto_nbd_abe;
/// Pooled means of groups.
mod pooling;
/// What must hold on random input.
mod properties;
/// Shares and rates: Wilson, beta-binomial, gamma-Poisson, ratios.
mod rates;
/// Priors of any shape, two rates, differences of shares: numpy, edges, order.
mod rates_grid;
/// Known parameters are found again from simulated customers.
mod recovery;
/// Estimators of regularity: by hand, against 25 digits, and on simulated times.
mod regularity;
/// The response to spend.
mod response;
/// Cut points and scores: pandas, SQL, R's `rfm`, exact fractions, and properties on random input.
mod scores;
/// Customers drawn from the models.
mod simulate;
/// What models draw against what they foretell.
mod simulation;
/// Gamma function against 40 digits.
mod special;
/// What studies of coverage have in common.
mod study;
/// Mean, quantiles, correlation, concentration.
mod summaries;
/// Kaplan and Meier's curve.
mod survival;
/// The calculator.
mod textbook;
/// Measures of predictions against numpy and scipy, against the record of CDNOW, and by hand.
mod validation;
/// CDNOW tracked, evaluated and chosen for.
mod validation_cdnow;
/// Weights of aspects: comparisons of every two, entropy.
mod weights;

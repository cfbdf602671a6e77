//! Which model is asked for, and what it is fitted to besides purchases.

use std::path::PathBuf;

use patron_analytics::clv::{ClvModel, ContractKey, Contracts, CovariateRequest, contracts};
use patron_analytics::settings::Unit;
use patron_core::Day;

use super::base::{BaseArgs, of_command_line};
use super::posterior::SamplingArgs;
use crate::failure::{BadFlag, Failure};

/// A model of any kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    Purchases(ClvModel),
    /// Pareto/NBD after Abe, which is always sampled.
    OwnRates,
    /// Pareto/GGG, which is always sampled, too.
    OwnTimings,
    Opportunities,
    Contracts(ContractKey),
    Spend,
}

impl Asked {
    /// Whether it is sampled whatever else is asked for, customer by customer.
    pub(super) const fn is_own(self) -> bool {
        matches!(self, Self::OwnRates | Self::OwnTimings)
    }

    /// Whether it is of purchases at any time.
    pub(super) const fn is_of_purchases(self) -> bool {
        self.is_own() || matches!(self, Self::Purchases(_))
    }

    /// Whether it needs the days of purchases.
    pub(super) const fn needs_days(self) -> bool {
        match self {
            Self::Purchases(model) => model.has_stages(),
            Self::Opportunities | Self::OwnTimings => true,
            Self::OwnRates | Self::Contracts(_) | Self::Spend => false,
        }
    }
}

/// Arguments that say which model, and of what.
#[derive(Debug, clap::Args)]
pub(super) struct ModelArgs {
    /// Which model: nbd, bg-nbd, mbg-nbd, pareto-nbd, ggom-nbd, bg-cnbd-k, mbg-cnbd-k; pareto-nbd-abe, pareto-ggg, sampled; bg-bb, where one can buy once in each unit of
    /// time; sbg, bdw, of contracts; or gamma-gamma (of `fit` alone), of what a purchase brings
    #[arg(long, value_name = "MODEL", default_value = "mbg-nbd")]
    pub(super) model: String,
    /// Contracts, for sbg and bdw: cohorts (`period`, `customers`, perhaps `cohort`), histories (`renewals`, `left`) or customers
    /// (`start`, `end`), who renew once in each unit of time
    #[arg(long, value_name = "FILE")]
    contracts: Option<PathBuf>,
    /// What else is known of customers: `customer_id`, and a number in each other column. For bg-nbd, mbg-nbd, pareto-nbd and
    /// pareto-nbd-abe
    #[arg(long, value_name = "FILE")]
    covariates: Option<PathBuf>,
    /// Columns of the covariates that act on how often customers buy; without this and the next, all act on both
    #[arg(
        long,
        value_name = "COLUMNS",
        value_delimiter = ',',
        requires = "covariates"
    )]
    purchase_covariates: Vec<String>,
    /// Columns that act on how readily they leave
    #[arg(
        long,
        value_name = "COLUMNS",
        value_delimiter = ',',
        requires = "covariates"
    )]
    dropout_covariates: Vec<String>,
    /// Draw from the posterior of all parameters instead of taking the likeliest: for bg-nbd, mbg-nbd, pareto-nbd and gamma-gamma
    #[arg(long)]
    pub(super) posterior: bool,
    #[command(flatten, next_help_heading = "Sampling")]
    pub(super) sampling: SamplingArgs,
}

impl ModelArgs {
    /// The model, if it goes with the other flags.
    pub(super) fn asked(&self, base: &BaseArgs) -> Result<Asked, Failure> {
        let asked = match self.model.as_str() {
            "gamma-gamma" => Asked::Spend,
            "bg-bb" => Asked::Opportunities,
            "pareto-nbd-abe" => Asked::OwnRates,
            "pareto-ggg" => Asked::OwnTimings,
            name => match ContractKey::from_name(name) {
                Some(key) => Asked::Contracts(key),
                None => Asked::Purchases(ClvModel::from_name(name).map_err(of_command_line)?),
            },
        };
        let is_contract = matches!(asked, Asked::Contracts(_));
        if is_contract && self.contracts.is_none() {
            return Err(self.refused("a file of contracts with it: `--contracts FILE`"));
        }
        if self.contracts.is_some() && (!is_contract || base.names_any()) {
            return Err(self.refused("sbg or bdw with `--contracts`, and no orders"));
        }
        if self.covariates.is_some() && !matches!(asked, Asked::Purchases(_) | Asked::OwnRates) {
            return Err(
                self.refused("bg-nbd, mbg-nbd, pareto-nbd or pareto-nbd-abe with `--covariates`")
            );
        }
        self.check_sampling(asked)?;
        Ok(asked)
    }

    /// Refuses what a sampler cannot take, or what is asked of one where there is none.
    fn check_sampling(&self, asked: Asked) -> Result<(), Failure> {
        let has_posterior = matches!(asked, Asked::Purchases(_) | Asked::Spend);
        if self.posterior && (!has_posterior || self.covariates.is_some()) {
            return Err(self.refused(
                "bg-nbd, mbg-nbd, pareto-nbd or gamma-gamma with `--posterior`, and no covariates",
            ));
        }
        let is_sampled = self.posterior || asked.is_own();
        if self.sampling.is_asked() && !is_sampled {
            return Err(self.refused(
                "pareto-nbd-abe, pareto-ggg, or `--posterior`, with `--chains`, `--draws`, `--warmup` and `--seed`",
            ));
        }
        let apart = !self.purchase_covariates.is_empty() || !self.dropout_covariates.is_empty();
        if asked == Asked::OwnRates && apart {
            return Err(self.refused(
                "bg-nbd, mbg-nbd or pareto-nbd with covariates apart: those of pareto-nbd-abe act on both",
            ));
        }
        Ok(())
    }

    /// Says that the model does not go with something else.
    pub(super) fn refused(&self, expected: &str) -> Failure {
        Failure::of_command_line(BadFlag {
            flag: "--model".to_owned(),
            value: self.model.clone(),
            expected: expected.to_owned(),
        })
    }

    /// Which covariates act on what, if there are any.
    pub(super) fn covariates(&self, level: f64) -> Option<CovariateRequest> {
        Some(CovariateRequest {
            path: self.covariates.clone()?,
            purchase: self.purchase_covariates.clone(),
            dropout: self.dropout_covariates.clone(),
            level,
        })
    }

    /// The contracts, and the unit in which they are renewed; nothing where no file is named.
    pub(super) fn contracts(&self, base: &BaseArgs) -> Result<Option<(Contracts, Unit)>, Failure> {
        let Some(path) = &self.contracts else {
            return Ok(None);
        };
        let unit = base.unit_alone()?;
        let as_of = base.as_of_alone().map(|text| {
            Day::parse_iso(&text).ok_or_else(|| {
                Failure::of_command_line(BadFlag {
                    flag: "--as-of".to_owned(),
                    value: text.clone(),
                    expected: "a day such as 2026-05-01".to_owned(),
                })
            })
        });
        Ok(Some((
            contracts(path, unit.days(), as_of.transpose()?)?,
            unit,
        )))
    }
}

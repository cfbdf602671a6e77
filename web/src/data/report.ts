// The contract between `patron run` and the report page: what stands in the `patron-data` block.
//
// Names are snake_case because the Rust side writes them. Amounts are numbers in units of `currency`; shares and
// probabilities are fractions of 1; days are "YYYY-MM-DD"; `null` means unknown or not computed, never zero.
// What a number means is said in DEFINITIONS; how a key is worded is said in src/i18n.

/** A text that is data: the page picks the reader's language and falls back to English, then to the key. */
export interface Names {
  en: string;
  "zh-Hans"?: string;
  "zh-Hant"?: string;
}

export type ParamValue = string | number | boolean | null | (string | number)[];
export type Params = Record<string, ParamValue>;

/** Something said to the reader: `key` is translated when the page knows it, else `text` is shown as it stands. */
export interface Message {
  key: string;
  params?: Params;
  text?: string;
}

export type ClvBasis = "margin" | "expected_revenue";
export type AxisName = "recency" | "frequency" | "monetary";
export type AxisUnit = "days" | "orders" | "money";

export interface Headline {
  customers: number;
  customers_without_order: number;
  orders: number;
  revenue: number;
  order_value: number;
  average_order_value: number | null;
  orders_per_customer: number | null;
  bought_once_share: number | null;
  active_customers: number;
  clv_sum: number | null;
  historic_value_sum: number;
  total_clv_sum: number | null;
  first_order_day: string | null;
  last_order_day: string | null;
}

export interface ScoreAxis {
  axis: AxisName;
  bins: number;
  method: string;
  /** c1 ≤ … ≤ c(k−1); empty for methods that rank instead of comparing values. */
  cuts: number[];
  distinct_values: number;
  missing_scores: number[];
  unit: AxisUnit;
}

export interface Scores {
  axes: ScoreAxis[];
  frequency_monetary_correlation: number | null;
  warnings: Message[];
}

export interface GridCell {
  r: number;
  f: number;
  m: number;
  customers: number;
  orders: number;
  revenue: number;
  clv: number | null;
}

export interface Segment {
  key: string;
  names: Names;
  customers: number;
  share: number;
  members: number;
  orders: number;
  revenue: number;
  revenue_share: number | null;
  recency_mean: number | null;
  recency_median: number | null;
  frequency_mean: number | null;
  frequency_median: number | null;
  monetary_mean: number | null;
  monetary_median: number | null;
  average_order_value: number | null;
  margin: number | null;
  bought_once_share: number | null;
  probability_alive_mean: number | null;
  clv_sum: number | null;
  clv_mean: number | null;
}

export interface LifecycleStage {
  key: string;
  names: Names;
  /** First and last day of a last order that puts a customer in this stage; null = open. */
  from: string | null;
  to: string | null;
  customers: number;
  share: number;
  orders: number;
  revenue: number;
  clv_sum: number | null;
}

export interface OctantPolicy {
  product: Names;
  service: Names;
  price: Names;
  channel: Names;
  benefits: Names;
}

export interface OctantRow {
  key: string;
  /** Three bits R, F, M; 1 = above the knife (for R: recent). */
  code: string;
  names: Names;
  customers: number;
  share: number;
  revenue: number;
  average_order_value: number | null;
  clv_sum: number | null;
  policy: OctantPolicy;
}

export interface Octants {
  knives: {
    method: string;
    recency_days: number | null;
    frequency: number | null;
    monetary: number | null;
  };
  rows: OctantRow[];
}

export interface Pareto {
  /** [share of customers, best first; share of revenue], ascending, at most 101 points. */
  points: [number, number][];
  top: { share: number; revenue_share: number; customers: number }[];
  gini: number | null;
}

export interface ModelParameter {
  name: string;
  estimate: number;
  standard_error: number | null;
  meaning_key: string;
}

export interface SpendModel {
  model: string;
  parameters: ModelParameter[];
  log_likelihood: number | null;
  customers: number;
  warnings: Message[];
}

export interface ClvDistribution {
  /** Equal widths; the last bin may be open (`to` null) and hold all above. */
  bins: { from: number; to: number | null; customers: number }[];
  mean: number | null;
  median: number | null;
  p90: number | null;
  max: number | null;
}

/** A model or baseline held against what customers bought in the holdout. */
export interface Contender {
  key: string;
  is_model: boolean;
  is_used: boolean;
  /** False where the search for parameters did not settle: measured, never chosen. */
  is_settled: boolean;
  failed: Message | null;
  /** Mean logarithm of the probability of what came; null for baselines that give numbers only. */
  log_score: number | null;
  predicted: number | null;
  actual: number | null;
  relative_bias: number | null;
  mean_absolute: number | null;
  root_mean_square: number | null;
  mean_squared_logarithmic: number | null;
  top_decile_capture: number | null;
  gini: number | null;
}

export interface BackTest {
  calibration_end: string;
  end: string;
  days: number;
  /** Customers who had bought by the end of calibration, and how many of them models were judged by. */
  customers: number;
  judged: number;
  contenders: Contender[];
}

/** Customers of neighbouring predictions: what was expected of each and what came, means. */
export interface CalibrationGroup {
  customers: number;
  predicted: number;
  actual: number;
}

export interface Tracking {
  calibration_end: string | null;
  period_days: number;
  /** Repeat purchases by the end of each period, cumulative. */
  periods: { end: string; expected: number; actual: number }[];
}

/** Rows are repeat purchases, columns time since the last one; null where nobody can be. */
export interface Prospects {
  /** Time since the first purchase, the same for all cells. */
  age: number;
  unit: string;
  /** Months that expected purchases look ahead. */
  months: number;
  frequencies: number[];
  since: number[];
  alive: (number | null)[][];
  purchases: (number | null)[][];
}

export interface ModelCard {
  how: "held_out" | "named" | "default";
  reasons: Message[];
  /** Baselines that clearly did better; null without a holdout. */
  baselines_ahead: number | null;
  data: {
    customers: number;
    repeat_buyers: number;
    repeat_purchases: number;
    distinct_histories: number;
    first_day: string | null;
    last_day: string;
  };
  back_test: BackTest | null;
  calibration: CalibrationGroup[] | null;
  tracking: Tracking | null;
  prospects: Prospects | null;
}

export interface Clv {
  status: "fitted" | "rough" | "skipped";
  reason: Message | null;
  model: string | null;
  unit: string | null;
  horizon_months: number;
  annual_discount: number;
  parameters: ModelParameter[];
  spend_model: SpendModel | null;
  log_likelihood: number | null;
  aic: number | null;
  bic: number | null;
  customers: number;
  warnings: Message[];
  /** What is shown of the purchase model; null without one. */
  card: ModelCard | null;
  rough: { value: number | null; formula_inputs: Record<string, number | null> } | null;
  distribution: ClvDistribution | null;
}

export interface FileRows {
  name: string;
  in: number;
  accepted: number;
  merged: number;
  set_aside: Record<string, number>;
}

export interface Rows {
  in: number;
  accepted: number;
  accepted_by_kind: Record<string, number>;
  merged: number;
  set_aside: Record<string, number>;
  flags: Record<string, number>;
  revenue_set_aside: Record<string, number>;
  files: FileRows[];
}

export interface DefaultChosen {
  key: string;
  value: string | number | boolean | null;
  reason_key: string;
}

export interface Report {
  version: 1;
  patron_version: string;
  shop: string | null;
  as_of: string;
  timezone: string;
  currency: string | null;
  demo: boolean;
  clv_basis: ClvBasis;
  headline: Headline;
  scores: Scores;
  grid: { cells: GridCell[] };
  vocabulary: { key: string; names: Names };
  segments: Segment[];
  lifecycle: { stages: LifecycleStage[]; preset: string };
  octants: Octants;
  pareto: Pareto;
  clv: Clv;
  rows: Rows;
  defaults: DefaultChosen[];
  notes: Message[];
}

// Reports to draw in tests: the example, and the shops that break naive pages.
import sample from "../src/data/sample.json";
import type { Clv, ModelCard, Report, Segment } from "../src/data/report";
import { makeSpeech, type Speech } from "../src/i18n/words";
import { startTranslation } from "../src/i18n";
import type { Language } from "../src/i18n/languages";

export function example(): Report {
  return structuredClone(sample) as unknown as Report;
}

export function speechFor(language: Language, report: Pick<Report, "currency" | "clv_basis"> = example()): Speech {
  return makeSpeech(startTranslation(language), language, report);
}

const UNKNOWN_SEGMENT: Omit<Segment, "key" | "names"> = {
  customers: 0,
  share: 0,
  members: 0,
  orders: 0,
  revenue: 0,
  revenue_share: null,
  recency_mean: null,
  recency_median: null,
  frequency_mean: null,
  frequency_median: null,
  monetary_mean: null,
  monetary_median: null,
  average_order_value: null,
  margin: null,
  bought_once_share: null,
  probability_alive_mean: null,
  clv_sum: null,
  clv_mean: null,
};

const SKIPPED: Pick<
  Clv,
  "status" | "parameters" | "spend_model" | "log_likelihood" | "aic" | "bic" | "card" | "distribution"
> = {
  status: "skipped",
  parameters: [],
  spend_model: null,
  log_likelihood: null,
  aic: null,
  bic: null,
  card: null,
  distribution: null,
};

/** Nothing could be held out, and nobody is expected to come back. */
const UNCHECKED: ModelCard = {
  how: "default",
  reasons: [{ key: "model_short_history", params: { model: "mbg-nbd", days: 30, required: 84 }, text: "" }],
  baselines_ahead: null,
  data: {
    customers: 40,
    repeat_buyers: 0,
    repeat_purchases: 0,
    distinct_histories: 1,
    first_day: "2025-12-31",
    last_day: "2025-12-31",
  },
  back_test: null,
  calibration: null,
  tracking: null,
  prospects: {
    age: 1,
    unit: "week",
    months: 12,
    frequencies: [0, 1],
    since: [0, 1],
    alive: [
      [null, 0],
      [0.001, null],
    ],
    purchases: [
      [null, 0],
      [0, null],
    ],
  },
};

/** A baseline won, a candidate could not be fitted, another did not settle, and calibration ends outside the plot. */
function beaten(card: ModelCard | null): ModelCard | null {
  if (card === null || card.back_test === null || card.tracking === null) return card;
  const [first, second, ...others] = card.back_test.contenders;
  if (first === undefined || second === undefined) return card;
  const failed = {
    ...first,
    log_score: null,
    predicted: null,
    actual: null,
    relative_bias: null,
    mean_absolute: null,
    root_mean_square: null,
    mean_squared_logarithmic: null,
    top_decile_capture: null,
    gini: null,
    failed: { key: "too_few_repeat_buyers", params: { found: 3, required: 30 }, text: "" },
  };
  const won = { baseline: "cell-means", model: "mbg-nbd", by: "0.4000", error: "0.1000" };
  return {
    ...card,
    baselines_ahead: 1,
    reasons: [...card.reasons, { key: "baseline_nearer", params: won, text: "" }],
    back_test: { ...card.back_test, contenders: [failed, { ...second, is_settled: false }, ...others] },
    tracking: { ...card.tracking, calibration_end: "2031-01-01" },
  };
}

/** No customer has a valid order: every mean is unknown. */
export function nobody(): Report {
  const report = example();
  return {
    ...report,
    shop: null,
    currency: null,
    headline: {
      ...report.headline,
      customers: 0,
      orders: 0,
      revenue: 0,
      order_value: 0,
      average_order_value: null,
      orders_per_customer: null,
      bought_once_share: null,
      active_customers: 0,
      clv_sum: null,
      historic_value_sum: 0,
      total_clv_sum: null,
      first_order_day: null,
      last_order_day: null,
    },
    scores: {
      axes: report.scores.axes.map((axis) => ({ ...axis, cuts: [], distinct_values: 0, missing_scores: [1, 2, 3, 4, 5] })),
      frequency_monetary_correlation: null,
      warnings: [],
    },
    grid: { cells: [] },
    segments: report.segments.map(({ key, names }) => ({ key, names, ...UNKNOWN_SEGMENT })),
    lifecycle: {
      ...report.lifecycle,
      stages: report.lifecycle.stages.map((stage) => ({
        ...stage,
        customers: 0,
        share: 0,
        orders: 0,
        revenue: 0,
        clv_sum: null,
      })),
    },
    octants: {
      knives: { method: "mean", recency_days: null, frequency: null, monetary: null },
      rows: report.octants.rows.map((row) => ({
        ...row,
        customers: 0,
        share: 0,
        revenue: 0,
        average_order_value: null,
        clv_sum: null,
      })),
    },
    pareto: { points: [], top: [], gini: null },
    clv: {
      ...report.clv,
      ...SKIPPED,
      reason: { key: "no_customers", params: {}, text: "no customers" },
      model: null,
      unit: null,
      customers: 0,
      warnings: [],
      rough: null,
    },
    rows: {
      in: 3,
      accepted: 0,
      accepted_by_kind: {},
      merged: 0,
      set_aside: { missing_customer: 3 },
      flags: {},
      revenue_set_aside: { missing_customer: 0 },
      files: [{ name: "orders.csv", in: 3, accepted: 0, merged: 0, set_aside: { missing_customer: 3 } }],
    },
    defaults: [],
    notes: [],
  };
}

/** One customer with one order: every cut point is that customer's own value. */
export function onePerson(): Report {
  const report = nobody();
  const figures = { customers: 1, share: 1, orders: 1, revenue: 25 };
  const known = {
    ...figures,
    members: 1,
    revenue_share: 1,
    recency_mean: 0,
    recency_median: 0,
    frequency_mean: 1,
    frequency_median: 1,
    monetary_mean: 25,
    monetary_median: 25,
    average_order_value: 25,
    bought_once_share: 1,
  };
  return {
    ...report,
    currency: "GBP",
    headline: {
      ...report.headline,
      customers: 1,
      orders: 1,
      revenue: 25,
      order_value: 25,
      average_order_value: 25,
      orders_per_customer: 1,
      bought_once_share: 1,
      active_customers: 1,
      historic_value_sum: 25,
      first_order_day: "2025-12-31",
      last_order_day: "2025-12-31",
    },
    scores: {
      ...report.scores,
      axes: report.scores.axes.map((axis) => {
        const value = axis.unit === "days" ? 0 : axis.unit === "orders" ? 1 : 25;
        const missing = axis.unit === "days" ? [1, 2, 3, 4] : [2, 3, 4, 5];
        return { ...axis, cuts: [value, value, value, value], distinct_values: 1, missing_scores: missing };
      }),
    },
    grid: { cells: [{ r: 5, f: 1, m: 1, customers: 1, orders: 1, revenue: 25, clv: null }] },
    segments: report.segments.map((segment) => (segment.key === "new_customers" ? { ...segment, ...known } : segment)),
    lifecycle: {
      ...report.lifecycle,
      stages: report.lifecycle.stages.map((stage) => (stage.key === "active" ? { ...stage, ...figures } : stage)),
    },
    octants: {
      knives: { method: "mean", recency_days: 0, frequency: 1, monetary: 25 },
      rows: report.octants.rows.map((row) =>
        row.code === "100" ? { ...row, ...figures, average_order_value: 25 } : row,
      ),
    },
    pareto: {
      points: [
        [0, 0],
        [1, 1],
      ],
      top: [],
      gini: 0,
    },
    clv: {
      ...report.clv,
      status: "rough",
      horizon_months: 12,
      reason: { key: "too_few_repeat_buyers", params: { found: 0, required: 30 }, text: "too few repeat buyers" },
      rough: { value: 25, formula_inputs: { average_order_value: 25, orders_per_year: 1, years: 1, margin: null } },
    },
    rows: {
      in: 1,
      accepted: 1,
      accepted_by_kind: { order: 1 },
      merged: 0,
      set_aside: {},
      flags: {},
      revenue_set_aside: {},
      files: [],
    },
  };
}

/** Everybody spent the same, nobody came back: ranges have no width. */
export function allEqual(): Report {
  const report = onePerson();
  const many = { customers: 40, orders: 40, revenue: 400 };
  return {
    ...report,
    headline: { ...report.headline, ...many, order_value: 400, average_order_value: 10 },
    grid: { cells: [{ r: 5, f: 1, m: 1, ...many, clv: 0 }] },
    segments: report.segments.map((segment) => (segment.customers > 0 ? { ...segment, ...many, share: 1 } : segment)),
    pareto: { points: [[0, 0], [0.5, 0.5], [1, 1]], top: [{ share: 0.2, revenue_share: 0.2, customers: 8 }], gini: 0 },
    clv: {
      ...report.clv,
      status: "fitted",
      reason: null,
      rough: null,
      model: "mbg-nbd",
      unit: "week",
      card: UNCHECKED,
      distribution: { bins: [{ from: 0, to: 0, customers: 40 }], mean: 0, median: 0, p90: 0, max: 0 },
    },
  };
}

/** Scored by rank, with ten bins on one axis, values as margin, and a model that warns. */
export function unusual(): Report {
  const report = example();
  return {
    ...report,
    shop: "</script><b>Shop & Söhne</b> $& \u2028",
    clv_basis: "margin",
    currency: "CNY",
    demo: false,
    scores: {
      ...report.scores,
      axes: report.scores.axes.map((axis) =>
        axis.axis === "frequency" ? { ...axis, bins: 10, method: "qcut-first", cuts: [] } : axis,
      ),
      warnings: [
        { key: "never_heard_of", params: { a: 1 }, text: "the text as it was sent" },
        { key: "few_distinct_values", params: { axis: "frequency", distinct: 3, bins: 10 }, text: "" },
      ],
    },
    segments: report.segments.map((segment) => ({ ...segment, members: segment.members + 1, margin: segment.revenue / 3 })),
    clv: {
      ...report.clv,
      card: beaten(report.clv.card),
      warnings: [{ key: "fit_parameter_at_bound", params: { parameter: "a", value: "3.000e2" }, text: "" }],
    },
    rows: { ...report.rows, in: report.rows.in + 1 },
  };
}

/** Spark wrote the customers: there is no curve of all of them, and no rank correlation. */
export function elsewhere(): Report {
  const report = example();
  return {
    ...report,
    scores: { ...report.scores, frequency_monetary_correlation: null },
    pareto: { points: [], top: [], gini: null },
    notes: [...report.notes, { key: "customers_on_spark", params: {}, text: "" }],
  };
}

export const EVERY_SAMPLE: Record<string, () => Report> = {
  example,
  nobody,
  onePerson,
  allEqual,
  unusual,
  elsewhere,
};

// Which values earn a score: the cut points of DEFINITIONS §5 turned into ranges, and the ranges into words.
//
// F and M: score = 1 + #{c < v}; R: score = k − #{c < v}. So bin b (counted from the smallest values) holds
// c[b−1] < v ≤ c[b]. The R package `rfm` closes its bins on the left instead: c[b−1] ≤ v < c[b].
import type { ScoreAxis } from "./report";
import type { Speech } from "../i18n/words";

/** Methods that close a bin on its lower side. */
const LEFT_CLOSED = new Set(["r-rfm", "r_rfm"]);

export type ScoreRange =
  | { kind: "by_rank" }
  | { kind: "empty" }
  | { kind: "values"; lower: number | null; upper: number | null; closed: "lower" | "upper" };

/** Returns the scores of an axis, best first. */
export function scoresOf(axis: Pick<ScoreAxis, "bins">): number[] {
  return Array.from({ length: Math.max(0, axis.bins) }, (_, index) => axis.bins - index);
}

/** Returns the range of values that earn `score`; cut points that do not fit the bins mean scoring by rank. */
export function rangeOfScore(axis: ScoreAxis, score: number): ScoreRange {
  if (axis.cuts.length !== axis.bins - 1) return { kind: "by_rank" };
  const bin = axis.axis === "recency" ? axis.bins + 1 - score : score;
  const lower = bin <= 1 ? null : (axis.cuts[bin - 2] ?? null);
  const upper = bin >= axis.bins ? null : (axis.cuts[bin - 1] ?? null);
  if (lower !== null && upper !== null && lower >= upper) return { kind: "empty" };
  return { kind: "values", lower, upper, closed: LEFT_CLOSED.has(axis.method) ? "lower" : "upper" };
}

/** Returns the first and last whole number inside a range (null = open); empty when there is none. */
export function wholeNumbersIn(range: ScoreRange, smallest: number): { from: number; to: number | null } | null {
  if (range.kind !== "values") return null;
  const { lower, upper, closed } = range;
  const after = (cut: number) => (closed === "upper" ? Math.floor(cut) + 1 : Math.ceil(cut));
  const until = (cut: number) => (closed === "upper" ? Math.floor(cut) : Math.ceil(cut) - 1);
  const from = lower === null ? smallest : Math.max(smallest, after(lower));
  const to = upper === null ? null : until(upper);
  return to !== null && to < from ? null : { from, to };
}

function daysInWords(range: ScoreRange, { t, format }: Speech): string {
  const days = wholeNumbersIn(range, 0);
  if (days === null) return t("rfm.no_value");
  const { from, to } = days;
  const words = (key: string, n: number) => t(`rfm.${key}`, { count: n, n: format.count(n) });
  if (to === null) return from === 0 ? t("rfm.every_value") : words("over_days", from - 1);
  if (to === 0) return t("rfm.same_day");
  if (from === 0) return words("within_days", to);
  if (from === to) return words("exactly_days", to);
  return t("rfm.between_days", { from: format.count(from), to: format.count(to) });
}

function ordersInWords(range: ScoreRange, { t, format }: Speech): string {
  // A customer in scope has at least one order, but with a window it may hold none.
  const orders = wholeNumbersIn(range, 0);
  if (orders === null || range.kind !== "values") return t("rfm.no_value");
  const { from, to } = orders;
  const words = (key: string, n: number) => t(`rfm.${key}`, { count: n, n: format.count(n) });
  if (to === null) return range.lower === null ? t("rfm.every_value") : words("from_orders", from);
  if (range.lower === null) return words(to === 0 ? "exactly_orders" : "upto_orders", to);
  if (from === to) return words("exactly_orders", to);
  return t("rfm.between_orders", { from: format.count(from), to: format.count(to) });
}

function moneyInWords(range: ScoreRange, { t, format }: Speech): string {
  if (range.kind !== "values") return t("rfm.no_value");
  const { lower, upper, closed } = range;
  if (lower === null && upper === null) return t("rfm.every_value");
  const from = format.moneyExact(lower);
  const to = format.moneyExact(upper);
  if (lower === null) return t(closed === "upper" ? "rfm.upto_money" : "rfm.below_money", { to });
  if (upper === null) return t(closed === "upper" ? "rfm.over_money" : "rfm.from_money", { from });
  return t(closed === "upper" ? "rfm.between_money" : "rfm.from_money_to_below", { from, to });
}

/** Says which values earn `score`: "bought within the last 19 days", "2 to 4 orders", "over £120.00". */
export function scoreInWords(axis: ScoreAxis, score: number, speech: Speech): string {
  const range = rangeOfScore(axis, score);
  if (range.kind === "by_rank") return "";
  if (axis.unit === "days") return daysInWords(range, speech);
  return axis.unit === "orders" ? ordersInWords(range, speech) : moneyInWords(range, speech);
}

// Figures the page works out from the data: sums for the map, shares for titles, the check of the row account.
import type { AxisName, GridCell, OctantRow, Pareto, Report, Rows, Segment } from "./report";

export type Measure = "customers" | "revenue" | "clv";
export type AxisPair = "rf" | "rm" | "fm";

export const PAIRS: Record<AxisPair, { y: AxisName; x: AxisName }> = {
  rf: { y: "recency", x: "frequency" },
  rm: { y: "recency", x: "monetary" },
  fm: { y: "frequency", x: "monetary" },
};

const LETTER: Record<AxisName, "r" | "f" | "m"> = { recency: "r", frequency: "f", monetary: "m" };

/** Returns a / b, or null where that is not a number. */
export function ratio(a: number | null | undefined, b: number | null | undefined): number | null {
  if (typeof a !== "number" || typeof b !== "number") return null;
  const value = a / b;
  return b !== 0 && Number.isFinite(value) ? value : null;
}

export interface MapCell {
  x: number;
  y: number;
  customers: number;
  orders: number;
  revenue: number;
  clv: number | null;
}

/** Sums the R×F×M cells over the axis that the pair leaves out; keyed "x,y" in the order of the scores. */
export function mapCells(cells: readonly GridCell[], pair: AxisPair): MapCell[] {
  const { x, y } = PAIRS[pair];
  const sums = new Map<string, MapCell>();
  for (const cell of cells) {
    const at = { x: cell[LETTER[x]], y: cell[LETTER[y]] };
    const key = `${at.x},${at.y}`;
    const sum = sums.get(key) ?? { ...at, customers: 0, orders: 0, revenue: 0, clv: null };
    sum.customers += cell.customers;
    sum.orders += cell.orders;
    sum.revenue += cell.revenue;
    if (cell.clv !== null) sum.clv = (sum.clv ?? 0) + cell.clv;
    sums.set(key, sum);
  }
  return [...sums.values()].sort((a, b) => a.y - b.y || a.x - b.x);
}

/** True when future value was computed for at least one cell. */
export function hasValue(report: Report): boolean {
  return report.headline.clv_sum !== null || report.grid.cells.some((cell) => cell.clv !== null);
}

export function leader<T extends { revenue: number; customers: number }>(rows: readonly T[]): T | null {
  let best: T | null = null;
  for (const row of rows) {
    if (row.customers > 0 && (best === null || row.revenue > best.revenue)) best = row;
  }
  return best;
}

/** `others` is a remainder, not a kind of customer: it leads only where nothing else has customers. */
export function leadingSegment(segments: readonly Segment[]): Segment | null {
  return leader(segments.filter((segment) => segment.key !== "others")) ?? leader(segments);
}

export function octantRevenueShare(row: OctantRow, rows: readonly OctantRow[]): number | null {
  return ratio(row.revenue, rows.reduce((sum, other) => sum + other.revenue, 0));
}

/** Returns the share of revenue that the top `share` of customers bring, read off the curve between its points. */
export function revenueShareOfTop(pareto: Pareto, share: number): number | null {
  const exact = pareto.top.find((row) => Math.abs(row.share - share) < 1e-9);
  if (exact !== undefined) return exact.revenue_share;
  let before: [number, number] | null = null;
  for (const point of pareto.points) {
    if (point[0] >= share) {
      if (before === null || point[0] === before[0]) return point[0] === share ? point[1] : null;
      const part = (share - before[0]) / (point[0] - before[0]);
      return before[1] + part * (point[1] - before[1]);
    }
    before = point;
  }
  return null;
}

export function total(counts: Record<string, number>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

export interface RowSum {
  setAside: number;
  sum: number;
  addsUp: boolean;
}

/** Adds the row account up again: in = accepted + merged + Σ set aside, in total and per file. */
export function addUp(rows: Pick<Rows, "in" | "accepted" | "merged" | "set_aside">): RowSum {
  const setAside = total(rows.set_aside);
  const sum = rows.accepted + rows.merged + setAside;
  return { setAside, sum, addsUp: sum === rows.in };
}

/** Share of customers in the stages that can still be reached easily; null where the stages are named otherwise. */
export function coreShare(report: Report): number | null {
  const stages = report.lifecycle.stages.filter((stage) => stage.key === "active" || stage.key === "silent");
  if (stages.length !== 2) return null;
  return ratio(
    stages.reduce((sum, stage) => sum + stage.customers, 0),
    report.lifecycle.stages.reduce((sum, stage) => sum + stage.customers, 0),
  );
}

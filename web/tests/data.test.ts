import { describe, expect, it } from "vitest";
import { jsonForScript, parseReport } from "../src/data/load";
import { addUp, leadingSegment, mapCells, ratio, revenueShareOfTop } from "../src/data/figures";
import { fill } from "../scripts/fill.mjs";
import { EVERY_SAMPLE, example, nobody, unusual } from "./samples";

describe("data block", () => {
  it("survives the way through a script element", () => {
    const awkward = { text: "</script><!-- \u2028 \u2029 $& $1 & \" ' \\" };
    const json = jsonForScript(awkward);
    expect(json).not.toMatch(/[<\u2028\u2029]/);
    expect(JSON.parse(json)).toEqual(awkward);
  });

  it("is put in by position, so that $ means nothing", () => {
    const page = '<script id="patron-data">"__PATRON_DATA__"</script>';
    const filled = fill(page, { text: "$& $` </script>" });
    expect(filled).toBe('<script id="patron-data">{"text":"$& $` \\u003c/script>"}</script>');
    expect(() => fill(page + page, {})).toThrow("exactly once");
    expect(() => fill("nothing", {})).toThrow("exactly once");
  });

  it("is told apart from a placeholder, another version and garbage", () => {
    expect(parseReport('"__PATRON_DATA__"')).toEqual({ kind: "placeholder" });
    expect(parseReport('{"version":2}')).toEqual({ kind: "other_version", version: 2 });
    expect(parseReport("[]")).toEqual({ kind: "unreadable", detail: "not an object" });
    expect(parseReport("{").kind).toBe("unreadable");
    expect(parseReport(JSON.stringify(example())).kind).toBe("report");
  });
});

describe("figures worked out on the page", () => {
  it("sums the map over the axis left out, and loses no customer", () => {
    const report = example();
    for (const pair of ["rf", "rm", "fm"] as const) {
      const sum = mapCells(report.grid.cells, pair).reduce((total, cell) => total + cell.customers, 0);
      expect(sum).toBe(report.headline.customers);
    }
    const cells = mapCells(
      [
        { r: 5, f: 1, m: 1, customers: 2, orders: 2, revenue: 10, clv: 1 },
        { r: 5, f: 1, m: 3, customers: 1, orders: 1, revenue: 30, clv: null },
        { r: 1, f: 2, m: 3, customers: 4, orders: 9, revenue: 50, clv: null },
      ],
      "rf",
    );
    expect(cells).toEqual([
      { x: 2, y: 1, customers: 4, orders: 9, revenue: 50, clv: null },
      { x: 1, y: 5, customers: 3, orders: 3, revenue: 40, clv: 1 },
    ]);
  });

  it("reads the top 20 % off the list, else off the curve, else not at all", () => {
    const curve = { points: [[0, 0], [0.1, 0.5], [0.3, 0.8], [1, 1]] as [number, number][], top: [], gini: null };
    expect(revenueShareOfTop(curve, 0.2)).toBeCloseTo(0.65, 12);
    expect(revenueShareOfTop(curve, 1)).toBe(1);
    expect(revenueShareOfTop({ ...curve, top: [{ share: 0.2, revenue_share: 0.7, customers: 3 }] }, 0.2)).toBe(0.7);
    expect(revenueShareOfTop({ ...curve, points: [] }, 0.2)).toBeNull();
  });

  it("adds the row account up again", () => {
    expect(addUp(example().rows)).toMatchObject({ addsUp: true });
    expect(addUp(unusual().rows)).toMatchObject({ addsUp: false });
    for (const file of example().rows.files) expect(addUp({ ...file })).toMatchObject({ addsUp: true });
  });

  it("never divides by nothing", () => {
    expect(ratio(1, 0)).toBeNull();
    expect(ratio(0, 0)).toBeNull();
    expect(ratio(null, 2)).toBeNull();
    expect(ratio(1, 4)).toBe(0.25);
  });

  it("names the leading segment, and others only when nothing else has customers", () => {
    const { segments } = example();
    expect(leadingSegment(segments)?.key).toBe("champions");
    expect(leadingSegment(nobody().segments)).toBeNull();
    const onlyOthers = segments.map((each) => ({ ...each, customers: each.key === "others" ? 5 : 0 }));
    expect(leadingSegment(onlyOthers)?.key).toBe("others");
  });
});

describe("samples", () => {
  it.each(Object.keys(EVERY_SAMPLE))("%s keeps the contract where JSON can break it", (name) => {
    const report = EVERY_SAMPLE[name]?.();
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  });
});

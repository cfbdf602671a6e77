// @vitest-environment happy-dom
// Draws the whole page for ordinary and for awkward shops, in every language, with the charts' options in place of
// their canvases.
import { act } from "react";
import { createRoot, type Root } from "react-dom/client";
import { MantineProvider } from "@mantine/core";
import { afterEach, describe, expect, it, vi } from "vitest";
import { calibrationPlace, prospectText, shownColumns } from "../src/charts/model";
import { App } from "../src/report/App";
import { sortRows } from "../src/report/DataTable";
import type { Report } from "../src/data/report";
import { startTranslation } from "../src/i18n";
import { LANGUAGES, type Language } from "../src/i18n/languages";
import { EVERY_SAMPLE, allEqual, elsewhere, example, nobody, onePerson, speechFor, unusual } from "./samples";

const drawn = vi.hoisted(() => ({ options: [] as unknown[] }));

vi.mock("../src/charts/Chart", () => ({
  Chart: ({ option, label }: { option: unknown; label: string }) => {
    drawn.options.push(option);
    return <div role="img" aria-label={label} />;
  },
}));

(globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = true;
let root: Root | null = null;

function draw(report: Report, language: Language): string {
  drawn.options = [];
  const box = document.createElement("div");
  document.body.replaceChildren(box);
  root = createRoot(box);
  const translation = startTranslation(language);
  act(() =>
    root?.render(
      <MantineProvider withCssVariables={false} withGlobalClasses={false}>
        <App report={report} translation={translation} firstLanguage={language} />
      </MantineProvider>,
    ),
  );
  return box.textContent ?? "";
}

afterEach(() => act(() => root?.unmount()));

/** Every number inside a chart's option must be one that can be drawn; null is a gap and allowed. */
function badNumbers(value: unknown, path: string): string[] {
  if (typeof value === "number") return Number.isFinite(value) ? [] : [path];
  if (typeof value === "string") return /NaN|Infinity|undefined/.test(value) ? [`${path}: ${value}`] : [];
  if (value === null || typeof value !== "object") return [];
  return Object.entries(value).flatMap(([key, inner]) => badNumbers(inner, `${path}.${key}`));
}

interface Drawn {
  tooltip: { trigger?: string; formatter: (argument: unknown) => unknown };
  series: { data: unknown[] }[];
}

/** What the tooltips say with the pointer on each point in turn. */
function tooltipTexts(option: unknown): string[] {
  const { tooltip, series } = option as Drawn;
  return (series[0]?.data ?? []).map((data, dataIndex) => {
    const point = { dataIndex, seriesIndex: 0, data, value: data };
    const shown = tooltip.formatter(tooltip.trigger === "axis" ? [point] : point);
    return shown instanceof HTMLElement ? (shown.textContent ?? "") : String(shown);
  });
}

/** What stands along the axes. */
function axisTexts(option: unknown): string[] {
  const axes = Object.entries(option as Record<string, { axisLabel?: { formatter?: (value: number) => string } }>);
  return axes.flatMap(([, axis]) => [0, 0.5, 2000].map((value) => axis?.axisLabel?.formatter?.(value) ?? ""));
}

describe.each(Object.keys(EVERY_SAMPLE))("%s", (name) => {
  it.each(LANGUAGES)("reads sensibly in %s", (language) => {
    const text = draw((EVERY_SAMPLE[name] as () => Report)(), language);
    expect(text).not.toMatch(/NaN|undefined|Infinity|\{\{|\[object/);
    // A key that was not translated would show as "group.key".
    expect(text).not.toMatch(/\b(page|common|value|rfm|segments|octants|clv|card|rows|message)\.[a-z_]+/);
    expect(document.querySelectorAll("main > section")).toHaveLength(11);
    expect(document.documentElement.lang).toBe(language);
    expect(drawn.options.flatMap((option, index) => badNumbers(option, `option${index}`))).toEqual([]);
    for (const shown of drawn.options.flatMap((option) => [...tooltipTexts(option), ...axisTexts(option)])) {
      expect(shown).not.toMatch(/NaN|undefined|Infinity|\{\{/);
    }
  });
});

describe("the words follow the data", () => {
  it("speaks of expected revenue everywhere without costs, of CLV with them", () => {
    const without = draw(example(), "en");
    expect(without).toContain("Expected revenue");
    expect(without).not.toMatch(/\bCLV\b|lifetime value/i);
    expect(draw(unusual(), "en")).toContain("Customer lifetime value");
  });

  it("says what is missing instead of drawing it", () => {
    const text = draw(nobody(), "en");
    expect(text).toContain("No customer has a valid order yet");
    expect(text).toContain("3 rows read = 0 used + 0 merged + 3 set aside");
    expect(drawn.options).toHaveLength(0);
  });

  it("says that there is no curve of customers who are on Spark, not that they are few", () => {
    const text = draw(elsewhere(), "en");
    expect(text).toContain("The customers are on Spark");
    expect(text).toContain("Spark wrote the customers");
    expect(text).not.toContain("Too few customers");
  });

  it("marks a rough figure as rough and gives the reason", () => {
    const text = draw(onePerson(), "en");
    expect(text).toContain("1 customer placed 1 order worth £25.00");
    expect(text).toContain("Rough figure: about £25.00 of revenue per new customer");
    expect(text).toContain("Only 0 customers bought again; the model needs at least 30.");
  });

  it("says that the top fifth of equal customers brings a fifth", () => {
    expect(draw(allEqual(), "en")).toContain("The top 20% of customers bring 20.0% of revenue");
  });

  it("shows a row account that does not add up as wrong", () => {
    expect(draw(unusual(), "en")).toContain("The figures do not add up: 31,877 of 31,878 rows");
    expect(document.querySelector(".check.bad")).not.toBeNull();
  });

  it("shows data as text, never as markup", () => {
    draw(unusual(), "en");
    expect(document.querySelector("h1")?.textContent).toContain("</script><b>Shop & Söhne</b> $&");
    expect(document.querySelector("h1 b")).toBeNull();
  });

  it("names the stages and octants in Chinese as the sources do", () => {
    const text = draw(example(), "zh-Hans");
    for (const word of ["活跃期", "静默期", "休眠期", "流失期", "高价值客户", "放任自流客户"]) expect(text).toContain(word);
  });
});

describe("the model card", () => {
  it("says which model is used, why, and how the others did", () => {
    const text = draw(example(), "en");
    expect(text).toContain("MBG/NBD foretold the last 365 days best of the models");
    expect(text).toContain("not to be told apart from Pareto/NBD (log score 0.0006 ± 0.0027 a customer)");
    expect(text).toContain("No simple baseline clearly did better.");
    const rows = [...document.querySelectorAll("#model table")].flatMap((table) =>
      table.querySelector("caption")?.textContent === "Back-test"
        ? [...table.querySelectorAll("tbody th")].map((cell) => cell.textContent)
        : [],
    );
    expect(rows).toEqual([
      "NBD",
      "BG/NBD",
      "MBG/NBD (in use)",
      "Pareto/NBD",
      "Own mean rate",
      "Same as last period",
      "Mean of the RFM cell",
    ]);
  });

  it("says where a baseline won, what could not be fitted, and whose search did not settle", () => {
    const text = draw(unusual(), "en");
    expect(document.querySelector("#model .warnings")?.textContent).toContain(
      "A baseline won: “Mean of the RFM cell” came nearer to what was held out than MBG/NBD",
    );
    expect(text).not.toContain("No simple baseline clearly did better.");
    expect(text).toContain("NBD: Only 3 customers bought again; the model needs at least 30.");
    expect(text).toContain("BG/NBD (search not settled)");
    expect(text).toContain("a ran to the edge of the range searched");
  });

  it("says that nothing was held out, or why there is no model", () => {
    const text = draw(allEqual(), "en");
    expect(text).toContain("MBG/NBD values the customers: there is too little history to choose by");
    expect(text).toContain("Nothing could be held out, so nobody knows how well it foretells.");
    expect(document.querySelector("#model")?.textContent).not.toContain("Back-test");
    draw(onePerson(), "en");
    expect(document.querySelector("#model")?.textContent).toContain("No purchase model was fitted");
    expect(document.querySelector("#model")?.textContent).toContain("Only 0 customers bought again");
  });

  it("shows what each period brought, and expected purchases, when asked", () => {
    draw(example(), "en");
    const press = (label: string) => {
      const found = [...document.querySelectorAll("#model label")].find((each) => each.textContent === label);
      act(() => (found as HTMLElement | undefined)?.click());
    };
    const cells = (caption: string) => {
      const table = [...document.querySelectorAll("#model table")].find(
        (each) => each.querySelector("caption")?.textContent === caption,
      );
      return [...(table?.querySelectorAll("tbody tr:last-child > *") ?? [])].map((cell) => cell.textContent);
    };
    const card = example().clv.card;
    const [before, last] = (card?.tracking?.periods ?? []).slice(-2);
    const format = (value: number) => new Intl.NumberFormat("en", { maximumFractionDigits: 0 }).format(value);
    expect(cells("Purchases over time").slice(1)).toEqual([format(last?.expected ?? 0), format(last?.actual ?? 0)]);
    press("by period");
    const within = [(last?.expected ?? 0) - (before?.expected ?? 0), (last?.actual ?? 0) - (before?.actual ?? 0)];
    expect(cells("Purchases over time").slice(1)).toEqual(within.map(format));
    expect(cells("Chance still a customer")[0]).toBe("0");
    press("Expected purchases in 12 months");
    expect(cells("Expected purchases in 12 months")[0]).toBe("0");
  });
});

describe("charts of the model card", () => {
  const tracking = {
    calibration_end: "2025-01-15",
    period_days: 7,
    periods: ["2025-01-07", "2025-01-14", "2025-01-21"].map((end, index) => ({ end, expected: index, actual: 2 * index })),
  };

  it("mark the end of calibration where it lies between ends of periods", () => {
    expect(calibrationPlace(tracking)).toBeCloseTo(1 + 1 / 7, 12);
    expect(calibrationPlace({ ...tracking, calibration_end: "2025-02-15" })).toBeNull();
    expect(calibrationPlace({ ...tracking, periods: [] })).toBeNull();
  });

  it("leave out every second column where there is little room, never the last", () => {
    const prospects = example().clv.card?.prospects;
    if (prospects === null || prospects === undefined) throw new Error("the example has prospects");
    expect(shownColumns(prospects, false)).toHaveLength(13);
    expect(shownColumns(prospects, true)).toEqual([0, 2, 4, 6, 8, 10, 12]);
  });

  it("never round what is small down to nothing", () => {
    const speech = speechFor("en");
    expect([0, 0.002, 0.005, 0.994, 1].map((value) => prospectText(value, "alive", speech))).toEqual([
      "0%",
      "<1%",
      "1%",
      "99%",
      "100%",
    ]);
    expect([0, 0.04, 0.06, 7.75].map((value) => prospectText(value, "purchases", speech))).toEqual([
      "0",
      "<0.1",
      "0.1",
      "7.8",
    ]);
  });
});

describe("tables", () => {
  const column = { key: "n", label: "n", cell: () => null, sort: (row: { n: number | string | null }) => row.n };

  it("sort by value, with the unknown last both ways", () => {
    const rows = [{ n: 2 }, { n: null }, { n: 10 }, { n: 1 }];
    expect(sortRows(rows, column, false).map((row) => row.n)).toEqual([1, 2, 10, null]);
    expect(sortRows(rows, column, true).map((row) => row.n)).toEqual([10, 2, 1, null]);
    expect(rows.map((row) => row.n)).toEqual([2, null, 10, 1]);
  });

  it("sort segments when a heading is pressed, and say so", () => {
    draw(example(), "en");
    const names = () => [...document.querySelectorAll("#segments tbody th")].map((cell) => cell.textContent);
    const heading = [...document.querySelectorAll<HTMLButtonElement>("#segments .sorter")].find((button) =>
      button.textContent?.startsWith("Customers"),
    );
    act(() => heading?.click());
    expect(names().slice(0, 2)).toEqual(["Lost", "Champions"]);
    expect(heading?.closest("th")?.getAttribute("aria-sort")).toBe("descending");
    act(() => heading?.click());
    expect(names()[0]).toBe("Others");
    expect(heading?.closest("th")?.getAttribute("aria-sort")).toBe("ascending");
  });
});

// @vitest-environment happy-dom
// Draws the whole page for ordinary and for awkward shops, in every language, with the charts' options in place of
// their canvases.
import { act } from "react";
import { createRoot, type Root } from "react-dom/client";
import { MantineProvider } from "@mantine/core";
import { afterEach, describe, expect, it, vi } from "vitest";
import { App } from "../src/report/App";
import { sortRows } from "../src/report/DataTable";
import type { Report } from "../src/data/report";
import { startTranslation } from "../src/i18n";
import { LANGUAGES, type Language } from "../src/i18n/languages";
import { EVERY_SAMPLE, allEqual, example, nobody, onePerson, unusual } from "./samples";

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
    expect(text).not.toMatch(/\b(page|common|value|rfm|segments|octants|clv|rows|message)\.[a-z_]+/);
    expect(document.querySelectorAll("main > section")).toHaveLength(10);
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

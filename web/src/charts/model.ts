// The charts of the model card as ECharts options: pure functions of data, words and colours.
import type { EChartsCoreOption } from "./echarts";
import { rampColour, textOn, type ChartColours } from "./colours";
import { base, axisText, categoryAxis, valueAxis, type HasIndex } from "./options";
import { FONT, tip, tipFrame } from "./tip";
import type { CalibrationGroup, Prospects, Tracking } from "../data/report";
import type { Speech } from "../i18n/words";

/** Purchases of a customer or of all: two decimals where they are few. */
export function purchasesInWords(value: number | null, { format }: Speech): string {
  return value !== null && Math.abs(value) >= 100 ? format.count(value) : format.number(value, 2);
}

/** Expected and seen purchases per customer, from those of whom least was expected to those of whom most was. */
export function calibrationBars(
  groups: readonly CalibrationGroup[],
  speech: Speech,
  colours: ChartColours,
): EChartsCoreOption {
  const { t, format } = speech;
  const names = groups.map((_, index) => String(index + 1));
  const bar = (name: string, color: string, data: number[]) => ({
    type: "bar",
    name,
    data,
    barGap: "10%",
    barCategoryGap: "30%",
    itemStyle: { color, borderRadius: [2, 2, 0, 0] },
  });
  return {
    ...base(colours),
    grid: { left: 8, right: 8, top: 12, bottom: 8, containLabel: true },
    xAxis: categoryAxis(colours, names),
    yAxis: valueAxis(colours, (value) => format.number(value)),
    tooltip: {
      ...tipFrame(colours),
      trigger: "axis",
      axisPointer: { type: "shadow" },
      formatter: (points: HasIndex[]) => {
        const index = points[0]?.dataIndex ?? -1;
        const group = groups[index];
        if (group === undefined) return "";
        return tip(t("card.group_of", { group: index + 1, groups: groups.length }), [
          [t("card.expected"), format.number(group.predicted)],
          [t("card.seen"), format.number(group.actual)],
          [t("common.customers"), format.count(group.customers)],
        ]);
      },
    },
    series: [
      bar(t("card.expected"), colours.first, groups.map((group) => group.predicted)),
      bar(t("card.seen"), colours.second, groups.map((group) => group.actual)),
    ],
  };
}

export type TrackingView = "cumulative" | "incremental";

export interface TrackedPeriod {
  end: string;
  expected: number;
  actual: number;
}

/** The periods as they add up, or what each brought. */
export function trackedPeriods({ periods }: Tracking, view: TrackingView): TrackedPeriod[] {
  if (view === "cumulative") return periods;
  return periods.map((period, index) => {
    const before = periods[index - 1];
    return {
      end: period.end,
      expected: period.expected - (before?.expected ?? 0),
      actual: period.actual - (before?.actual ?? 0),
    };
  });
}

/** Where the end of calibration lies among the ends of periods, as a fraction of their number; null outside. */
export function calibrationPlace({ periods, calibration_end: day, period_days: length }: Tracking): number | null {
  const last = periods[periods.length - 1];
  if (day === null || last === undefined) return null;
  const days = (Date.parse(last.end) - Date.parse(day)) / 86_400_000;
  const place = periods.length - 1 - days / length;
  return Number.isFinite(place) && place >= 0 && place <= periods.length - 1 ? place : null;
}

export function trackingLines(
  tracking: Tracking,
  view: TrackingView,
  speech: Speech,
  colours: ChartColours,
): EChartsCoreOption {
  const { t, format } = speech;
  const rows = trackedPeriods(tracking, view);
  const largest = Math.max(0, ...rows.flatMap((row) => [row.expected, row.actual]));
  const place = calibrationPlace(tracking);
  const line = (name: string, color: string, data: number[], dashed: boolean) => ({
    type: "line",
    name,
    data: data.map((value, index) => [index, value]),
    showSymbol: false,
    lineStyle: { color, width: 2.5, type: dashed ? "dashed" : "solid" },
    itemStyle: { color },
  });
  return {
    ...base(colours),
    grid: { left: 8, right: 24, top: 12, bottom: 8, containLabel: true },
    xAxis: {
      // Year and month are short enough for a narrow page, and read alike everywhere.
      ...valueAxis(colours, (value) => rows[Math.round(value)]?.end.slice(0, 7) ?? ""),
      min: 0,
      max: Math.max(1, rows.length - 1),
      minInterval: 1,
      splitLine: { show: false },
    },
    yAxis: { ...valueAxis(colours, (value) => format.compact(value)), axisTick: { show: false } },
    tooltip: {
      ...tipFrame(colours),
      trigger: "axis",
      axisPointer: { type: "line", lineStyle: { color: colours.muted }, label: { show: false } },
      formatter: (points: HasIndex[]) => {
        const row = rows[points[0]?.dataIndex ?? -1];
        if (row === undefined) return "";
        return tip(t("card.up_to", { day: format.day(row.end) }), [
          [t("card.expected"), format.count(row.expected)],
          [t("card.seen"), format.count(row.actual)],
        ]);
      },
    },
    series: [
      line(t("card.expected"), colours.first, rows.map((row) => row.expected), true),
      line(t("card.seen"), colours.second, rows.map((row) => row.actual), false),
      {
        type: "line",
        data: place === null ? [] : [[place, 0], [place, largest]],
        showSymbol: false,
        silent: true,
        lineStyle: { color: colours.muted, type: "dotted", width: 2 },
      },
    ],
  };
}

export type ProspectMeasure = "alive" | "purchases";

/** Every second column where there is little room: figures stay readable. */
export function shownColumns({ since }: Prospects, narrow: boolean): number[] {
  return since.map((_, index) => index).filter((index) => !narrow || index % 2 === 0);
}

export function prospectText(value: number | null, measure: ProspectMeasure, { format }: Speech): string {
  if (value === null) return "";
  // What is small is not nothing.
  if (measure === "purchases") return value > 0 && value < 0.05 ? `<${format.number(0.1, 1)}` : format.number(value, 1);
  return value > 0 && value < 0.005 ? `<${format.shareShort(0.01)}` : format.shareShort(Math.round(value * 100) / 100);
}

/** P(alive) or expected purchases by frequency (upwards) and time since the last purchase (to the right). */
export function prospectMap(
  prospects: Prospects,
  measure: ProspectMeasure,
  narrow: boolean,
  speech: Speech,
  colours: ChartColours,
): EChartsCoreOption {
  const { t, format } = speech;
  const { frequencies, since } = prospects;
  const values = prospects[measure];
  const columns = shownColumns(prospects, narrow);
  const largest = measure === "alive" ? 1 : Math.max(0, ...values.flat().map((value) => value ?? 0));
  const data = frequencies.flatMap((purchases, row) =>
    columns.flatMap((column, place) => {
      const value = values[row]?.[column] ?? null;
      // Nobody can be there: the cell stays open.
      if (value === null) return [];
      const colour = rampColour(colours.ramp, largest > 0 ? value / largest : 0);
      return [
        {
          value: [place, row, value],
          purchases,
          column,
          itemStyle: { color: colour, borderColor: colours.dark ? "#1f2124" : "#ffffff", borderWidth: 1 },
          label: {
            show: true,
            color: textOn(colour),
            fontSize: narrow ? 11 : 12,
            fontFamily: FONT,
            formatter: prospectText(value, measure, speech),
          },
        },
      ];
    }),
  );
  const unit = speech.term("unit_plural", prospects.unit);
  return {
    ...base(colours),
    grid: { left: 8, right: 8, top: 8, bottom: 8, containLabel: true },
    xAxis: {
      ...categoryAxis(colours, columns.map((column) => format.count(since[column]))),
      axisLine: { show: false },
      axisLabel: { ...axisText(colours), hideOverlap: true },
    },
    yAxis: {
      ...categoryAxis(colours, frequencies.map((purchases) => format.count(purchases))),
      axisLine: { show: false },
    },
    tooltip: {
      ...tipFrame(colours),
      formatter: ({ dataIndex }: HasIndex) => {
        const item = data[dataIndex];
        if (item === undefined) return "";
        const row = frequencies.indexOf(item.purchases);
        return tip(t("card.came_back", { count: item.purchases, n: format.count(item.purchases) }), [
          [t("card.since", { unit }), format.number(since[item.column], 1)],
          [t("card.alive"), format.share(prospects.alive[row]?.[item.column])],
          [t("card.purchases", { months: prospects.months }), format.number(prospects.purchases[row]?.[item.column])],
        ]);
      },
    },
    series: [{ type: "heatmap", data, emphasis: { itemStyle: { borderColor: colours.text, borderWidth: 2 } } }],
  };
}

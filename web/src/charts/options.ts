// The charts of the report as ECharts options: pure functions of data, words and colours.
import type { EChartsCoreOption } from "./echarts";
import { rampColour, textOn, type ChartColours } from "./colours";
import { FONT, tip, tipFrame, type TipRow } from "./tip";
import type { ClvDistribution, LifecycleStage, OctantRow, Pareto, ScoreAxis, Segment } from "../data/report";
import { octantRevenueShare, ratio, type MapCell, type Measure } from "../data/figures";
import { scoreInWords } from "../data/cuts";
import type { Speech } from "../i18n/words";

export interface HasIndex {
  dataIndex: number;
}

/** The share of customers at which the curve of concentration is read. */
export const PARETO_SHARE = 0.2;
/** From this many bins on, the figures in the cells of the map get smaller. */
const MANY_BINS = 7;
/** Room for one character of a label beside a bar, in pixels. */
const LABEL_CHARACTER_WIDTH = 7.5;

export function base(colours: ChartColours): EChartsCoreOption {
  return {
    animation: false,
    backgroundColor: "transparent",
    textStyle: { fontFamily: FONT, color: colours.text },
  };
}

export function axisText(colours: ChartColours, size = 12) {
  return { color: colours.muted, fontSize: size, fontFamily: FONT };
}

export function valueAxis(colours: ChartColours, formatter: (value: number) => string, name?: string) {
  return {
    type: "value",
    axisLabel: { ...axisText(colours), formatter, hideOverlap: true },
    splitLine: { lineStyle: { color: colours.line } },
    axisLine: { show: false },
    ...(name === undefined
      ? {}
      : { name, nameLocation: "middle", nameGap: 28, nameTextStyle: axisText(colours) }),
  };
}

export function categoryAxis(colours: ChartColours, data: readonly string[]) {
  return {
    type: "category",
    data,
    axisTick: { show: false },
    axisLine: { lineStyle: { color: colours.line } },
    axisLabel: axisText(colours),
  };
}

export function measureOf(cell: MapCell, measure: Measure): number | null {
  return cell[measure];
}

export function measureText(value: number | null, measure: Measure, speech: Speech, compact: boolean): string {
  if (measure === "customers") return compact ? speech.format.compact(value) : speech.format.count(value);
  return compact ? speech.format.moneyCompact(value) : speech.format.money(value);
}

/** Position on the ramp: the square root, because a few cells hold most of everything. */
export function rampPosition(value: number | null, largest: number): number {
  return value === null || value <= 0 || largest <= 0 ? 0 : Math.sqrt(value / largest);
}

export function scoreMap(
  cells: readonly MapCell[],
  axes: { x: ScoreAxis; y: ScoreAxis },
  measure: Measure,
  customers: number,
  speech: Speech,
  colours: ChartColours,
): EChartsCoreOption {
  const { t, format } = speech;
  const largest = Math.max(0, ...cells.map((cell) => measureOf(cell, measure) ?? 0));
  const at = new Map(cells.map((cell) => [`${cell.x},${cell.y}`, cell]));
  const many = Math.max(axes.x.bins, axes.y.bins) >= MANY_BINS;
  const data: { value: [number, number, number]; cell: MapCell; itemStyle: object; label: object }[] = [];
  for (let y = 1; y <= axes.y.bins; y += 1) {
    for (let x = 1; x <= axes.x.bins; x += 1) {
      const found = at.get(`${x},${y}`);
      const cell = found ?? { x, y, customers: 0, orders: 0, revenue: 0, clv: null };
      const value = measureOf(cell, measure);
      const colour = found === undefined ? colours.empty : rampColour(colours.ramp, rampPosition(value, largest));
      data.push({
        value: [x - 1, y - 1, value ?? 0],
        cell,
        itemStyle: { color: colour, borderColor: colours.dark ? "#1f2124" : "#ffffff", borderWidth: 2 },
        label: {
          show: true,
          color: found === undefined ? colours.muted : textOn(colour),
          fontSize: many ? 10 : 13,
          fontFamily: FONT,
          formatter: found === undefined ? "" : measureText(value, measure, speech, true),
        },
      });
    }
  }
  const names = (axis: ScoreAxis) =>
    Array.from({ length: axis.bins }, (_, index) => `${t(`axis.letter_${axis.axis}`)}${index + 1}`);
  const rows = ({ cell }: { cell: MapCell }): TipRow[] => [
    [speech.axis(axes.y.axis), scoreInWords(axes.y, cell.y, speech)],
    [speech.axis(axes.x.axis), scoreInWords(axes.x, cell.x, speech)],
    [t("common.customers"), format.count(cell.customers)],
    [t("common.share_of_customers"), format.share(ratio(cell.customers, customers))],
    [t("common.orders"), format.count(cell.orders)],
    [t("common.revenue"), format.money(cell.revenue)],
    [speech.value("sum"), format.money(cell.clv)],
  ];
  return {
    ...base(colours),
    grid: { left: 8, right: 8, top: 8, bottom: 8, containLabel: true },
    xAxis: { ...categoryAxis(colours, names(axes.x)), splitArea: { show: false }, axisLine: { show: false } },
    yAxis: { ...categoryAxis(colours, names(axes.y)), axisLine: { show: false } },
    tooltip: {
      ...tipFrame(colours),
      formatter: ({ dataIndex }: HasIndex) => {
        const item = data[dataIndex];
        if (item === undefined) return "";
        const code = `${names(axes.y)[item.cell.y - 1]} ${names(axes.x)[item.cell.x - 1]}`;
        return tip(code, rows(item).filter(([, value]) => value !== ""));
      },
    },
    series: [{ type: "heatmap", data, emphasis: { itemStyle: { borderColor: colours.text, borderWidth: 2 } } }],
  };
}

/** Revenue per customer of the poorest and the richest segment: the ends of the treemap's colours. */
export function revenuePerCustomerRange(segments: readonly Segment[]): [number, number] | null {
  const values = segments
    .filter((segment) => segment.customers > 0)
    .map((segment) => segment.revenue / segment.customers)
    .filter((value) => Number.isFinite(value));
  return values.length === 0 ? null : [Math.min(...values), Math.max(...values)];
}

/** Tiles with fewer customers than `labelFrom` of all are too small for a label; the table below names them. */
export function segmentTreemap(
  segments: readonly Segment[],
  labelFrom: number,
  speech: Speech,
  colours: ChartColours,
): EChartsCoreOption {
  const { t, format } = speech;
  const shown = segments.filter((segment) => segment.customers > 0);
  const [low, high] = revenuePerCustomerRange(shown) ?? [0, 0];
  const data = shown.map((segment) => {
    const each = segment.revenue / segment.customers;
    const colour = rampColour(colours.ramp, high > low ? Math.sqrt((each - low) / (high - low)) : 0.5);
    return {
      name: speech.name(segment.names, segment.key),
      value: segment.customers,
      segment,
      itemStyle: { color: colour },
      label: { color: textOn(colour), show: segment.share >= labelFrom },
    };
  });
  return {
    ...base(colours),
    tooltip: {
      ...tipFrame(colours),
      formatter: ({ data: item }: { data?: { name?: string; segment?: Segment } }) => {
        const segment = item?.segment;
        if (segment === undefined) return "";
        return tip(item?.name ?? segment.key, [
          [t("common.customers"), format.count(segment.customers)],
          [t("common.share_of_customers"), format.share(segment.share)],
          [t("common.revenue"), format.money(segment.revenue)],
          [t("common.revenue_share"), format.share(segment.revenue_share)],
          [t("segments.revenue_per_customer"), format.money(ratio(segment.revenue, segment.customers))],
          [t("segments.bought_once"), format.share(segment.bought_once_share)],
        ]);
      },
    },
    series: [
      {
        type: "treemap",
        data,
        left: 0,
        right: 0,
        top: 0,
        bottom: 0,
        roam: false,
        nodeClick: false,
        breadcrumb: { show: false },
        itemStyle: { borderColor: colours.dark ? "#1f2124" : "#ffffff", borderWidth: 1, gapWidth: 1 },
        label: {
          show: true,
          fontSize: 13,
          lineHeight: 18,
          fontFamily: FONT,
          overflow: "truncate",
          position: "insideTopLeft",
          formatter: ({ data: item }: { data?: { name?: string; segment?: Segment } }) =>
            `${item?.name ?? ""}\n${format.share(item?.segment?.share)}`,
        },
        emphasis: { itemStyle: { borderColor: colours.text } },
      },
    ],
  };
}

/** "30 Nov 2025 to 31 Dec 2025", "until 27 Feb 2025": the last orders that put a customer in a stage. */
export function stageBounds(stage: LifecycleStage, { t, format }: Speech): string {
  const from = format.day(stage.from);
  const to = format.day(stage.to);
  if (stage.from !== null && stage.to !== null) return t("lifecycle.between", { from, to });
  if (stage.from !== null) return t("lifecycle.since", { from });
  return stage.to !== null ? t("lifecycle.until", { to }) : t("lifecycle.any");
}

export function lifecycleBars(
  stages: readonly LifecycleStage[],
  speech: Speech,
  colours: ChartColours,
): EChartsCoreOption {
  const { t, format } = speech;
  const rows = [...stages].reverse();
  const names = rows.map((stage) => speech.name(stage.names, stage.key));
  const labels = rows.map((stage) => `${format.count(stage.customers)} · ${format.share(stage.share)}`);
  const room = LABEL_CHARACTER_WIDTH * Math.max(...labels.map((label) => label.length)) + 8;
  return {
    ...base(colours),
    grid: { left: 4, right: room, top: 4, bottom: 4, containLabel: true },
    xAxis: { ...valueAxis(colours, (value) => format.compact(value)), splitLine: { show: false }, axisLabel: { show: false } },
    yAxis: { ...categoryAxis(colours, names), axisLabel: { ...axisText(colours, 13), color: colours.text } },
    tooltip: {
      ...tipFrame(colours),
      formatter: ({ dataIndex }: HasIndex) => {
        const stage = rows[dataIndex];
        if (stage === undefined) return "";
        return tip(names[dataIndex] ?? stage.key, [
          [t("lifecycle.last_order"), stageBounds(stage, speech)],
          [t("common.customers"), format.count(stage.customers)],
          [t("common.share_of_customers"), format.share(stage.share)],
          [t("common.orders"), format.count(stage.orders)],
          [t("common.revenue"), format.money(stage.revenue)],
          [speech.value("sum"), format.money(stage.clv_sum)],
        ]);
      },
    },
    series: [
      {
        type: "bar",
        barCategoryGap: "35%",
        data: rows.map((stage) => stage.customers),
        itemStyle: { color: colours.first, borderRadius: [0, 3, 3, 0] },
        label: {
          show: true,
          position: "right",
          color: colours.text,
          fontSize: 13,
          fontFamily: FONT,
          formatter: ({ dataIndex }: HasIndex) => labels[dataIndex] ?? "",
        },
      },
    ],
  };
}

export function octantBars(rows: readonly OctantRow[], speech: Speech, colours: ChartColours): EChartsCoreOption {
  const { t, format } = speech;
  const shown = [...rows].reverse();
  const names = shown.map((row) => speech.name(row.names, row.key));
  const shares = shown.map((row) => octantRevenueShare(row, rows));
  const bar = (name: string, color: string, data: (number | null)[]) => ({
    type: "bar",
    name,
    data,
    barGap: "10%",
    barCategoryGap: "30%",
    itemStyle: { color, borderRadius: [0, 2, 2, 0] },
  });
  return {
    ...base(colours),
    grid: { left: 4, right: 24, top: 4, bottom: 4, containLabel: true },
    xAxis: valueAxis(colours, (value) => format.shareShort(value)),
    yAxis: { ...categoryAxis(colours, names), axisLabel: { ...axisText(colours, 13), color: colours.text } },
    tooltip: {
      ...tipFrame(colours),
      trigger: "axis",
      axisPointer: { type: "none" },
      formatter: (points: HasIndex[]) => {
        const index = points[0]?.dataIndex ?? -1;
        const row = shown[index];
        if (row === undefined) return "";
        return tip(`${names[index]} · ${row.code}`, [
          [t("common.customers"), format.count(row.customers)],
          [t("common.share_of_customers"), format.share(row.share)],
          [t("common.revenue"), format.money(row.revenue)],
          [t("common.revenue_share"), format.share(shares[index])],
          [t("common.average_order_value"), format.money(row.average_order_value)],
          [speech.value("sum"), format.money(row.clv_sum)],
        ]);
      },
    },
    series: [
      bar(t("common.share_of_customers"), colours.first, shown.map((row) => row.share)),
      bar(t("common.revenue_share"), colours.second, shares),
    ],
  };
}

export function paretoCurve(
  pareto: Pareto,
  revenueShare: number | null,
  speech: Speech,
  colours: ChartColours,
): EChartsCoreOption {
  const { t, format } = speech;
  const percent = (value: number) => format.shareShort(value);
  const guide =
    revenueShare === null
      ? []
      : [
          [PARETO_SHARE, 0],
          [PARETO_SHARE, revenueShare],
          [0, revenueShare],
        ];
  const unit = { min: 0, max: 1 };
  return {
    ...base(colours),
    grid: { left: 12, right: 20, top: 12, bottom: 30, containLabel: true },
    xAxis: { ...valueAxis(colours, percent, t("pareto.x")), ...unit, splitLine: { show: false } },
    yAxis: { ...valueAxis(colours, percent), ...unit },
    tooltip: {
      ...tipFrame(colours),
      trigger: "axis",
      axisPointer: { type: "line", lineStyle: { color: colours.muted }, label: { show: false } },
      formatter: (points: { seriesIndex: number; value: [number, number] }[]) => {
        const point = points.find((each) => each.seriesIndex === 0);
        if (point === undefined) return "";
        return tip(t("pareto.curve"), [
          [t("pareto.x"), format.share(point.value[0])],
          [t("pareto.y"), format.share(point.value[1])],
        ]);
      },
    },
    series: [
      {
        type: "line",
        data: pareto.points,
        showSymbol: false,
        lineStyle: { color: colours.first, width: 3 },
        itemStyle: { color: colours.first },
        areaStyle: { color: colours.first, opacity: 0.12 },
      },
      {
        type: "line",
        data: [
          [0, 0],
          [1, 1],
        ],
        showSymbol: false,
        silent: true,
        lineStyle: { color: colours.muted, type: "dotted", width: 1.5 },
      },
      {
        type: "line",
        data: guide,
        showSymbol: false,
        silent: true,
        lineStyle: { color: colours.second, type: "dashed", width: 1.5 },
      },
    ],
  };
}

/** What stands along the chart of values, and how wide its bars are. */
export function valueAxisInWords({ bins }: ClvDistribution, speech: Speech): string {
  const name = speech.value("clv.x");
  const first = bins[0];
  const width = first === undefined || first.to === null ? 0 : first.to - first.from;
  return width > 0 ? speech.t("clv.x_width", { name, width: speech.format.moneyShort(width) }) : name;
}

export function binInWords(bin: ClvDistribution["bins"][number], { t, format }: Speech): string {
  if (bin.from === bin.to) return format.moneyShort(bin.from);
  return bin.to === null
    ? t("clv.bin_from", { from: format.moneyShort(bin.from) })
    : t("clv.bin_between", { from: format.moneyShort(bin.from), to: format.moneyShort(bin.to) });
}

export function valueBars(
  distribution: ClvDistribution,
  customers: number,
  speech: Speech,
  colours: ChartColours,
): EChartsCoreOption {
  const { t, format } = speech;
  const { bins } = distribution;
  const labels = bins.map((bin) => (bin.to === null ? `≥ ${format.moneyCompact(bin.from)}` : format.moneyCompact(bin.from)));
  return {
    ...base(colours),
    grid: { left: 8, right: 24, top: 12, bottom: 8, containLabel: true },
    xAxis: {
      ...categoryAxis(colours, labels),
      axisLabel: { ...axisText(colours), hideOverlap: true },
    },
    yAxis: { ...valueAxis(colours, (value) => format.compact(value)), minInterval: 1 },
    tooltip: {
      ...tipFrame(colours),
      trigger: "axis",
      axisPointer: { type: "shadow" },
      formatter: (points: HasIndex[]) => {
        const bin = bins[points[0]?.dataIndex ?? -1];
        if (bin === undefined) return "";
        return tip(binInWords(bin, speech), [
          [t("common.customers"), format.count(bin.customers)],
          [t("common.share_of_customers"), format.share(ratio(bin.customers, customers))],
        ]);
      },
    },
    series: [
      {
        type: "bar",
        data: bins.map((bin) => bin.customers),
        barCategoryGap: "8%",
        itemStyle: { color: colours.first, borderRadius: [2, 2, 0, 0] },
      },
    ],
  };
}

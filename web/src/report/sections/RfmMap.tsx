// Recency, frequency and monetary scores against each other, and what each score means in days, orders and money.
import { useMemo, useState } from "react";
import { SegmentedControl } from "@mantine/core";
import type { AxisName, Report, ScoreAxis } from "../../data/report";
import { rangeOfScore, scoreInWords, scoresOf } from "../../data/cuts";
import { hasValue, mapCells, PAIRS, ratio, type AxisPair, type MapCell, type Measure } from "../../data/figures";
import { Chart } from "../../charts/Chart";
import { measureOf, measureText, scoreMap } from "../../charts/options";
import { DataTable, type Column } from "../DataTable";
import { Disclosure, Empty, Section, Warnings } from "../parts";
import { useSpeech } from "../speech";
import { useChartColours } from "../useChartColours";

const ROW_HEIGHT = 64;
const SMALL_ROW_HEIGHT = 40;
const AXIS_NAMES: readonly AxisName[] = ["recency", "frequency", "monetary"];

function axisOf(report: Report, name: AxisName): ScoreAxis {
  const found = report.scores.axes.find((axis) => axis.axis === name);
  return found ?? { axis: name, bins: 0, method: "", cuts: [], distinct_values: 0, missing_scores: [], unit: "orders" };
}

/** The map as a table: a row for each score of the first axis, a column for each of the second. */
function MapTable({ x, y, cells, measure, title }: {
  x: ScoreAxis;
  y: ScoreAxis;
  cells: readonly MapCell[];
  measure: Measure;
  title: string;
}) {
  const speech = useSpeech();
  const { t } = speech;
  const at = new Map(cells.map((cell) => [`${cell.x},${cell.y}`, cell]));
  const scores = Array.from({ length: x.bins }, (_, index) => index + 1);
  const letter = (axis: ScoreAxis, score: number) => `${t(`axis.letter_${axis.axis}`)}${score}`;
  const columns: Column<number>[] = [
    { key: "score", label: t("rfm.score"), brief: true, cell: (score) => letter(y, score) },
    ...scores.map((score) => ({
      key: String(score),
      label: letter(x, score),
      numeric: true,
      brief: true,
      cell: (row: number) => {
        const cell = at.get(`${score},${row}`);
        return cell === undefined ? "0" : measureText(measureOf(cell, measure), measure, speech, false);
      },
    })),
  ];
  return <DataTable caption={title} columns={columns} rows={scoresOf(y)} rowKey={String} />;
}

function CutTable({ axes }: { axes: readonly ScoreAxis[] }) {
  const speech = useSpeech();
  const { t } = speech;
  const most = Math.max(...axes.map((axis) => axis.bins));
  const ranked = (axis: ScoreAxis) => rangeOfScore(axis, 1).kind === "by_rank";
  const columns: Column<number>[] = [
    { key: "score", label: t("rfm.score"), brief: true, cell: (score) => score },
    ...axes.map((axis) => ({
      key: axis.axis,
      label: `${speech.axis(axis.axis)} (${t(`axis.letter_${axis.axis}`)})`,
      cell: (score: number) => {
        if (score > axis.bins) return "";
        if (ranked(axis)) return t("rfm.rank_group", { score, bins: axis.bins });
        if (axis.missing_scores.includes(score)) return t("rfm.no_value");
        return scoreInWords(axis, score, speech);
      },
    })),
  ];
  const rows = Array.from({ length: most }, (_, index) => most - index);
  return <DataTable caption={t("rfm.cuts")} columns={columns} rows={rows} rowKey={String} />;
}

function MethodList({ axes }: { axes: readonly ScoreAxis[] }) {
  const { t, term, axis: axisWord, format } = useSpeech();
  const use = (axis: ScoreAxis): string => {
    if (rangeOfScore(axis, 1).kind === "by_rank") return t("rfm.by_rank", { bins: axis.bins });
    const missing = axis.missing_scores;
    if (missing.length === 0) return t("rfm.all_scores");
    return t("rfm.missing", { count: missing.length, scores: format.list(missing.map(String)) });
  };
  return (
    <ul className="plain">
      {axes.map((axis) => (
        <li key={axis.axis}>
          {t("rfm.method_line", {
            axis: axisWord(axis.axis),
            hint: t(`axis.${axis.axis}_hint`),
            method: term("method", axis.method),
            use: use(axis),
          })}
        </li>
      ))}
    </ul>
  );
}

export function RfmMap({ report }: { report: Report }) {
  const speech = useSpeech();
  const { t, format, counted } = speech;
  const colours = useChartColours();
  const [pair, setPair] = useState<AxisPair>("rf");
  const [measure, setMeasure] = useState<Measure>("customers");
  const cells = useMemo(() => mapCells(report.grid.cells, pair), [report, pair]);
  const x = axisOf(report, PAIRS[pair].x);
  const y = axisOf(report, PAIRS[pair].y);
  const customers = report.headline.customers;
  const option = useMemo(
    () => scoreMap(cells, { x, y }, measure, customers, speech, colours),
    [cells, x, y, measure, customers, speech, colours],
  );
  const best = cells.find((cell) => cell.x === x.bins && cell.y === y.bins)?.customers ?? 0;
  const sample = t("common.sample", { count: format.count(customers), day: format.day(report.as_of) });
  if (cells.length === 0 || customers === 0) {
    return (
      <Section id="rfm" heading={t("rfm.heading")} title={t("rfm.title_empty")}>
        <Empty text={t("common.no_customers")} />
      </Section>
    );
  }
  const lower = (axis: ScoreAxis) => speech.axis(axis.axis).toLocaleLowerCase(speech.language);
  const title = t(best === 0 ? "rfm.title_none" : "rfm.title", {
    customers: counted("customers", best),
    share: format.share(ratio(best, customers)),
    a: lower(y),
    b: lower(x),
  });
  const values = cells.map((cell) => measureOf(cell, measure)).filter((value) => value !== null);
  const shown = (value: number) => measureText(value, measure, speech, false);
  const measures = [
    { value: "customers", label: t("common.customers") },
    { value: "revenue", label: t("common.revenue") },
    ...(hasValue(report) ? [{ value: "clv", label: speech.value("short") }] : []),
  ];
  const pairs = [
    { value: "rf", label: "R × F" },
    { value: "rm", label: "R × M" },
    { value: "fm", label: "F × M" },
  ];
  const axes = AXIS_NAMES.map((name) => axisOf(report, name)).filter((axis) => axis.bins > 0);
  const height = 40 + y.bins * (y.bins >= 7 ? SMALL_ROW_HEIGHT : ROW_HEIGHT);
  return (
    <Section id="rfm" heading={t("rfm.heading")} title={title} sample={sample}>
      <div className="choices">
        <div>
          <span className="choice" id="rfm-pair">{t("rfm.pair")}</span>
          <SegmentedControl
            aria-labelledby="rfm-pair"
            data={pairs}
            value={pair}
            onChange={(value) => setPair(value as AxisPair)}
          />
        </div>
        <div>
          <span className="choice" id="rfm-colour">{t("rfm.colour")}</span>
          <SegmentedControl
            aria-labelledby="rfm-colour"
            data={measures}
            value={measure}
            onChange={(value) => setMeasure(value as Measure)}
          />
        </div>
      </div>
      <p className="remark">
        {t("rfm.reading", {
          y: lower(y),
          x: lower(x),
        })}
      </p>
      <Chart option={option} height={height} label={title} />
      <p className="scale">
        <span>{t("rfm.scale", { low: shown(Math.min(...values)), high: shown(Math.max(...values)) })}</span>
        <span className="scale-bar" aria-hidden="true" />
      </p>
      <Disclosure label={t("common.table")}>
        <MapTable x={x} y={y} cells={cells} measure={measure} title={title} />
      </Disclosure>
      <h3>{t("rfm.cuts")}</h3>
      <CutTable axes={axes} />
      <MethodList axes={axes} />
      {report.scores.frequency_monetary_correlation === null ? null : (
        <p className="remark">
          {t("rfm.correlation", { value: format.number(report.scores.frequency_monetary_correlation) })}
        </p>
      )}
      <Warnings messages={report.scores.warnings} />
    </Section>
  );
}

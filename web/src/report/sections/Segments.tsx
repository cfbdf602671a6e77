// The named segments of the vocabulary in force: how many, how much, and what each is like.
import { useMemo } from "react";
import { useMediaQuery } from "@mantine/hooks";
import type { Report, Segment } from "../../data/report";
import { leadingSegment, ratio } from "../../data/figures";
import { Chart } from "../../charts/Chart";
import { revenuePerCustomerRange, segmentTreemap } from "../../charts/options";
import type { Maybe } from "../../i18n/format";
import type { Speech } from "../../i18n/words";
import { DataTable, type Column } from "../DataTable";
import { Empty, Section } from "../parts";
import { useSpeech } from "../speech";
import { useChartColours } from "../useChartColours";

const TREEMAP_HEIGHT = 380;
/** Smallest share of customers whose tile has room for a name, on a wide and on a narrow page. */
const LABEL_FROM = 0.008;
const LABEL_FROM_NARROW = 0.035;

function segmentColumns(speech: Speech, segments: readonly Segment[]): Column<Segment>[] {
  const { t, format, value } = speech;
  const figure = (
    key: string,
    label: string,
    of: (segment: Segment) => number | null,
    show: (value: Maybe) => string,
  ): Column<Segment> => ({ key, label, numeric: true, sort: of, cell: (segment) => show(of(segment)) });
  const both = (
    key: string,
    label: string,
    median: (segment: Segment) => number | null,
    mean: (segment: Segment) => number | null,
    show: (value: Maybe) => string,
  ): Column<Segment> => ({
    key,
    label,
    numeric: true,
    broad: true,
    sort: median,
    cell: (segment) =>
      median(segment) === null ? show(null) : `${show(median(segment))} (${show(mean(segment))})`,
  });
  const some = (of: (segment: Segment) => number | null) => segments.some((segment) => of(segment) !== null);
  const overlap = segments.some((segment) => segment.members !== segment.customers);
  const name = (segment: Segment) => speech.name(segment.names, segment.key);
  const tenth = (amount: Maybe) => format.number(amount, 1);
  return [
    { key: "name", label: t("segments.name"), cell: name, sort: name },
    figure("customers", t("common.customers"), (segment) => segment.customers, format.count),
    figure("share", t("common.share_of_customers"), (segment) => segment.share, format.share),
    ...(overlap ? [figure("members", t("segments.members"), (segment) => segment.members, format.count)] : []),
    figure("orders", t("common.orders"), (segment) => segment.orders, format.count),
    figure("revenue", t("common.revenue"), (segment) => segment.revenue, format.money),
    figure("revenue_share", t("common.revenue_share"), (segment) => segment.revenue_share, format.share),
    ...(some((segment) => segment.margin)
      ? [figure("margin", t("segments.margin"), (segment) => segment.margin, format.money)]
      : []),
    both("recency", t("segments.recency"), (each) => each.recency_median, (each) => each.recency_mean, tenth),
    both("frequency", t("segments.frequency"), (each) => each.frequency_median, (each) => each.frequency_mean, tenth),
    both("monetary", t("segments.monetary"), (each) => each.monetary_median, (each) => each.monetary_mean, format.money),
    figure("order", t("common.average_order_value"), (segment) => segment.average_order_value, format.money),
    figure("once", t("segments.bought_once"), (segment) => segment.bought_once_share, format.share),
    ...(some((segment) => segment.probability_alive_mean)
      ? [figure("alive", t("segments.alive"), (segment) => segment.probability_alive_mean, format.share)]
      : []),
    ...(some((segment) => segment.clv_sum)
      ? [
          figure("clv_sum", value("sum"), (segment) => segment.clv_sum, format.money),
          figure("clv_mean", value("mean"), (segment) => segment.clv_mean, format.money),
        ]
      : []),
  ];
}

export function Segments({ report }: { report: Report }) {
  const speech = useSpeech();
  const { t, format } = speech;
  const colours = useChartColours();
  const narrow = useMediaQuery("(max-width: 48rem)", false, { getInitialValueInEffect: false });
  const labelFrom = narrow ? LABEL_FROM_NARROW : LABEL_FROM;
  const option = useMemo(() => segmentTreemap(report.segments, labelFrom, speech, colours), [
    report,
    labelFrom,
    speech,
    colours,
  ]);
  const lead = leadingSegment(report.segments);
  if (lead === null) {
    return (
      <Section id="segments" heading={t("segments.heading")} title={t("segments.title_empty")}>
        <Empty text={t("common.no_customers")} />
      </Section>
    );
  }
  const title = t("segments.title", {
    name: speech.name(lead.names, lead.key),
    share: format.share(lead.share),
    revenue_share: format.share(lead.revenue_share ?? ratio(lead.revenue, report.headline.revenue)),
  });
  const range = revenuePerCustomerRange(report.segments);
  const vocabulary = speech.name(report.vocabulary.names, report.vocabulary.key);
  const columns = segmentColumns(speech, report.segments);
  const overlap = columns.some((column) => column.key === "members");
  return (
    <Section
      id="segments"
      heading={t("segments.heading")}
      title={title}
      sample={`${t("common.sample", { count: format.count(report.headline.customers), day: format.day(report.as_of) })} · ${t("segments.vocabulary", { name: vocabulary })}`}
    >
      <Chart option={option} height={TREEMAP_HEIGHT} label={title} />
      {range === null ? null : (
        <p className="scale">
          <span>{t("segments.area", { low: format.money(range[0]), high: format.money(range[1]) })}</span>
          <span className="scale-bar" aria-hidden="true" />
        </p>
      )}
      <DataTable
        caption={t("segments.heading")}
        columns={columns}
        rows={report.segments}
        rowKey={(segment) => segment.key}
        sortable
      />
      {overlap ? <p className="remark">{t("segments.members_hint")}</p> : null}
    </Section>
  );
}

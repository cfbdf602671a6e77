// How much of the revenue the best customers bring.
import { useMemo } from "react";
import type { Pareto, Report } from "../../data/report";
import { revenueShareOfTop } from "../../data/figures";
import { Chart } from "../../charts/Chart";
import { PARETO_SHARE, paretoCurve } from "../../charts/options";
import { DataTable, type Column } from "../DataTable";
import { Disclosure, Empty, Section, Swatches } from "../parts";
import { useSpeech } from "../speech";
import { useChartColours } from "../useChartColours";

const CHART_HEIGHT = 360;

export function ParetoSection({ report }: { report: Report }) {
  const speech = useSpeech();
  const { t, format } = speech;
  const colours = useChartColours();
  const { pareto } = report;
  const revenueShare = useMemo(() => revenueShareOfTop(pareto, PARETO_SHARE), [pareto]);
  const option = useMemo(
    () => paretoCurve(pareto, revenueShare, speech, colours),
    [pareto, revenueShare, speech, colours],
  );
  const customers = report.headline.customers;
  if (report.notes.some((note) => note.key === "customers_on_spark")) {
    return (
      <Section id="pareto" heading={t("pareto.heading")} title={t("pareto.elsewhere")}>
        <Empty text={t("pareto.elsewhere_text")} />
      </Section>
    );
  }
  if (pareto.points.length < 2 || revenueShare === null || customers * PARETO_SHARE < 1) {
    return (
      <Section id="pareto" heading={t("pareto.heading")} title={t("pareto.title_empty")}>
        <Empty text={customers === 0 ? t("common.no_customers") : t("pareto.too_few")} />
      </Section>
    );
  }
  const title = t("pareto.title", { share: format.shareShort(PARETO_SHARE), revenue_share: format.share(revenueShare) });
  const columns: Column<Pareto["top"][number]>[] = [
    { key: "share", label: t("pareto.x"), cell: (row) => `${t("pareto.top")} ${format.shareShort(row.share)}` },
    { key: "customers", label: t("common.customers"), numeric: true, cell: (row) => format.count(row.customers) },
    {
      key: "revenue_share",
      label: t("common.revenue_share"),
      numeric: true,
      cell: (row) => format.share(row.revenue_share),
    },
  ];
  return (
    <Section
      id="pareto"
      heading={t("pareto.heading")}
      title={title}
      sample={t("common.sample", { count: format.count(report.headline.customers), day: format.day(report.as_of) })}
    >
      <Swatches
        items={[
          { className: "first", label: t("common.pair", { label: t("pareto.y"), value: t("pareto.curve") }) },
          { className: "dotted", label: t("pareto.equal") },
        ]}
      />
      <Chart option={option} height={CHART_HEIGHT} label={title} />
      <p className="remark">{t("pareto.gini", { value: format.number(pareto.gini) })}</p>
      {pareto.top.length === 0 ? null : (
        <Disclosure label={t("common.table")} open>
          <DataTable caption={title} columns={columns} rows={pareto.top} rowKey={(row) => String(row.share)} />
        </Disclosure>
      )}
    </Section>
  );
}

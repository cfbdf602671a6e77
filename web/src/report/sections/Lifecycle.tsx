// Customers by the time since their last order.
import { useMemo } from "react";
import type { LifecycleStage, Report } from "../../data/report";
import { coreShare } from "../../data/figures";
import { Chart } from "../../charts/Chart";
import { lifecycleBars, stageBounds } from "../../charts/options";
import { DataTable, type Column } from "../DataTable";
import { Disclosure, Empty, Section } from "../parts";
import { useSpeech } from "../speech";
import { useChartColours } from "../useChartColours";

const BAR_HEIGHT = 56;

export function Lifecycle({ report }: { report: Report }) {
  const speech = useSpeech();
  const { t, format, term, value } = speech;
  const colours = useChartColours();
  const { stages, preset } = report.lifecycle;
  const option = useMemo(() => lifecycleBars(stages, speech, colours), [stages, speech, colours]);
  const share = coreShare(report);
  const title =
    share === null ? t("lifecycle.title_plain") : t("lifecycle.title", { share: format.share(share) });
  if (stages.every((stage) => stage.customers === 0)) {
    return (
      <Section id="lifecycle" heading={t("lifecycle.heading")} title={t("lifecycle.title_plain")}>
        <Empty text={t("common.no_customers")} />
      </Section>
    );
  }
  const columns: Column<LifecycleStage>[] = [
    { key: "stage", label: t("lifecycle.stage"), cell: (stage) => speech.name(stage.names, stage.key) },
    { key: "bounds", label: t("lifecycle.last_order"), cell: (stage) => stageBounds(stage, speech) },
    { key: "customers", label: t("common.customers"), numeric: true, cell: (stage) => format.count(stage.customers) },
    { key: "share", label: t("common.share_of_customers"), numeric: true, cell: (stage) => format.share(stage.share) },
    { key: "orders", label: t("common.orders"), numeric: true, cell: (stage) => format.count(stage.orders) },
    { key: "revenue", label: t("common.revenue"), numeric: true, cell: (stage) => format.money(stage.revenue) },
    { key: "clv", label: value("sum"), numeric: true, cell: (stage) => format.money(stage.clv_sum) },
  ];
  return (
    <Section
      id="lifecycle"
      heading={t("lifecycle.heading")}
      title={title}
      sample={t("common.sample", { count: format.count(report.headline.customers), day: format.day(report.as_of) })}
    >
      <Chart option={option} height={stages.length * BAR_HEIGHT + 8} label={title} />
      <p className="remark">{t("lifecycle.preset", { name: term("preset", preset) })}</p>
      <Disclosure label={t("common.table")} open>
        <DataTable caption={t("lifecycle.heading")} columns={columns} rows={stages} rowKey={(stage) => stage.key} />
      </Disclosure>
    </Section>
  );
}

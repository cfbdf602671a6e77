// What customers are expected to be worth, and how that spreads.
import { useMemo } from "react";
import type { Clv, ClvDistribution, Report } from "../../data/report";
import { ratio } from "../../data/figures";
import { Chart } from "../../charts/Chart";
import { binInWords, valueAxisInWords, valueBars } from "../../charts/options";
import type { Speech } from "../../i18n/words";
import { DataTable, type Column } from "../DataTable";
import { Disclosure, Figures, Section, Warnings } from "../parts";
import { useSpeech } from "../speech";
import { useChartColours } from "../useChartColours";

const CHART_HEIGHT = 320;

function titleOf(clv: Clv, { t, value, format }: Speech): string {
  if (clv.status === "skipped") return t("clv.title_skipped");
  if (clv.status === "rough") {
    const rough = clv.rough?.value ?? null;
    return rough === null
      ? t("clv.title_rough_unknown")
      : value("clv.title_rough", { value: format.money(rough) });
  }
  const { distribution } = clv;
  if (distribution === null || distribution.median === null) return t("clv.title_fitted_plain");
  return value("clv.title", {
    median: format.money(distribution.median),
    p90: format.money(distribution.p90),
    months: format.count(clv.horizon_months),
  });
}

function Distribution({ distribution, customers, label }: {
  distribution: ClvDistribution;
  customers: number;
  label: string;
}) {
  const speech = useSpeech();
  const { t, format } = speech;
  const colours = useChartColours();
  const option = useMemo(
    () => valueBars(distribution, customers, speech, colours),
    [distribution, customers, speech, colours],
  );
  const columns: Column<ClvDistribution["bins"][number]>[] = [
    { key: "range", label: t("clv.bin_range"), cell: (bin) => binInWords(bin, speech) },
    { key: "customers", label: t("common.customers"), numeric: true, cell: (bin) => format.count(bin.customers) },
    {
      key: "share",
      label: t("common.share_of_customers"),
      numeric: true,
      cell: (bin) => format.share(ratio(bin.customers, customers)),
    },
  ];
  return (
    <>
      {distribution.bins.length === 0 ? null : (
        <>
          <p className="axis-title">{t("clv.y")}</p>
          <Chart option={option} height={CHART_HEIGHT} label={label} />
          <p className="axis-title under">{valueAxisInWords(distribution, speech)}</p>
        </>
      )}
      <Figures
        items={[
          { label: t("clv.mean"), value: format.money(distribution.mean) },
          { label: t("clv.median"), value: format.money(distribution.median) },
          { label: t("clv.p90"), value: format.money(distribution.p90) },
          { label: t("clv.max"), value: format.money(distribution.max) },
        ]}
      />
      {distribution.bins.length === 0 ? null : (
        <Disclosure label={t("common.table")}>
          <DataTable caption={label} columns={columns} rows={distribution.bins} rowKey={(bin) => String(bin.from)} />
        </Disclosure>
      )}
    </>
  );
}

function Rough({ rough }: { rough: NonNullable<Clv["rough"]> }) {
  const { t, format, term, value } = useSpeech();
  const money = new Set(["average_order_value", "revenue"]);
  const shares = new Set(["margin", "retention", "annual_discount"]);
  const show = (key: string, input: number | null) => {
    if (money.has(key)) return format.money(input);
    return shares.has(key) ? format.share(input) : format.number(input);
  };
  const inputs = Object.entries(rough.formula_inputs).filter(([, input]) => input !== null);
  return (
    <>
      <p className="basis">{t("clv.rough_note")}</p>
      <Figures
        items={[
          { label: value("mean"), value: format.money(rough.value) },
          ...inputs.map(([key, input]) => ({ label: term("input", key), value: show(key, input) })),
        ]}
      />
    </>
  );
}

export function FutureValue({ report }: { report: Report }) {
  const speech = useSpeech();
  const { t, format, say, value } = speech;
  const { clv } = report;
  const title = titleOf(clv, speech);
  const warnings = [...clv.warnings, ...(clv.spend_model?.warnings ?? [])];
  const horizon = { months: format.count(clv.horizon_months), rate: format.shareShort(clv.annual_discount) };
  const sample = t("common.sample", { count: format.count(report.headline.customers), day: format.day(report.as_of) });
  return (
    <Section
      id="value"
      heading={value("clv.heading")}
      title={title}
      sample={clv.status === "skipped" ? undefined : `${sample} · ${value("horizon", horizon)}`}
    >
      {clv.reason === null ? null : <p className="basis">{say(clv.reason)}</p>}
      {clv.status === "rough" && clv.rough !== null ? <Rough rough={clv.rough} /> : null}
      {clv.status === "fitted" && clv.distribution !== null ? (
        <Distribution distribution={clv.distribution} customers={report.headline.customers} label={title} />
      ) : null}
      {clv.status === "skipped" ? null : <p className="basis">{value("basis")}</p>}
      {clv.card === null ? <Warnings messages={warnings} /> : null}
    </Section>
  );
}

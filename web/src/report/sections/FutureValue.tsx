// What customers are expected to be worth, how that spreads, and the card of the model behind it.
import { useMemo } from "react";
import type { Clv, ClvDistribution, ModelParameter, Report, SpendModel } from "../../data/report";
import { ratio } from "../../data/figures";
import { Chart } from "../../charts/Chart";
import { binInWords, valueAxisInWords, valueBars } from "../../charts/options";
import type { Speech } from "../../i18n/words";
import { DataTable, type Column } from "../DataTable";
import { Disclosure, Figures, Section, Warnings } from "../parts";
import { useSpeech } from "../speech";
import { useChartColours } from "../useChartColours";

const CHART_HEIGHT = 320;
const PARAMETER_DIGITS = 4;

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

/** A meaning key is a word of the page, or a parameter of a model: `mbg-nbd.r`. */
const MEANINGS: Record<string, string> = {
  r: "rate_shape",
  alpha: "rate_scale",
  a: "dropout_a",
  b: "dropout_b",
  s: "dropout_s",
  beta: "dropout_beta",
  p: "spend_p",
  q: "spend_q",
  gamma: "spend_gamma",
};

function meaningOf({ meaning_key: key }: ModelParameter, term: Speech["term"]): string {
  const [model, letter] = key.split(".");
  if (model === "ggom-nbd" && letter === "b") return term("parameter", "dropout_growth");
  return term("parameter", letter === undefined ? key : (MEANINGS[letter] ?? letter));
}

interface Card {
  model: string | null;
  parameters: ModelParameter[];
  log_likelihood: number | null;
  customers: number;
}

function ModelCard({ heading, card, unit }: { heading: string; card: Card; unit: string | null }) {
  const { t, format, term, counted } = useSpeech();
  const columns: Column<ModelParameter>[] = [
    { key: "name", label: t("clv.parameter"), cell: (parameter) => parameter.name },
    {
      key: "estimate",
      label: t("clv.estimate"),
      numeric: true,
      cell: (parameter) => format.number(parameter.estimate, PARAMETER_DIGITS),
    },
    {
      key: "standard_error",
      label: t("clv.standard_error"),
      numeric: true,
      cell: (parameter) => format.number(parameter.standard_error, PARAMETER_DIGITS),
    },
    { key: "meaning", label: t("clv.meaning"), cell: (parameter) => meaningOf(parameter, term) },
  ];
  const fact = (key: string, shown: string) => t("common.pair", { label: t(key), value: shown });
  const facts = [
    fact("clv.model", term("model", card.model)),
    ...(unit === null ? [] : [fact("clv.unit", term("model", unit))]),
    fact("clv.fitted_on", counted("customers", card.customers)),
    ...(card.log_likelihood === null ? [] : [fact("clv.log_likelihood", format.number(card.log_likelihood))]),
  ];
  return (
    <div className="model">
      <h3>{heading}</h3>
      <p className="remark">{facts.join(" · ")}</p>
      <DataTable caption={heading} columns={columns} rows={card.parameters} rowKey={(parameter) => parameter.name} />
    </div>
  );
}

function ModelCards({ clv }: { clv: Clv }) {
  const { t } = useSpeech();
  const spend: SpendModel | null = clv.spend_model;
  return (
    <Disclosure label={t("clv.card")}>
      <ModelCard heading={t("clv.purchases")} card={clv} unit={clv.unit} />
      {spend === null ? null : <ModelCard heading={t("clv.spend")} card={spend} unit={null} />}
    </Disclosure>
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
      <Warnings messages={warnings} />
      {clv.status === "fitted" ? <ModelCards clv={clv} /> : null}
    </Section>
  );
}

// The card of the purchase model: why it is used, what it rests on, how well it foretold, and what it says of whom.
import { useMemo, useState } from "react";
import { SegmentedControl } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import type {
  BackTest,
  CalibrationGroup,
  Clv,
  Contender,
  Message,
  ModelCard as Card,
  ModelParameter,
  Prospects,
  Report,
  Tracking,
} from "../../data/report";
import { Chart } from "../../charts/Chart";
import {
  calibrationBars,
  prospectMap,
  prospectText,
  trackedPeriods,
  trackingLines,
  type ProspectMeasure,
  type TrackedPeriod,
  type TrackingView,
} from "../../charts/model";
import type { Speech } from "../../i18n/words";
import { DataTable, type Column } from "../DataTable";
import { Disclosure, Empty, Figures, Section, Swatches, Warnings } from "../parts";
import { useSpeech } from "../speech";
import { useChartColours } from "../useChartColours";

const CHART_HEIGHT = 300;
const ROW_HEIGHT = 34;
/** What `patron run` asks for before it holds a part of the history out. */
const LEAST_HISTORY_DAYS = 84;
const LEAST_CUSTOMERS = 100;
const LEAST_REPEAT_BUYERS = 30;

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

interface Fit {
  model: string | null;
  parameters: ModelParameter[];
  log_likelihood: number | null;
  aic?: number | null;
  bic?: number | null;
  customers: number;
  warnings: Message[];
}

function Parameters({ heading, fit, unit }: { heading: string; fit: Fit; unit: string | null }) {
  const { t, format, term, counted } = useSpeech();
  const columns: Column<ModelParameter>[] = [
    { key: "name", label: t("clv.parameter"), brief: true, cell: (parameter) => parameter.name },
    {
      key: "estimate",
      label: t("clv.estimate"),
      numeric: true,
      brief: true,
      cell: (parameter) => format.precise(parameter.estimate),
    },
    {
      key: "standard_error",
      label: t("clv.standard_error"),
      numeric: true,
      brief: true,
      cell: (parameter) => format.precise(parameter.standard_error),
    },
    { key: "meaning", label: t("clv.meaning"), cell: (parameter) => meaningOf(parameter, term) },
  ];
  const fact = (label: string, shown: string) => t("common.pair", { label, value: shown });
  const number = (label: string, value: number | null | undefined) =>
    value === null || value === undefined ? [] : [fact(label, format.number(value))];
  const facts = [
    fact(t("clv.model"), term("model", fit.model)),
    ...(unit === null ? [] : [fact(t("clv.unit"), term("model", unit))]),
    fact(t("clv.fitted_on"), counted("customers", fit.customers)),
    ...number(t("clv.log_likelihood"), fit.log_likelihood),
    ...number("AIC", fit.aic),
    ...number("BIC", fit.bic),
  ];
  return (
    <div className="model">
      <h4>{heading}</h4>
      <p className="remark">{facts.join(" · ")}</p>
      <DataTable caption={heading} columns={columns} rows={fit.parameters} rowKey={(parameter) => parameter.name} />
      <Warnings messages={fit.warnings} />
    </div>
  );
}

function Data({ data, unit }: { data: Card["data"]; unit: string | null }) {
  const { t, format, term } = useSpeech();
  return (
    <>
      <h3>{t("card.data")}</h3>
      <p className="basis">{t("card.needs", { unit: term("unit_plural", unit) })}</p>
      <p className="remark">
        {t("card.needs_holdout", {
          days: format.count(LEAST_HISTORY_DAYS),
          customers: format.count(LEAST_CUSTOMERS),
          repeat_buyers: format.count(LEAST_REPEAT_BUYERS),
        })}
      </p>
      <Figures
        items={[
          {
            label: t("common.customers"),
            value: format.count(data.customers),
            hint: t("card.histories", { n: format.count(data.distinct_histories) }),
          },
          { label: t("input.repeat_buyers"), value: format.count(data.repeat_buyers) },
          { label: t("card.repeat_purchases"), value: format.count(data.repeat_purchases) },
          {
            label: t("card.history"),
            value: t("card.span", { from: format.day(data.first_day), to: format.day(data.last_day) }),
          },
        ]}
      />
    </>
  );
}

function Measures({ test }: { test: BackTest }) {
  const { t, format, term, say, counted } = useSpeech();
  const figure = (key: string, cell: (row: Contender) => string): Column<Contender> => ({
    key,
    label: t(`card.${key}`),
    numeric: true,
    cell,
  });
  const name = (row: Contender) => {
    const settled = term("model", row.key);
    const shown = row.is_settled ? settled : t("card.unsettled", { model: settled });
    return row.is_used ? t("card.used", { model: shown }) : shown;
  };
  const columns: Column<Contender>[] = [
    { key: "key", label: t("card.contender"), cell: name },
    figure("log_score", (row) => format.number(row.log_score, 4)),
    figure("predicted", (row) => format.count(row.predicted)),
    figure("bought", (row) => format.count(row.actual)),
    figure("bias", (row) => format.share(row.relative_bias)),
    figure("rmse", (row) => format.number(row.root_mean_square, 3)),
    figure("mae", (row) => format.number(row.mean_absolute, 3)),
    figure("top_tenth", (row) => format.share(row.top_decile_capture)),
    figure("gini", (row) => format.number(row.gini, 3)),
  ];
  const failed = test.contenders.flatMap(({ key, failed: reason }) =>
    reason === null ? [] : [t("common.pair", { label: term("model", key), value: say(reason) })],
  );
  return (
    <>
      <h3>{t("card.back_test")}</h3>
      <p className="basis">
        {t("card.back_test_of", {
          end: format.day(test.calibration_end),
          days: format.count(test.days),
          customers: counted("customers", test.judged),
        })}
      </p>
      <DataTable caption={t("card.back_test")} columns={columns} rows={test.contenders} rowKey={(row) => row.key} />
      <p className="remark">{t("card.measures")}</p>
      {failed.map((line) => (
        <p key={line} className="remark">{line}</p>
      ))}
    </>
  );
}

function ExpectedAndSeen({ dotted }: { dotted?: string }) {
  const { t } = useSpeech();
  return (
    <Swatches
      items={[
        { className: "first", label: t("card.expected") },
        { className: "second", label: t("card.seen") },
        ...(dotted === undefined ? [] : [{ className: "dotted", label: dotted }]),
      ]}
    />
  );
}

function Calibration({ groups }: { groups: readonly CalibrationGroup[] }) {
  const speech = useSpeech();
  const { t, format } = speech;
  const colours = useChartColours();
  const option = useMemo(() => calibrationBars(groups, speech, colours), [groups, speech, colours]);
  const rows = groups.map((group, index) => ({ ...group, place: index + 1 }));
  const columns: Column<(typeof rows)[number]>[] = [
    { key: "group", label: t("card.group"), brief: true, cell: (row) => row.place },
    { key: "customers", label: t("common.customers"), numeric: true, cell: (row) => format.count(row.customers) },
    { key: "expected", label: t("card.expected"), numeric: true, cell: (row) => format.number(row.predicted, 3) },
    { key: "seen", label: t("card.seen"), numeric: true, cell: (row) => format.number(row.actual, 3) },
  ];
  return (
    <>
      <h3>{t("card.calibration")}</h3>
      <p className="remark">{t("card.calibration_hint", { groups: groups.length })}</p>
      <ExpectedAndSeen />
      <p className="axis-title">{t("card.per_customer")}</p>
      <Chart option={option} height={CHART_HEIGHT} label={t("card.calibration")} />
      <p className="axis-title under">{t("card.group_axis")}</p>
      <Disclosure label={t("common.table")}>
        <DataTable caption={t("card.calibration")} columns={columns} rows={rows} rowKey={(row) => String(row.place)} />
      </Disclosure>
    </>
  );
}

function OverTime({ tracking }: { tracking: Tracking }) {
  const speech = useSpeech();
  const { t, format } = speech;
  const colours = useChartColours();
  const [view, setView] = useState<TrackingView>("cumulative");
  const option = useMemo(() => trackingLines(tracking, view, speech, colours), [tracking, view, speech, colours]);
  const rows = trackedPeriods(tracking, view);
  const columns: Column<TrackedPeriod>[] = [
    { key: "end", label: t("card.up_to_day"), cell: (row) => format.day(row.end) },
    { key: "expected", label: t("card.expected"), numeric: true, cell: (row) => format.count(row.expected) },
    { key: "seen", label: t("card.seen"), numeric: true, cell: (row) => format.count(row.actual) },
  ];
  return (
    <>
      <h3>{t("card.tracking")}</h3>
      <p className="remark">{t("card.tracking_hint", { days: format.count(tracking.period_days) })}</p>
      <div className="choices">
        <div>
          <span className="choice" id="card-view">{t("card.view")}</span>
          <SegmentedControl
            aria-labelledby="card-view"
            data={[
              { value: "cumulative", label: t("card.cumulative") },
              { value: "incremental", label: t("card.incremental") },
            ]}
            value={view}
            onChange={(value) => setView(value as TrackingView)}
          />
        </div>
      </div>
      <ExpectedAndSeen dotted={t("card.calibration_end", { day: format.day(tracking.calibration_end) })} />
      <p className="axis-title">{t("card.repeat_purchases")}</p>
      <Chart option={option} height={CHART_HEIGHT} label={t("card.tracking")} />
      <Disclosure label={t("common.table")}>
        <DataTable caption={t("card.tracking")} columns={columns} rows={rows} rowKey={(row) => row.end} />
      </Disclosure>
    </>
  );
}

function ProspectTable({ prospects, measure, title }: {
  prospects: Prospects;
  measure: ProspectMeasure;
  title: string;
}) {
  const speech = useSpeech();
  const { t, format } = speech;
  const rows = prospects.frequencies.map((purchases, row) => ({ purchases, row })).reverse();
  const columns: Column<(typeof rows)[number]>[] = [
    {
      key: "purchases",
      label: t("card.repeat_purchases"),
      brief: true,
      cell: ({ purchases }) => format.count(purchases),
    },
    ...prospects.since.map((since, column) => ({
      key: String(column),
      label: format.count(since),
      numeric: true,
      brief: true,
      cell: ({ row }: { row: number }) => prospectText(prospects[measure][row]?.[column] ?? null, measure, speech),
    })),
  ];
  return <DataTable caption={title} columns={columns} rows={rows} rowKey={({ purchases }) => String(purchases)} />;
}

function Whom({ prospects }: { prospects: Prospects }) {
  const speech = useSpeech();
  const { t, format } = speech;
  const colours = useChartColours();
  const narrow = useMediaQuery("(max-width: 48rem)", false, { getInitialValueInEffect: false }) ?? false;
  const [measure, setMeasure] = useState<ProspectMeasure>("alive");
  const option = useMemo(
    () => prospectMap(prospects, measure, narrow, speech, colours),
    [prospects, measure, narrow, speech, colours],
  );
  const unit = speech.term("unit_plural", prospects.unit);
  const measures = { alive: t("card.alive"), purchases: t("card.purchases", { months: prospects.months }) };
  const values = prospects[measure].flat().filter((value) => value !== null);
  const high = measure === "alive" ? 1 : Math.max(0, ...values);
  return (
    <>
      <h3>{t("card.prospects")}</h3>
      <p className="remark">
        {t("card.prospects_hint", { age: format.count(prospects.age), unit })}
      </p>
      <div className="choices">
        <div>
          <span className="choice" id="card-measure">{t("card.measure")}</span>
          <SegmentedControl
            aria-labelledby="card-measure"
            data={[
              { value: "alive", label: measures.alive },
              { value: "purchases", label: measures.purchases },
            ]}
            value={measure}
            onChange={(value) => setMeasure(value as ProspectMeasure)}
          />
        </div>
      </div>
      <p className="axis-title">{t("card.repeat_purchases")}</p>
      <Chart option={option} height={40 + prospects.frequencies.length * ROW_HEIGHT} label={measures[measure]} />
      <p className="axis-title under">{t("card.since", { unit })}</p>
      <p className="scale">
        <span>
          {t("rfm.scale", { low: prospectText(0, measure, speech), high: prospectText(high, measure, speech) })}
        </span>
        <span className="scale-bar" aria-hidden="true" />
      </p>
      <Disclosure label={t("common.table")}>
        <p className="remark">{t("card.table_columns", { unit })}</p>
        <ProspectTable prospects={prospects} measure={measure} title={measures[measure]} />
      </Disclosure>
    </>
  );
}

function titleOf({ card, model }: Clv, { t, term, format }: Speech): string {
  if (card === null) return t("card.title_none");
  const days = card.back_test === null ? "" : format.count(card.back_test.days);
  return t(`card.title_${card.how}`, { model: term("model", model), days });
}

export function ModelCard({ report }: { report: Report }) {
  const speech = useSpeech();
  const { t, say } = speech;
  const { clv } = report;
  const { card, spend_model: spend } = clv;
  const title = titleOf(clv, speech);
  if (card === null) {
    return (
      <Section id="model" heading={t("clv.card")} title={title}>
        <Empty text={clv.reason === null ? t("card.title_none") : say(clv.reason)} />
      </Section>
    );
  }
  const warns = (reason: Message) => reason.key.startsWith("baseline_");
  return (
    <Section id="model" heading={t("clv.card")} title={title}>
      <Warnings messages={card.reasons.filter(warns)} />
      <ul className="plain">
        {card.reasons.filter((reason) => !warns(reason)).map((reason) => (
          <li key={reason.key}>{say(reason)}</li>
        ))}
        {card.baselines_ahead === 0 && !card.reasons.some(warns) ? <li>{t("card.no_baseline_ahead")}</li> : null}
        {card.back_test === null ? <li>{t("card.no_back_test")}</li> : null}
      </ul>
      <Data data={card.data} unit={clv.unit} />
      <h3>{t("card.parameters")}</h3>
      <Parameters heading={t("clv.purchases")} fit={clv} unit={clv.unit} />
      {spend === null ? null : <Parameters heading={t("clv.spend")} fit={spend} unit={null} />}
      {card.back_test === null ? null : <Measures test={card.back_test} />}
      {card.calibration === null ? null : <Calibration groups={card.calibration} />}
      {card.tracking === null ? null : <OverTime tracking={card.tracking} />}
      {card.prospects === null ? null : <Whom prospects={card.prospects} />}
    </Section>
  );
}

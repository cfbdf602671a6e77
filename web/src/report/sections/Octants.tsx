// The eight kinds of customer by high or low R, F and M, each with what to do for it.
import { useMemo } from "react";
import type { OctantPolicy, OctantRow, Report } from "../../data/report";
import { leader, octantRevenueShare } from "../../data/figures";
import { Chart } from "../../charts/Chart";
import { octantBars } from "../../charts/options";
import type { Speech } from "../../i18n/words";
import { DataTable, type Column } from "../DataTable";
import { Disclosure, Empty, Section, Swatches } from "../parts";
import { useSpeech } from "../speech";
import { useChartColours } from "../useChartColours";

const CHART_HEIGHT = 400;
const POLICY_FIELDS: readonly (keyof OctantPolicy)[] = ["product", "service", "price", "channel", "benefits"];
const BITS = [
  ["recent", "long_ago"],
  ["often", "seldom"],
  ["much", "little"],
] as const;

/** "recent, seldom, large orders" for 101. */
function codeInWords(code: string, { t, format }: Speech): string {
  const words = BITS.map(([high, low], place) => t(`octants.${code[place] === "1" ? high : low}`));
  return format.language === "en" ? words.join(", ") : words.join("、");
}

function Policies({ rows }: { rows: readonly OctantRow[] }) {
  const speech = useSpeech();
  const { t, name } = speech;
  return (
    <table className="policy">
      <caption className="unseen">{t("octants.policy")}</caption>
      <thead>
        <tr>
          <th scope="col">{t("octants.name")}</th>
          {POLICY_FIELDS.map((field) => (
            <th key={field} scope="col">
              {t(`octants.${field}`)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.key}>
            <th scope="row">
              {name(row.names, row.key)} <span className="code">{row.code}</span>
              <span className="hint">{codeInWords(row.code, speech)}</span>
            </th>
            {POLICY_FIELDS.map((field) => (
              <td key={field} data-label={t(`octants.${field}`)}>
                {name(row.policy[field], "")}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export function Octants({ report }: { report: Report }) {
  const speech = useSpeech();
  const { t, format, counted, term, value } = speech;
  const colours = useChartColours();
  const { rows, knives } = report.octants;
  const option = useMemo(() => octantBars(rows, speech, colours), [rows, speech, colours]);
  const lead = leader(rows);
  if (lead === null) {
    return (
      <Section id="octants" heading={t("octants.heading")} title={t("octants.title_empty")}>
        <Empty text={t("common.no_customers")} />
      </Section>
    );
  }
  const title = t("octants.title", {
    name: speech.name(lead.names, lead.key),
    share: format.share(lead.share),
    revenue_share: format.share(octantRevenueShare(lead, rows)),
  });
  const columns: Column<OctantRow>[] = [
    { key: "name", label: t("octants.name"), cell: (row) => speech.name(row.names, row.key) },
    { key: "code", label: t("octants.code"), cell: (row) => `${row.code} · ${codeInWords(row.code, speech)}` },
    { key: "customers", label: t("common.customers"), numeric: true, cell: (row) => format.count(row.customers) },
    { key: "share", label: t("common.share_of_customers"), numeric: true, cell: (row) => format.share(row.share) },
    { key: "revenue", label: t("common.revenue"), numeric: true, cell: (row) => format.money(row.revenue) },
    {
      key: "revenue_share",
      label: t("common.revenue_share"),
      numeric: true,
      cell: (row) => format.share(octantRevenueShare(row, rows)),
    },
    {
      key: "order",
      label: t("common.average_order_value"),
      numeric: true,
      cell: (row) => format.money(row.average_order_value),
    },
    { key: "clv", label: value("sum"), numeric: true, cell: (row) => format.money(row.clv_sum) },
  ];
  const falseFriend = t("octants.false_friend");
  return (
    <Section
      id="octants"
      heading={t("octants.heading")}
      title={title}
      sample={t("common.sample", { count: format.count(report.headline.customers), day: format.day(report.as_of) })}
    >
      <p className="remark">
        {t("octants.knives", {
          method: term("method", knives.method),
          recency: counted("days", knives.recency_days),
          frequency: counted("orders", knives.frequency),
          monetary: format.moneyExact(knives.monetary),
        })}
      </p>
      <Swatches
        items={[
          { className: "first", label: t("common.share_of_customers") },
          { className: "second", label: t("common.revenue_share") },
        ]}
      />
      <Chart option={option} height={CHART_HEIGHT} label={title} />
      <Disclosure label={t("common.table")}>
        <DataTable caption={t("octants.heading")} columns={columns} rows={rows} rowKey={(row) => row.key} />
      </Disclosure>
      <h3>{t("octants.policy")}</h3>
      <Policies rows={rows} />
      {falseFriend === "" ? null : <p className="remark">{falseFriend}</p>}
    </Section>
  );
}

// The settings nobody gave, what they were set to, and why.
import type { DefaultChosen, Report } from "../../data/report";
import { DataTable, type Column } from "../DataTable";
import { Section } from "../parts";
import { useSpeech } from "../speech";

export function Defaults({ report }: { report: Report }) {
  const { t, format, term } = useSpeech();
  const { defaults } = report;
  const show = ({ value }: DefaultChosen): string => {
    if (value === null || value === "") return t("defaults.not_set");
    if (typeof value === "boolean") return t(value ? "defaults.yes" : "defaults.no");
    if (typeof value === "number") return format.number(value, 4);
    return /^\d{4}-\d{2}-\d{2}$/.test(value) ? format.day(value) : value;
  };
  const columns: Column<DefaultChosen>[] = [
    { key: "setting", label: t("defaults.setting"), cell: (row) => term("setting", row.key) },
    { key: "value", label: t("defaults.value"), cell: show },
    { key: "reason", label: t("defaults.reason"), cell: (row) => term("reason", row.reason_key) },
  ];
  const title =
    defaults.length === 0
      ? t("defaults.title_none")
      : t("defaults.title", { count: defaults.length, n: format.count(defaults.length) });
  return (
    <Section id="defaults" heading={t("defaults.heading")} title={title}>
      {defaults.length === 0 ? null : (
        <DataTable
          caption={t("defaults.heading")}
          columns={columns}
          rows={defaults}
          rowKey={(row) => `${row.key} ${row.value}`}
        />
      )}
    </Section>
  );
}

// The settings nobody gave, what they were set to, and why.
import type { DefaultChosen, Report } from "../../data/report";
import { DataTable, type Column } from "../DataTable";
import { Section } from "../parts";
import { useSpeech } from "../speech";

/** Where the words for a setting's values stand. */
const VALUE_WORDS: Record<string, string> = {
  score_method: "method",
  octant_knife: "method",
  model: "model",
  spend_model: "model",
  unit: "model",
  lifecycle: "preset",
};
const SHARES = new Set(["annual_discount", "margin"]);
/** Settings whose values are words of our own; others, such as zones and file names, stand as they are. */
const CHOICES = new Set([
  "grain",
  "frequency",
  "monetary",
  "octant_monetary",
  "score_on",
  "zero_orders",
  "unlinked_refunds",
  "currency",
]);

/** "quantile,quantile,fixed" stays three words; the same word three times is said once. */
function partsOf(value: string): string[] {
  const parts = value.split(",");
  return parts.every((part) => part === parts[0]) ? parts.slice(0, 1) : parts;
}

export function Defaults({ report }: { report: Report }) {
  const { t, format, term, name } = useSpeech();
  const { defaults } = report;
  const showText = (key: string, value: string): string => {
    if (value === "true" || value === "false") return t(value === "true" ? "defaults.yes" : "defaults.no");
    if (key === "margin" && value.startsWith("none")) return t("defaults.not_set");
    if (SHARES.has(key)) return format.shareShort(Number(value));
    if (key === "vocabulary" && value === report.vocabulary.key) return name(report.vocabulary.names, value);
    const group = VALUE_WORDS[key];
    if (group !== undefined) return format.list(partsOf(value).map((part) => term(group, part)));
    if (CHOICES.has(key) && /^[a-z_-]+$/.test(value)) return term("choice", value);
    return /^\d{4}-\d{2}-\d{2}$/.test(value) ? format.day(value) : value;
  };
  const show = ({ key, value }: DefaultChosen): string => {
    if (value === null || value === "") return t("defaults.not_set");
    if (typeof value === "boolean") return showText(key, String(value));
    if (typeof value === "number") return SHARES.has(key) ? format.shareShort(value) : format.number(value, 4);
    return showText(key, value);
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

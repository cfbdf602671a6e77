// Every row of the input ends in exactly one class; the page adds them up again.
import type { FileRows, Report, Rows } from "../../data/report";
import { addUp, ratio, total } from "../../data/figures";
import { DataTable, type Column } from "../DataTable";
import { Disclosure, Empty, Section } from "../parts";
import { useSpeech } from "../speech";

interface ClassRow {
  key: string;
  label: string;
  rows: number;
  revenue: number | null;
  part: boolean;
}

function classRows(rows: Rows, term: (group: string, key: string) => string, t: (key: string) => string): ClassRow[] {
  const parts = (counts: Record<string, number>, revenue: Record<string, number>): ClassRow[] =>
    Object.entries(counts)
      .filter(([, count]) => count > 0)
      .map(([key, count]) => ({
        key: `part-${key}`,
        label: term("row_class", key),
        rows: count,
        revenue: revenue[key] ?? null,
        part: true,
      }));
  const head = (key: string, count: number, revenue: number | null): ClassRow => ({
    key,
    label: t(`rows.${key}`),
    rows: count,
    revenue,
    part: false,
  });
  const amounts = Object.values(rows.revenue_set_aside);
  const setAside = total(rows.set_aside);
  return [
    head("accepted", rows.accepted, null),
    ...parts(rows.accepted_by_kind, {}),
    head("merged", rows.merged, null),
    head("set_aside", setAside, amounts.length === 0 ? null : total(rows.revenue_set_aside)),
    ...parts(rows.set_aside, rows.revenue_set_aside),
  ];
}

function FileTable({ files }: { files: readonly FileRows[] }) {
  const { t, format } = useSpeech();
  const columns: Column<FileRows>[] = [
    { key: "file", label: t("rows.file"), cell: (file) => file.name },
    { key: "in", label: t("rows.read"), numeric: true, cell: (file) => format.count(file.in) },
    { key: "accepted", label: t("rows.accepted"), numeric: true, cell: (file) => format.count(file.accepted) },
    { key: "merged", label: t("row_class.merged"), numeric: true, cell: (file) => format.count(file.merged) },
    { key: "aside", label: t("rows.set_aside"), numeric: true, cell: (file) => format.count(total(file.set_aside)) },
    { key: "check", label: "=", cell: (file) => (addUp(file).addsUp ? "✓" : "✗") },
  ];
  return <DataTable caption={t("rows.by_file")} columns={columns} rows={files} rowKey={(file) => file.name} />;
}

export function RowAccount({ report }: { report: Report }) {
  const { t, format, term } = useSpeech();
  const { rows } = report;
  const check = addUp(rows);
  if (rows.in === 0) {
    return (
      <Section id="rows" heading={t("rows.heading")} title={t("rows.no_rows")}>
        <Empty text={t("rows.no_rows")} />
      </Section>
    );
  }
  const title = t("rows.title", {
    in: format.count(rows.in),
    accepted: format.count(rows.accepted),
    merged: format.count(rows.merged),
    set_aside: format.count(check.setAside),
  });
  const columns: Column<ClassRow>[] = [
    {
      key: "class",
      label: t("rows.class"),
      cell: (row) => (row.part ? <span className="part">{row.label}</span> : <b>{row.label}</b>),
    },
    {
      key: "rows",
      label: t("rows.rows"),
      numeric: true,
      cell: (row) => (row.part ? format.count(row.rows) : <b>{format.count(row.rows)}</b>),
    },
    { key: "share", label: t("common.share"), numeric: true, cell: (row) => format.share(ratio(row.rows, rows.in)) },
    {
      key: "revenue",
      label: t("rows.revenue"),
      numeric: true,
      cell: (row) => (row.revenue === null ? "" : format.money(row.revenue)),
    },
  ];
  const flags = Object.entries(rows.flags).filter(([, count]) => count > 0);
  return (
    <Section id="rows" heading={t("rows.heading")} title={title}>
      <p className={check.addsUp ? "check good" : "check bad"}>
        {check.addsUp
          ? `✓ ${t("rows.adds_up")}`
          : `✗ ${t("rows.does_not_add_up", { sum: format.count(check.sum), in: format.count(rows.in) })}`}
      </p>
      <DataTable
        caption={t("rows.class")}
        columns={columns}
        rows={classRows(rows, term, t)}
        rowKey={(row) => row.key}
        footer={[t("common.total"), format.count(check.sum), format.share(ratio(check.sum, rows.in)), ""]}
      />
      {flags.length === 0 ? null : (
        <>
          <h3>{t("rows.flags")}</h3>
          <ul className="plain">
            {flags.map(([flag, count]) => (
              <li key={flag}>
                {t("common.pair", { label: term("row_flag", flag), value: format.count(count) })}
              </li>
            ))}
          </ul>
        </>
      )}
      {check.setAside > 0 ? <p className="remark">{t("rows.rejected_hint")}</p> : null}
      {rows.files.length === 0 ? null : (
        <Disclosure label={t("rows.by_file")}>
          <FileTable files={rows.files} />
        </Disclosure>
      )}
    </Section>
  );
}

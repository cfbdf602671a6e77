// A table of figures: sortable by its headings where asked, scrolling sideways inside its own box when it is wide.
import { useEffect, useRef, useState, type ReactNode } from "react";
import { UnstyledButton } from "@mantine/core";
import { useSpeech } from "./speech";

export interface Column<Row> {
  key: string;
  label: string;
  /** Figures stand right, words left. */
  numeric?: boolean;
  /** Words so short that the column needs no room. */
  brief?: boolean;
  /** Cells hold two figures and need room. */
  broad?: boolean;
  cell: (row: Row) => ReactNode;
  /** What to sort by; a column without it cannot be sorted. */
  sort?: (row: Row) => number | string | null;
}

interface Order {
  key: string;
  descending: boolean;
}

export interface DataTableProps<Row> {
  /** Names the table for those who do not see where it stands. */
  caption: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  rowKey: (row: Row) => string;
  /** The last row, a total: it never takes part in sorting. */
  footer?: readonly ReactNode[];
  sortable?: boolean;
}

/** Sorts a copy; what is unknown comes last whichever way. */
export function sortRows<Row>(rows: readonly Row[], column: Column<Row> | undefined, descending: boolean): Row[] {
  const by = column?.sort;
  if (by === undefined) return [...rows];
  const sign = descending ? -1 : 1;
  return [...rows].sort((a, b) => {
    const [left, right] = [by(a), by(b)];
    if (left === null || right === null) return left === right ? 0 : left === null ? 1 : -1;
    if (typeof left === "number" && typeof right === "number") return sign * (left - right);
    return sign * String(left).localeCompare(String(right));
  });
}

/** True while the content is wider than its box: only then is the box a stop for the keyboard. */
function useOverflow() {
  const box = useRef<HTMLDivElement>(null);
  const [overflows, setOverflows] = useState(false);
  useEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    const measure = () => setOverflows(element.scrollWidth > element.clientWidth + 1);
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    if (element.firstElementChild !== null) observer.observe(element.firstElementChild);
    return () => observer.disconnect();
  }, []);
  return { box, overflows };
}

export function DataTable<Row>({ caption, columns, rows, rowKey, footer, sortable = false }: DataTableProps<Row>) {
  const { t } = useSpeech();
  const [order, setOrder] = useState<Order | null>(null);
  const { box, overflows } = useOverflow();
  const sorted =
    order === null ? rows : sortRows(rows, columns.find((column) => column.key === order.key), order.descending);
  const click = (key: string) =>
    setOrder((now) => (now?.key === key ? { key, descending: !now.descending } : { key, descending: true }));
  const place = (column: Column<Row>) => {
    const room = column.broad ? " broad" : column.brief ? " brief" : "";
    return `${column.numeric ? "figure" : "word"}${room}`;
  };
  const region = overflows
    ? { tabIndex: 0, role: "region", "aria-label": t("common.scrolls", { name: caption }) }
    : {};

  return (
    <div className="scroll" ref={box} {...region}>
      <table className="data">
        <caption className="unseen">{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => {
              const direction = order?.key === column.key ? (order.descending ? "descending" : "ascending") : undefined;
              return (
                <th key={column.key} scope="col" className={place(column)} aria-sort={direction}>
                  {sortable && column.sort !== undefined ? (
                    <UnstyledButton className="sorter" onClick={() => click(column.key)}>
                      <span>{column.label}</span>
                      <span className="arrow" aria-hidden="true">
                        {direction === undefined ? "↕" : direction === "descending" ? "↓" : "↑"}
                      </span>
                    </UnstyledButton>
                  ) : (
                    column.label
                  )}
                </th>
              );
            })}
          </tr>
        </thead>
        <tbody>
          {sorted.map((row) => (
            <tr key={rowKey(row)}>
              {columns.map((column, index) =>
                index === 0 ? (
                  <th key={column.key} scope="row" className={place(column)}>
                    {column.cell(row)}
                  </th>
                ) : (
                  <td key={column.key} className={place(column)}>
                    {column.cell(row)}
                  </td>
                ),
              )}
            </tr>
          ))}
        </tbody>
        {footer === undefined ? null : (
          <tfoot>
            <tr>
              {footer.map((cell, index) => {
                const className = place(columns[index] ?? { key: "", label: "", cell: () => null });
                return index === 0 ? (
                  <th key={columns[index]?.key} scope="row" className={className}>
                    {cell}
                  </th>
                ) : (
                  <td key={columns[index]?.key} className={className}>
                    {cell}
                  </td>
                );
              })}
            </tr>
          </tfoot>
        )}
      </table>
    </div>
  );
}

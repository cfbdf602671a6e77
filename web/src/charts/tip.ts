// Tooltips are DOM nodes with classes, never HTML strings: data cannot become markup, and the page's content security
// policy (no inline styles) cannot run two figures together.
import type { ChartColours } from "./colours";

export type TipRow = readonly [label: string, value: string];

export function tip(title: string, rows: readonly TipRow[]): HTMLElement {
  const box = document.createElement("div");
  box.className = "tip";
  const heading = document.createElement("div");
  heading.className = "tip-title";
  heading.textContent = title;
  box.append(heading);
  for (const [label, value] of rows) {
    const row = document.createElement("div");
    row.className = "tip-row";
    const name = document.createElement("span");
    name.textContent = label;
    const figure = document.createElement("b");
    figure.textContent = value;
    row.append(name, figure);
    box.append(row);
  }
  return box;
}

/** The frame of every tooltip. */
export function tipFrame(colours: ChartColours) {
  return {
    show: true,
    confine: true,
    transitionDuration: 0,
    backgroundColor: colours.dark ? "#1a1b1e" : "#ffffff",
    borderColor: colours.line,
    borderWidth: 1,
    textStyle: { color: colours.text, fontSize: 13, fontFamily: FONT },
  };
}

/** Generic, so that the browser picks the Han glyphs of the page's language. */
export const FONT = "system-ui, sans-serif";

// Reads the data block of the page. `patron run` puts the run's data where the placeholder stands; a page opened as
// built still holds the placeholder, and a page from another version may hold a contract this page cannot read.
import type { Report } from "./report";

export type Loaded =
  | { kind: "report"; report: Report }
  | { kind: "placeholder" }
  | { kind: "unreadable"; detail: string }
  | { kind: "other_version"; version: unknown };

export const DATA_ELEMENT_ID = "patron-data";
export const CONTRACT_VERSION = 1;

export function parseReport(text: string): Loaded {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { kind: "unreadable", detail: error instanceof Error ? error.message : String(error) };
  }
  if (typeof value === "string") return { kind: "placeholder" };
  if (value === null || typeof value !== "object" || Array.isArray(value)) {
    return { kind: "unreadable", detail: "not an object" };
  }
  const { version } = value as { version?: unknown };
  if (version !== CONTRACT_VERSION) return { kind: "other_version", version };
  return { kind: "report", report: value as Report };
}

export function loadReport(document: Document): Loaded {
  const element = document.getElementById(DATA_ELEMENT_ID);
  if (element === null) return { kind: "unreadable", detail: `no #${DATA_ELEMENT_ID}` };
  return parseReport(element.textContent ?? "");
}

/** JSON that may stand inside a script element: what patron's Rust side must write too. */
export function jsonForScript(value: unknown): string {
  return JSON.stringify(value).replace(/[<\u2028\u2029]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

// What a section needs to speak: the translator, the formats and a few phrases used everywhere.
import type { i18n, TFunction } from "i18next";
import type { AxisName, ClvBasis, Message, Names, Params, ParamValue, Report } from "../data/report";
import { makeFormat, type Format, type Maybe } from "./format";
import { nameIn, type Language } from "./languages";

export interface Speech {
  readonly language: Language;
  readonly t: TFunction;
  readonly format: Format;
  readonly basis: ClvBasis;
  /** A word of the value vocabulary in the basis of this run: "CLV" or "expected revenue". */
  value(key: string, params?: Record<string, unknown>): string;
  /** "1,234 customers", "1 day": the number is formatted, the plural follows the language. */
  counted(what: "customers" | "orders" | "days", value: Maybe): string;
  name(names: Names, key: string): string;
  /** The translation of `group.key` when there is one, else the key made readable. */
  term(group: string, key: string | null | undefined): string;
  say(message: Message): string;
  axis(axis: AxisName): string;
}

/** Parameters of messages that name a model or a baseline. */
const MODEL_PARAMS = new Set(["model", "other", "baseline"]);

/** Keys may be written with hyphens (`mbg-nbd`) or underscores. */
function wordKey(key: string): string {
  return key.replace(/-/g, "_");
}

export function readable(key: string): string {
  return key.replace(/[_-]+/g, " ").trim();
}

/** Returns the names that a template asks for: "{{found}} of {{required}}" → found, required. */
export function placeholdersOf(template: string): string[] {
  return [...template.matchAll(/\{\{\s*(\w+)\s*\}\}/g)].map((match) => match[1] ?? "");
}

export function makeSpeech(translation: i18n, language: Language, report: Pick<Report, "currency" | "clv_basis">): Speech {
  const t = translation.getFixedT(language);
  const format = makeFormat(language, report.currency);
  const basis = report.clv_basis;

  const term = (group: string, key: string | null | undefined): string => {
    if (key === null || key === undefined || key === "") return t("common.unknown");
    const path = `${group}.${wordKey(key)}`;
    return translation.exists(path, { lng: language }) ? t(path) : readable(key);
  };
  const paramText = (name: string, value: ParamValue): string => {
    if (value === null) return t("common.unknown");
    if (Array.isArray(value)) return format.list(value.map((item) => paramText(name, item)));
    if (typeof value === "boolean") return t(value ? "defaults.yes" : "defaults.no");
    if (name === "share" && typeof value === "number") return format.share(value);
    if (typeof value === "number") return format.number(value);
    if (name === "axis") return term("axis", value);
    if (MODEL_PARAMS.has(name)) return term("model", value);
    if (name === "class") return term("row_class", value);
    return value;
  };
  const say = (message: Message): string => {
    const path = `message.${wordKey(message.key)}`;
    const fallback = message.text ?? readable(message.key);
    if (!translation.exists(path, { lng: language })) return fallback;
    const params: Params = message.params ?? {};
    const template = String(t(path, { skipInterpolation: true }));
    if (placeholdersOf(template).some((name) => params[name] === undefined)) return fallback;
    const texts = Object.fromEntries(Object.entries(params).map(([name, value]) => [name, paramText(name, value)]));
    return t(path, texts);
  };

  return {
    language,
    t,
    format,
    basis,
    value: (key, params) => t(key.includes(".") ? key : `value.${key}`, { ...params, context: basis }),
    counted(what, value) {
      const known = typeof value === "number" && Number.isFinite(value);
      // The plural goes with what is printed: 1.4 days prints as "1.4 days".
      const shown = what === "days" || what === "orders" ? format.number(value, 1) : format.count(value);
      return t(`common.count_${what}`, { count: known ? value : 0, n: shown });
    },
    name: (names, key) => nameIn(language, names, key),
    term,
    say,
    axis: (axis) => t(`axis.${axis}`),
  };
}

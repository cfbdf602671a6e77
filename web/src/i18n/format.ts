// Numbers, amounts, shares and days as the reader's language writes them. Every function takes null and NaN and
// answers with a dash: a figure that is not known is never drawn as "NaN" or zero.
import type { Language } from "./languages";

export type Maybe = number | null | undefined;

export const DASH = "–";

/** Below this, a share that is not zero would read "0 %". */
const SMALLEST_SHARE_SHOWN = 0.0005;
/** Below this, four decimals leave hardly a digit. */
const SMALLEST_DECIMAL_SHOWN = 0.001;
/** Amounts from here on lose their cents in running text; tables keep them. */
const WHOLE_AMOUNT_FROM = 1000;

export interface Format {
  readonly language: Language;
  count(value: Maybe): string;
  number(value: Maybe, digits?: number): string;
  /** Four decimals; what would round to nothing, in powers of ten. */
  precise(value: Maybe): string;
  compact(value: Maybe): string;
  money(value: Maybe): string;
  moneyExact(value: Maybe): string;
  /** Without cents where they are zero: for round bounds. */
  moneyShort(value: Maybe): string;
  moneyCompact(value: Maybe): string;
  share(value: Maybe): string;
  /** For axes and round shares: "20%", not "20.0%". */
  shareShort(value: Maybe): string;
  day(iso: string | null | undefined): string;
  list(items: readonly string[]): string;
}

function isKnown(value: Maybe): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

/** Returns the style for amounts; without a currency, or with one Intl refuses, amounts are plain numbers. */
function moneyStyle(currency: string | null): Intl.NumberFormatOptions {
  if (currency === null || !/^[A-Za-z]{3}$/.test(currency)) return {};
  return { style: "currency", currency: currency.toUpperCase() };
}

/** Minus zero, and what rounds to it, would print "-0". */
function withoutMinusZero(value: number): number {
  return Object.is(value, -0) ? 0 : value;
}

export function makeFormat(language: Language, currency: string | null): Format {
  const number = (options: Intl.NumberFormatOptions) => {
    const format = new Intl.NumberFormat(language, options);
    return (value: Maybe) => (isKnown(value) ? format.format(withoutMinusZero(value)) : DASH);
  };
  const style = moneyStyle(currency);
  const whole = number({ maximumFractionDigits: 0 });
  const tiny = number({ notation: "scientific", maximumSignificantDigits: 3 });
  const fourDecimals = number({ maximumFractionDigits: 4 });
  const compact = number({ notation: "compact", maximumFractionDigits: 1 });
  const digitsOf = new Map<number, (value: Maybe) => string>();
  const cents = style.style === "currency" ? {} : { minimumFractionDigits: 2, maximumFractionDigits: 2 };
  const moneyExact = number({ ...style, ...cents });
  const moneyWhole = number({ ...style, minimumFractionDigits: 0, maximumFractionDigits: 0 });
  const moneyShort = number({ ...style, ...cents, trailingZeroDisplay: "stripIfInteger" });
  const moneyCompact = number({ ...style, notation: "compact", minimumFractionDigits: 0, maximumFractionDigits: 1 });
  const shareOne = number({ style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 });
  const shareShort = number({ style: "percent", maximumFractionDigits: 1 });
  const dayFormat = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeZone: "UTC" });
  const listFormat = new Intl.ListFormat(language, { type: "conjunction", style: "long" });

  return {
    language,
    count: whole,
    number(value, digits = 2) {
      let format = digitsOf.get(digits);
      if (format === undefined) {
        format = number({ maximumFractionDigits: digits });
        digitsOf.set(digits, format);
      }
      return format(value);
    },
    precise: (value) =>
      isKnown(value) && value !== 0 && Math.abs(value) < SMALLEST_DECIMAL_SHOWN ? tiny(value) : fourDecimals(value),
    compact,
    money: (value) => (isKnown(value) && Math.abs(value) >= WHOLE_AMOUNT_FROM ? moneyWhole(value) : moneyExact(value)),
    moneyExact,
    moneyShort,
    moneyCompact,
    share(value) {
      if (!isKnown(value)) return DASH;
      if (value > 0 && value < SMALLEST_SHARE_SHOWN) return `< ${shareOne(0.001)}`;
      return value === 0 || value === 1 ? shareShort(value) : shareOne(value);
    },
    shareShort,
    day(iso) {
      const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(iso ?? "");
      if (match === null) return DASH;
      const day = new Date(`${match[0]}T00:00:00Z`);
      return Number.isNaN(day.getTime()) ? DASH : dayFormat.format(day);
    },
    list: (items) => listFormat.format(items),
  };
}

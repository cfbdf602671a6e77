import { describe, expect, it } from "vitest";
import { DASH, makeFormat } from "../src/i18n/format";
import { languageOfTag, nameIn, preferredLanguage } from "../src/i18n/languages";

const pounds = makeFormat("en", "GBP");

describe("figures", () => {
  it("writes what is not known as a dash", () => {
    for (const value of [null, undefined, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      for (const show of [pounds.count, pounds.number, pounds.money, pounds.moneyExact, pounds.moneyCompact, pounds.share]) {
        expect(show(value)).toBe(DASH);
      }
    }
    for (const day of [null, undefined, "", "yesterday", "2025-13-45"]) expect(pounds.day(day)).toBe(DASH);
  });

  it("groups digits and never prints minus zero", () => {
    expect(pounds.count(1234567)).toBe("1,234,567");
    expect(pounds.count(-0)).toBe("0");
  });

  it("writes amounts in the currency, whole from a thousand on, exact in tables", () => {
    expect(pounds.money(999.5)).toBe("£999.50");
    expect(pounds.money(1234.56)).toBe("£1,235");
    expect(pounds.money(-1234.56)).toBe("-£1,235");
    expect(pounds.moneyExact(1234.56)).toBe("£1,234.56");
    expect(pounds.moneyShort(25)).toBe("£25");
    expect(pounds.moneyShort(2.5)).toBe("£2.50");
    expect(pounds.moneyCompact(1_250_000)).toBe("£1.3M");
  });

  it("never rounds a small estimate to nothing", () => {
    expect([0.52434, 12.3, 0, 0.001, 0.00099, 1.523e-8].map((value) => pounds.precise(value))).toEqual([
      "0.5243",
      "12.3",
      "0",
      "0.001",
      "9.9E-4",
      "1.52E-8",
    ]);
    expect(pounds.precise(null)).toBe(DASH);
  });

  it("uses the number of decimals of the currency", () => {
    expect(makeFormat("en", "JPY").moneyExact(12)).toBe("¥12");
    expect(makeFormat("zh-Hans", "CNY").moneyExact(12)).toBe("¥12.00");
    expect(makeFormat("zh-Hans", "CNY").moneyCompact(123_000)).toBe("¥12.3万");
    expect(makeFormat("zh-Hant", "TWD").moneyCompact(123_000)).toBe("$12.3萬");
  });

  it("writes plain numbers when the currency is unknown or no code", () => {
    for (const currency of [null, "", "pounds", "£", "12"]) {
      expect(makeFormat("en", currency).moneyExact(12)).toBe("12.00");
    }
  });

  it("writes shares so that something is never nothing", () => {
    expect(pounds.share(0)).toBe("0%");
    expect(pounds.share(1)).toBe("100%");
    expect(pounds.share(0.2)).toBe("20.0%");
    expect(pounds.share(0.00001)).toBe("< 0.1%");
    expect(pounds.shareShort(0.2)).toBe("20%");
  });

  it("writes days in the reader's language, whatever the machine's zone", () => {
    expect(pounds.day("2011-12-09")).toBe("Dec 9, 2011");
    expect(makeFormat("zh-Hans", null).day("2011-12-09")).toBe("2011年12月9日");
    expect(makeFormat("zh-Hant", null).day("2011-12-09")).toBe("2011年12月9日");
  });
});

describe("languages", () => {
  it("reads the browser's tags", () => {
    const tags = { "zh-CN": "zh-Hans", zh: "zh-Hans", "zh-SG": "zh-Hans", "zh-TW": "zh-Hant", "zh-HK": "zh-Hant" };
    for (const [tag, language] of Object.entries(tags)) expect(languageOfTag(tag)).toBe(language);
    expect(languageOfTag("zh-Hans-HK")).toBe("zh-Hans");
    expect(languageOfTag("zh-Hant-CN")).toBe("zh-Hant");
    expect(languageOfTag("en-US")).toBe("en");
    expect(languageOfTag("de")).toBeNull();
  });

  it("prefers the reader's choice, then the first tag it knows, then English", () => {
    expect(preferredLanguage("zh-Hant", ["en"])).toBe("zh-Hant");
    expect(preferredLanguage("klingon", ["de-DE", "zh-TW", "en"])).toBe("zh-Hant");
    expect(preferredLanguage(null, ["de-DE"])).toBe("en");
  });

  it("falls back from the language to English to the key", () => {
    expect(nameIn("zh-Hant", { en: "Lost", "zh-Hant": "流失" }, "lost")).toBe("流失");
    expect(nameIn("zh-Hant", { en: "Lost" }, "lost")).toBe("Lost");
    expect(nameIn("en", { en: "" }, "lost")).toBe("lost");
    expect(nameIn("en", null, "lost")).toBe("lost");
  });
});

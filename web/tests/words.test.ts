import { describe, expect, it } from "vitest";
import { WORDS } from "../src/i18n";
import { placeholdersOf } from "../src/i18n/words";
import { LANGUAGES } from "../src/i18n/languages";
import { speechFor } from "./samples";

function flatten(words: object, prefix = ""): Map<string, string> {
  const flat = new Map<string, string>();
  for (const [key, value] of Object.entries(words)) {
    if (typeof value === "string") flat.set(prefix + key, value);
    else for (const [path, text] of flatten(value as object, `${prefix}${key}.`)) flat.set(path, text);
  }
  return flat;
}

const flat = Object.fromEntries(LANGUAGES.map((language) => [language, flatten(WORDS[language])]));
const english = flat.en as Map<string, string>;
/** A remark that only Chinese needs: there the words of stages and octants coincide. */
const EMPTY_IN_ENGLISH = ["octants.false_friend"];

describe("words", () => {
  it.each(LANGUAGES)("%s has every key, no other, and none empty", (language) => {
    const words = flat[language] as Map<string, string>;
    expect([...words.keys()].sort()).toEqual([...english.keys()].sort());
    const empty = [...words].filter(([, text]) => text.trim() === "").map(([key]) => key);
    expect(empty).toEqual(language === "en" ? EMPTY_IN_ENGLISH : []);
  });

  it.each(LANGUAGES)("%s asks for the same parameters as English", (language) => {
    const words = flat[language] as Map<string, string>;
    for (const [key, text] of english) {
      expect(placeholdersOf(words.get(key) ?? "").sort(), key).toEqual(placeholdersOf(text).sort());
    }
  });

  it("keeps simplified and traditional characters apart", () => {
    // Pairs of the same word, each written in one of the scripts only.
    const simplifiedOnly = /[这为无价户订单额频数据页语浅经从发动么关统计]/;
    const traditionalOnly = /[這為無價戶訂單額頻數據頁語淺經從發動麼關統計]/;
    for (const [key, text] of flat["zh-Hant"] as Map<string, string>) expect(text, key).not.toMatch(simplifiedOnly);
    for (const [key, text] of flat["zh-Hans"] as Map<string, string>) expect(text, key).not.toMatch(traditionalOnly);
  });

  it("calls value expected revenue wherever there are no costs", () => {
    for (const language of LANGUAGES) {
      const words = flat[language] as Map<string, string>;
      for (const [key, text] of words) {
        if (key.endsWith("_expected_revenue")) expect(text, `${language} ${key}`).not.toMatch(/CLV|lifetime|终身|終身/i);
      }
    }
  });

  it("has a plural for one in English", () => {
    const speech = speechFor("en");
    expect(speech.counted("customers", 1)).toBe("1 customer");
    expect(speech.counted("customers", 2)).toBe("2 customers");
    expect(speech.counted("customers", 0)).toBe("0 customers");
    expect(speech.counted("days", null)).toBe("– days");
  });
});

describe("messages", () => {
  const speech = speechFor("en");

  it("are translated when every parameter is there", () => {
    const message = { key: "few_distinct_values", params: { axis: "frequency", distinct: 3, bins: 5 }, text: "x" };
    expect(speech.say(message)).toBe("Frequency takes only 3 distinct values, too few for 5 scores.");
    expect(speechFor("zh-Hans").say(message)).toBe("购买频次只有 3 个不同取值，不足以分成 5 档。");
  });

  it("fall back to their text, then to their key", () => {
    expect(speech.say({ key: "few_distinct_values", params: { axis: "frequency" }, text: "as sent" })).toBe("as sent");
    expect(speech.say({ key: "never_heard_of", text: "as sent" })).toBe("as sent");
    expect(speech.say({ key: "never_heard_of" })).toBe("never heard of");
  });

  it("list several values and format shares", () => {
    expect(speech.say({ key: "missing_scores", params: { axis: "recency", scores: [2, 3, 4] } })).toBe(
      "Recency: no customer has score 2, 3, and 4.",
    );
    const message = { key: "implausible_customer", params: { customer: "17850", share: 0.25 } };
    expect(speech.say(message)).toBe("Customer 17850 has 25.0% of all orders: is this a walk-in or test account?");
  });

  it("reads keys with hyphens as with underscores", () => {
    expect(speech.term("model", "mbg-nbd")).toBe("MBG/NBD");
    expect(speech.term("model", "mbg_nbd")).toBe("MBG/NBD");
    expect(speech.term("model", "own-model")).toBe("own model");
  });
});

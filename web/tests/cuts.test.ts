import { describe, expect, it } from "vitest";
import { rangeOfScore, scoreInWords, scoresOf, wholeNumbersIn } from "../src/data/cuts";
import type { ScoreAxis } from "../src/data/report";
import { speechFor } from "./samples";

const english = speechFor("en", { currency: "GBP", clv_basis: "expected_revenue" });
const chinese = speechFor("zh-Hans", { currency: "CNY", clv_basis: "margin" });

function axis(part: Partial<ScoreAxis>): ScoreAxis {
  return {
    axis: "recency",
    bins: 5,
    method: "quantile",
    cuts: [],
    distinct_values: 100,
    missing_scores: [],
    unit: "days",
    ...part,
  };
}

const recency = axis({ cuts: [19, 46.5, 108, 243] });
const frequency = axis({ axis: "frequency", unit: "orders", cuts: [1, 1, 2, 4] });
const monetary = axis({ axis: "monetary", unit: "money", cuts: [41.59, 68.7, 121.85, 1262.85] });

function inWords(of: ScoreAxis, speech = english): string[] {
  return scoresOf(of).map((score) => scoreInWords(of, score, speech));
}

describe("cut points in words", () => {
  it("says recency in days, best score first", () => {
    expect(inWords(recency)).toEqual([
      "bought within the last 19 days",
      "bought 20 to 46 days ago",
      "bought 47 to 108 days ago",
      "bought 109 to 243 days ago",
      "bought more than 243 days ago",
    ]);
    expect(inWords(recency, chinese)[0]).toBe("最近 19 天内购买");
  });

  it("says frequency in whole orders and names the score that no value reaches", () => {
    expect(inWords(frequency)).toEqual([
      "5 orders or more",
      "3 to 4 orders",
      "2 orders",
      "no value falls here",
      "at most 1 order",
    ]);
  });

  it("says monetary value with both ends", () => {
    expect(inWords(monetary)).toEqual([
      "over £1,262.85",
      "over £121.85, up to £1,262.85",
      "over £68.70, up to £121.85",
      "over £41.59, up to £68.70",
      "up to £41.59",
    ]);
  });

  it("closes the bins of the R package on the left", () => {
    expect(inWords(axis({ method: "r-rfm", bins: 3, cuts: [115, 181] }))).toEqual([
      "bought within the last 114 days",
      "bought 115 to 180 days ago",
      "bought more than 180 days ago",
    ]);
    expect(inWords(axis({ ...monetary, method: "r-rfm", bins: 2, cuts: [256.4] }))).toEqual([
      "£256.40 or more",
      "below £256.40",
    ]);
  });

  it("says when customers are scored by rank", () => {
    expect(rangeOfScore(axis({ method: "ntile", cuts: [] }), 3)).toEqual({ kind: "by_rank" });
    expect(scoreInWords(axis({ method: "ntile", cuts: [] }), 3, english)).toBe("");
  });

  it("knows the day itself, a single day and an impossible range", () => {
    expect(inWords(axis({ cuts: [0, 1, 1.5, 30] }))).toEqual([
      "bought on the as-of day",
      "bought 1 day ago",
      "no value falls here",
      "bought 2 to 30 days ago",
      "bought more than 30 days ago",
    ]);
  });
});

describe("ranges", () => {
  // The reference is the rule itself: R = k − #{c < v}, F and M = 1 + #{c < v} (DEFINITIONS §5).
  it("hold exactly the values that the rule scores so", () => {
    const seed = 20251121;
    let state = seed;
    const random = (below: number) => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
    const wrong: string[] = [];
    for (let round = 0; round < 300; round += 1) {
      const bins = 2 + random(9);
      const cuts = Array.from({ length: bins - 1 }, () => random(40) / 2).sort((a, b) => a - b);
      for (const name of ["recency", "frequency"] as const) {
        const of = axis({ axis: name, bins, cuts });
        for (let value = 0; value <= 25; value += 1) {
          const below = cuts.filter((cut) => cut < value).length;
          const score = name === "recency" ? bins - below : 1 + below;
          for (const candidate of scoresOf(of)) {
            const whole = wholeNumbersIn(rangeOfScore(of, candidate), 0);
            const inside = whole !== null && value >= whole.from && (whole.to === null || value <= whole.to);
            if (inside !== (candidate === score)) {
              wrong.push(`seed ${seed}, cuts ${cuts.join(" ")}, ${name} ${value}, score ${candidate}`);
            }
          }
        }
      }
    }
    expect(wrong).toEqual([]);
  });
});

import { describe, expect, it } from "vitest";
import { chartColours, contrast, rampColour, textOn } from "../src/charts/colours";

/** WCAG 2 AA: text against its ground, and graphics against theirs. */
const TEXT = 4.5;
const GRAPHICS = 3;
const SHEETS = { light: "#ffffff", dark: "#1f2124" };

describe.each(["light", "dark"] as const)("%s colours", (scheme) => {
  const colours = chartColours(scheme === "dark");
  const sheet = SHEETS[scheme];

  it("are read against the sheet", () => {
    expect(contrast(colours.text, sheet)).toBeGreaterThan(TEXT);
    expect(contrast(colours.muted, sheet)).toBeGreaterThan(TEXT);
    expect(contrast(colours.first, sheet)).toBeGreaterThan(GRAPHICS);
    expect(contrast(colours.second, sheet)).toBeGreaterThan(GRAPHICS);
  });

  it("carry readable figures all along the ramp", () => {
    for (let step = 0; step <= 100; step += 1) {
      const colour = rampColour(colours.ramp, step / 100);
      expect(contrast(colour, textOn(colour)), colour).toBeGreaterThan(TEXT);
    }
  });

  it("stay on the ramp whatever the position", () => {
    expect(rampColour(colours.ramp, Number.NaN)).toBe(colours.ramp[0]);
    expect(rampColour(colours.ramp, -3)).toBe(colours.ramp[0]);
    expect(rampColour(colours.ramp, 3)).toBe(colours.ramp[colours.ramp.length - 1]);
  });
});

it("contrast is that of WCAG's own examples", () => {
  expect(contrast("#000000", "#ffffff")).toBeCloseTo(21, 10);
  // #767676 is the lightest grey that passes AA on white: 4.54.
  expect(contrast("#767676", "#ffffff")).toBeCloseTo(4.54, 2);
});

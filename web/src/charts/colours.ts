// Colours of the charts. Sequential colours run from faint to strong against the page in either scheme, and text on
// them is black or white, whichever reads better (always above 4.5 : 1).
export interface ChartColours {
  dark: boolean;
  text: string;
  muted: string;
  line: string;
  empty: string;
  first: string;
  second: string;
  ramp: readonly string[];
}

const LIGHT: ChartColours = {
  dark: false,
  text: "#212529",
  muted: "#565e64",
  line: "#dee2e6",
  empty: "#f1f3f5",
  first: "#1864ab",
  second: "#c2510c",
  ramp: ["#e3eef9", "#b5d3ee", "#74b0df", "#3485c4", "#125a9c", "#083a6b"],
};

const DARK: ChartColours = {
  dark: true,
  text: "#e9ecef",
  muted: "#b0b5ba",
  line: "#424549",
  empty: "#2a2d31",
  first: "#5ba8ec",
  second: "#f0955a",
  ramp: ["#203246", "#22486b", "#276496", "#3a86c2", "#68aee3", "#a8d5f7"],
};

export function chartColours(dark: boolean): ChartColours {
  return dark ? DARK : LIGHT;
}

function channels(hex: string): [number, number, number] {
  const value = Number.parseInt(hex.slice(1), 16);
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
}

/** Returns the colour at `position` in 0..1 of a ramp; what is not a number counts as 0. */
export function rampColour(ramp: readonly string[], position: number): string {
  const at = Math.min(1, Math.max(0, Number.isFinite(position) ? position : 0)) * (ramp.length - 1);
  const index = Math.min(ramp.length - 2, Math.floor(at));
  const from = channels(ramp[index] ?? "#000000");
  const to = channels(ramp[index + 1] ?? "#000000");
  const mixed = from.map((channel, place) => Math.round(channel + (at - index) * ((to[place] ?? 0) - channel)));
  return `#${mixed.map((channel) => channel.toString(16).padStart(2, "0")).join("")}`;
}

/** Relative luminance as WCAG 2 defines it. */
export function luminance(hex: string): number {
  const [red, green, blue] = channels(hex).map((channel) => {
    const part = channel / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

export function contrast(a: string, b: string): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

/** Black or white, whichever stands out more on the colour. */
export function textOn(background: string): string {
  return contrast(background, "#ffffff") >= contrast(background, "#000000") ? "#ffffff" : "#000000";
}

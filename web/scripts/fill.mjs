// Puts a data file into a built page, as `patron run` does: node scripts/fill.mjs data.json out.html [page.html]
import { readFileSync, writeFileSync } from "node:fs";
import { argv, exit, stderr } from "node:process";

const PLACEHOLDER = '"__PATRON_DATA__"';

export function fill(page, data) {
  const at = page.indexOf(PLACEHOLDER);
  if (at < 0 || page.indexOf(PLACEHOLDER, at + 1) >= 0) throw new Error("the placeholder must stand exactly once");
  const escape = (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  const json = JSON.stringify(data).replace(/[<\u2028\u2029]/g, escape);
  return page.slice(0, at) + json + page.slice(at + PLACEHOLDER.length);
}

if (argv[1]?.endsWith("fill.mjs")) {
  const [data, out, page = "dist/report.html"] = argv.slice(2);
  if (data === undefined || out === undefined) {
    stderr.write("usage: node scripts/fill.mjs data.json out.html [page.html]\n");
    exit(2);
  }
  writeFileSync(out, fill(readFileSync(page, "utf8"), JSON.parse(readFileSync(data, "utf8"))));
}

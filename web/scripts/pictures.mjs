// Takes the pictures of the documentation from a filled report: the head of the page in each language.
//
//   node scripts/pictures.mjs report.html ../docs/images
import { existsSync, mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { argv, env, exit, stderr } from "node:process";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const PICTURES = [
  { name: "report-en", locale: "en-GB", colorScheme: "light", from: "header.top", to: "#rfm .scale" },
  { name: "report-zh-Hans", locale: "zh-CN", colorScheme: "light", from: "#segments", to: "#lifecycle .remark" },
  { name: "report-zh-Hant", locale: "zh-TW", colorScheme: "dark", from: "#pareto", to: "#value .axis-title.under" },
];

const [report, folder] = argv.slice(2);
const browserPath = [env.PATRON_CHROMIUM, "/usr/bin/chromium", "/usr/bin/google-chrome"].find(
  (path) => path !== undefined && existsSync(path),
);
if (report === undefined || folder === undefined || browserPath === undefined) {
  stderr.write("usage: node scripts/pictures.mjs report.html folder (with Chromium installed)\n");
  exit(2);
}
mkdirSync(folder, { recursive: true });
const browser = await chromium.launch({ executablePath: browserPath, args: ["--no-sandbox", "--disable-gpu"] });
for (const { name, locale, colorScheme, from, to } of PICTURES) {
  const context = await browser.newContext({ locale, colorScheme, viewport: { width: 1240, height: 900 } });
  const page = await context.newPage();
  await page.goto(pathToFileURL(resolve(report)).href);
  await page.waitForSelector("main > section");
  await page.waitForTimeout(400);
  const top = await page.locator(from).boundingBox();
  const bottom = await page.locator(to).boundingBox();
  const clip = { x: 0, y: Math.max(0, top.y - 8), width: 1240, height: bottom.y + bottom.height + 16 - top.y };
  await page.screenshot({ path: join(folder, `${name}.png`), clip, fullPage: true });
  await context.close();
}
await browser.close();

// Opens a filled report, and the page of an evaluation where one is given, in Chromium in each language, wide and narrow, light and dark; fails on console errors, page
// errors and violations of the page's policy, on "NaN", on a page wider than its window and on what axe finds (WCAG A
// and AA, good practice); takes screenshots.
//
//   node scripts/look.mjs report.html outdir [evaluation.html]
import { existsSync, mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { argv, env, exit, stderr, stdout } from "node:process";
import { pathToFileURL } from "node:url";
import { AxeBuilder } from "@axe-core/playwright";
import { chromium } from "playwright-core";

const BROWSERS = [
  env.PATRON_CHROMIUM,
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/usr/bin/google-chrome-stable",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
];
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
/** The browser's language, and the language the page must then be in. */
const LANGUAGES = [
  ["en-GB", "en"],
  ["zh-CN", "zh-Hans"],
  ["zh-TW", "zh-Hant"],
];
const WIDTHS = [1280, 390];
/** The narrowest page promised. */
const NARROWEST = 360;
const SCHEMES = ["light", "dark"];
const FIGURES_NEVER_SHOWN = /NaN|undefined|\{\{|Infinity|\[object/;

const [report, outdir, evaluation] = argv.slice(2).filter((word) => !word.startsWith("--"));
if (report === undefined || outdir === undefined) {
  stderr.write("usage: npm run look -- report.html outdir [evaluation.html]\n");
  exit(2);
}
const browserPath = BROWSERS.find((path) => path !== undefined && existsSync(path));
if (browserPath === undefined) {
  stderr.write("no Chromium or Chrome found: install one, or name it in PATRON_CHROMIUM\n");
  exit(3);
}

/** What runs in the page before its own scripts: notes every violation of the policy. */
function watchPolicy() {
  window.patronViolations = [];
  document.addEventListener("securitypolicyviolation", (event) => {
    window.patronViolations.push(`${event.violatedDirective}: ${event.blockedURI} ${event.sample}`);
  });
}

async function problemsOf(page, expectedLanguage, sections) {
  const found = await page.evaluate(() => ({
    violations: window.patronViolations,
    language: document.documentElement.lang,
    wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    text: document.body.innerText,
    sections: document.querySelectorAll("main > section").length,
  }));
  const problems = found.violations.map((violation) => `policy violated: ${violation}`);
  if (found.language !== expectedLanguage) problems.push(`language is ${found.language}, not ${expectedLanguage}`);
  if (found.wide > 0) problems.push(`the page is ${found.wide} px wider than its window`);
  const never = FIGURES_NEVER_SHOWN.exec(found.text);
  if (never !== null) problems.push(`"${never[0]}" is shown: …${found.text.substr(Math.max(0, never.index - 40), 90)}…`);
  if (found.sections !== sections) problems.push(`${found.sections} sections, not ${sections}`);
  return problems;
}

/** Everything open, so that what is folded away is checked too. */
async function unfold(page) {
  await page.evaluate(() => document.querySelectorAll("details").forEach((details) => (details.open = true)));
}

async function accessibilityProblems(page) {
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations.map(({ id, nodes }) => `axe ${id}: ${nodes.length} × ${nodes[0]?.html.slice(0, 120)}`);
}

/** Switches the language of an evaluation's page; the other languages must be gone from sight. */
async function useEvaluation(page) {
  for (const language of ["zh-Hans", "zh-Hant", "en"]) {
    await page.click(`nav button[value="${language}"]`);
    await page.waitForFunction((expected) => document.documentElement.lang === expected, language);
    const others = await page.evaluate(
      (expected) =>
        [...document.querySelectorAll("[data-l]")].filter(
          (words) => words.dataset.l !== expected && getComputedStyle(words).display !== "none",
        ).length,
      language,
    );
    if (others > 0) throw new Error(`${others} phrases of other languages are shown in ${language}`);
  }
}

/** Uses the page as a reader would: opens what is closed, sorts, switches axes, language and colours, points. */
async function use(page) {
  const sorter = page.locator("button.sorter").nth(1);
  if ((await sorter.count()) > 0) await sorter.click();
  for (const label of ["R × M", "F × M", "R × F"]) {
    const choice = page.locator("#rfm label", { hasText: label });
    if ((await choice.count()) > 0) await choice.click();
  }
  for (const chart of await page.locator(".chart").all()) {
    await chart.scrollIntoViewIfNeeded();
    await chart.hover({ position: { x: 120, y: 60 } });
    await page.waitForTimeout(60);
  }
  for (const language of ["zh-Hans", "zh-Hant", "en"]) {
    await page.selectOption("#language", language);
    await page.waitForFunction((expected) => document.documentElement.lang === expected, language);
  }
  for (const scheme of ["dark", "light", "auto"]) await page.selectOption("#scheme", scheme);
}

/** The pages, how many sections each has, and how it is used. */
const PAGES = [{ path: report, name: "report", sections: 11, use }];
if (evaluation !== undefined) {
  PAGES.push({ path: evaluation, name: "evaluation", sections: 6, use: useEvaluation });
}

async function lookOnce(browser, shown, [locale, language], width, colorScheme, problems) {
  const context = await browser.newContext({ locale, colorScheme, viewport: { width, height: 900 } });
  const page = await context.newPage();
  const name = `${shown.name}-${language}-${width}-${colorScheme}`;
  const note = (text) => problems.push(`${name}: ${text}`);
  page.on("console", (message) => {
    if (message.type() === "error") note(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => note(`page error: ${error.message}`));
  page.on("request", (request) => {
    if (!/^(file|data|blob):/.test(request.url())) note(`asks for ${request.url()}`);
  });
  await page.addInitScript(watchPolicy);
  await page.goto(pathToFileURL(resolve(shown.path)).href);
  await page.waitForSelector("main > section, main > p");
  await page.waitForTimeout(300);
  await page.screenshot({ path: join(outdir, `${name}.png`), fullPage: true });
  for (const problem of await problemsOf(page, language, shown.sections)) note(problem);
  await unfold(page);
  for (const problem of await accessibilityProblems(page)) note(problem);
  if (language === "en" && colorScheme === "light") {
    await shown.use(page);
    for (const problem of await problemsOf(page, "en", shown.sections)) note(`after use: ${problem}`);
  }
  await context.close();
}

mkdirSync(outdir, { recursive: true });
const browser = await chromium.launch({ executablePath: browserPath, headless: true, args: FLAGS });
const problems = [];
let looks = 0;
for (const shown of PAGES) {
  for (const language of LANGUAGES) {
    for (const width of WIDTHS) {
      for (const scheme of SCHEMES) {
        await lookOnce(browser, shown, language, width, scheme, problems);
        looks += 1;
      }
    }
  }
  await lookOnce(browser, shown, LANGUAGES[0], NARROWEST, SCHEMES[0], problems);
  looks += 1;
}
await browser.close();
for (const problem of problems) stderr.write(`${problem}\n`);
stdout.write(`${looks} looks at ${PAGES.map(({ path }) => path).join(" and ")}, ${problems.length} problems, screenshots in ${outdir}\n`);
exit(problems.length === 0 ? 0 : 1);

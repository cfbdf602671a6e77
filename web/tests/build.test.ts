// What the build does to the page, and, where it has been built, the page itself.
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { finishPage, inlineContents, replaceOnce } from "../build/single-page";
import { packageFolder } from "../build/notices";

const PAGE = `<head><!-- content-security-policy --><style>a{}</style></head><body>
<script id="patron-notices" type="text/plain"></script>
<script id="patron-data" type="application/json">"__PATRON_DATA__"</script><script type="module">run("$&")</script>`;

const hash = (text: string) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

describe("finishing the page", () => {
  it("allows its own script and style by hash and nothing else", () => {
    const page = finishPage(PAGE, "a </script> b");
    expect(page).toContain(`script-src ${hash('run("$&")')}; style-src ${hash("a{}")};`);
    expect(page).toContain("default-src 'none'");
    expect(page).not.toMatch(/unsafe|https?:/);
    expect(page).toContain("a < /script> b");
  });

  it("refuses a page with no place for data, or two", () => {
    expect(() => finishPage(PAGE.replace('"__PATRON_DATA__"', ""), "")).toThrow("exactly once");
    expect(() => finishPage(`${PAGE}"__PATRON_DATA__"`, "")).toThrow("exactly once");
    expect(() => finishPage(`${PAGE}__PATRON_DATA__`, "")).toThrow("exactly once");
    expect(replaceOnce("a $ b", "$", "$&")).toBe("a $& b");
  });

  it("finds the package of a bundled file", () => {
    expect(packageFolder("/x/node_modules/a/node_modules/@b/c/d.js?used")).toBe("/x/node_modules/a/node_modules/@b/c");
    expect(packageFolder("/x/src/main.tsx")).toBeNull();
  });
});

const BUILT = new URL("../dist/report.html", import.meta.url);
/** The page is sent around by mail: it stays below 1.6 MB. */
const LARGEST_BYTES = 1_600_000;

describe.skipIf(!existsSync(BUILT))("the built page", () => {
  const page = existsSync(BUILT) ? readFileSync(BUILT, "utf8") : "";

  it("holds one placeholder, one script and one style, with matching hashes", () => {
    expect(page.split('"__PATRON_DATA__"')).toHaveLength(2);
    for (const tag of ["script", "style"] as const) {
      const contents = inlineContents(page, tag);
      expect(contents).toHaveLength(1);
      expect(page).toContain(hash(contents[0] ?? ""));
    }
  });

  it("is small enough and asks for nothing from outside", () => {
    expect(Buffer.byteLength(page)).toBeLessThan(LARGEST_BYTES);
    expect(page).not.toMatch(/<(script|link|img)\b[^>]*\b(src|href)=/);
  });

  it("carries the licences of what it is built from", () => {
    for (const name of ["react ", "react-dom ", "echarts ", "zrender ", "i18next ", "@mantine/core "]) {
      expect(page).toContain(`\n${name}`);
    }
  });
});

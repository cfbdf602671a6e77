// Finishes a single-file page: puts the licences in, computes the hashes of its script and style, writes the content
// security policy, and checks that the page is what `patron run` expects.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "vite";
import { noticesText } from "./notices.ts";

export const DATA_PLACEHOLDER = '"__PATRON_DATA__"';
const POLICY_MARK = "<!-- content-security-policy -->";
const NOTICES_MARK = '<script id="patron-notices" type="text/plain"></script>';

function sha256(text: string): string {
  return `'sha256-${createHash("sha256").update(text, "utf8").digest("base64")}'`;
}

/** Returns the contents of the inline scripts that run, or of the styles. Data blocks need no hash. */
export function inlineContents(html: string, tag: "script" | "style"): string[] {
  const found = [...html.matchAll(new RegExp(`<${tag}\\b([^>]*)>([\\s\\S]*?)</${tag}>`, "g"))];
  return found
    .filter(([, attributes]) => !/type="(application\/json|text\/plain)"/.test(attributes ?? ""))
    .map(([, , content]) => content ?? "");
}

export function policyFor(html: string): string {
  const hashes = (tag: "script" | "style") => inlineContents(html, tag).map(sha256).join(" ");
  return [
    "default-src 'none'",
    `script-src ${hashes("script")}`,
    `style-src ${hashes("style")}`,
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types default",
  ].join("; ");
}

/** Replaces the only place where `mark` stands; by position, because the text may hold `$`. */
export function replaceOnce(html: string, mark: string, text: string): string {
  const at = html.indexOf(mark);
  if (at < 0 || html.indexOf(mark, at + 1) >= 0) throw new Error(`${mark} must stand exactly once in the page`);
  return html.slice(0, at) + text + html.slice(at + mark.length);
}

/** Text that may stand inside a script element without ending it. */
function textForScript(text: string): string {
  return text.replace(/<\/(?=script)/gi, "< /").replace(/<!--/g, "< !--");
}

export function finishPage(html: string, notices: string): string {
  const block = NOTICES_MARK.replace("></script>", `>\n${textForScript(notices)}</script>`);
  const withNotices = replaceOnce(html, NOTICES_MARK, block);
  const policy = `<meta http-equiv="Content-Security-Policy" content="${policyFor(withNotices)}" />`;
  const page = replaceOnce(withNotices, POLICY_MARK, policy);
  replaceOnce(page, DATA_PLACEHOLDER, "");
  if (page.split("__PATRON_DATA__").length !== 2) throw new Error("the data placeholder must stand exactly once");
  return page;
}

export function singlePage(file: string): Plugin {
  const bundled = new Set<string>();
  let outDir = "dist";
  return {
    name: "patron-single-page",
    apply: "build",
    configResolved(config) {
      outDir = join(config.root, config.build.outDir);
    },
    transform(_code, id) {
      // Styles leave the chunks before they are written, so they are noted as they pass.
      if (id.split("?")[0]?.endsWith(".css")) bundled.add(id);
    },
    generateBundle: {
      order: "pre",
      handler(_options, bundle) {
        for (const chunk of Object.values(bundle)) {
          if (chunk.type !== "chunk") continue;
          for (const [id, module] of Object.entries(chunk.modules)) if (module.renderedLength > 0) bundled.add(id);
        }
      },
    },
    writeBundle() {
      const notices = noticesText(bundled);
      const path = join(outDir, file);
      const page = finishPage(readFileSync(path, "utf8"), notices);
      writeFileSync(path, page);
      writeFileSync(join(outDir, "notices.txt"), notices);
      this.info(`${file}: ${Buffer.byteLength(page)} bytes`);
    },
  };
}

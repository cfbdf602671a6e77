// Collects the licences of the packages whose code or styles really are in the bundle.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, sep } from "node:path";

export interface Notice {
  name: string;
  version: string;
  licence: string;
  text: string;
}

const LICENCE_FILE = /^(licen[cs]e|copying)(\.(md|txt|markdown))?$/i;
const NOTICE_FILE = /^notice(\.(md|txt))?$/i;

/** Returns the folder of the package that a bundled file belongs to, or null for our own files. */
export function packageFolder(file: string): string | null {
  const clean = file.replace(/^\0/, "").split("?")[0] ?? "";
  const marker = `${sep}node_modules${sep}`;
  const at = clean.lastIndexOf(marker);
  if (at < 0) return null;
  const root = clean.slice(0, at + marker.length);
  const parts = clean.slice(at + marker.length).split(sep);
  const name = parts[0]?.startsWith("@") ? parts.slice(0, 2).join(sep) : (parts[0] ?? "");
  return name === "" ? null : join(root, name);
}

/** Reads name, version, licence and licence texts of one package. A package without a licence stops the build. */
export function readNotice(folder: string): Notice {
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as {
    name: string;
    version: string;
    license?: string;
  };
  const licence = manifest.license ?? "";
  if (licence === "") throw new Error(`package ${manifest.name} names no licence`);
  const files = readdirSync(folder).filter((file) => LICENCE_FILE.test(file) || NOTICE_FILE.test(file)).sort();
  const text = files.map((file) => readFileSync(join(folder, file), "utf8").trim()).join("\n\n");
  return { name: manifest.name, version: manifest.version, licence, text };
}

/** One text for all: packages with the same licence text are named together above it. */
export function noticesText(files: Iterable<string>): string {
  const folders = new Set<string>();
  for (const file of files) {
    const folder = packageFolder(file);
    if (folder !== null && existsSync(join(folder, "package.json"))) folders.add(folder);
  }
  const notices = [...folders].map(readNotice).sort((a, b) => a.name.localeCompare(b.name, "en"));
  const byText = new Map<string, Notice[]>();
  for (const notice of notices) {
    const same = byText.get(notice.text) ?? [];
    same.push(notice);
    byText.set(notice.text, same);
  }
  const blocks = [...byText].map(([text, same]) => {
    const heads = same.map((notice) => `${notice.name} ${notice.version} (${notice.licence})`);
    return `${heads.join("\n")}\n\n${text === "" ? "The package carries no licence text of its own." : text}`;
  });
  const rule = `\n\n${"-".repeat(72)}\n\n`;
  return `Parts of this page made by others, and their licences.${rule}${blocks.join(rule)}\n`;
}

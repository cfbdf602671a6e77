// One page a build, chosen by --mode: `report` is the single-file report. The dashboard gets an entry of its own here,
// without the single-file plugins and with a folder of its own.
import react from "@vitejs/plugin-react";
import { defineConfig, type PluginOption } from "vite";
import { viteSingleFile } from "vite-plugin-singlefile";
import { singlePage } from "./build/single-page.ts";

interface Entry {
  input: string;
  outDir: string;
  plugins: PluginOption[];
}

const ENTRIES: Record<string, Entry> = {
  report: {
    input: "report.html",
    outDir: "dist",
    plugins: [viteSingleFile({ removeViteModuleLoader: true }), singlePage("report.html")],
  },
};

export default defineConfig(({ mode }) => {
  const entry = ENTRIES[mode];
  return {
    plugins: [react(), ...(entry?.plugins ?? [])],
    build: {
      outDir: entry?.outDir ?? "dist",
      emptyOutDir: true,
      target: "es2022",
      sourcemap: false,
      modulePreload: false,
      rolldownOptions: { input: entry?.input ?? "report.html" },
    },
    // Pages are drawn whole: on a busy machine that takes its time.
    test: { include: ["tests/**/*.test.{ts,tsx}"], testTimeout: 60_000 },
  };
});

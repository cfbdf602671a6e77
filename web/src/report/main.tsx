// Starts the page: reads the data block, picks the language, draws.
import "./trustedTypes";
import "./styles";
import { createRoot } from "react-dom/client";
import { MantineProvider, createTheme } from "@mantine/core";
import { loadReport, type Loaded } from "../data/load";
import { startTranslation } from "../i18n";
import { preferredLanguage, storedLanguage } from "../i18n/languages";
import { App } from "./App";

const theme = createTheme({ cursorType: "pointer", respectReducedMotion: true });

async function load(): Promise<Loaded> {
  const loaded = loadReport(document);
  if (!import.meta.env.DEV || loaded.kind !== "placeholder") return loaded;
  const { default: sample } = await import("../data/sample.json");
  return { kind: "report", report: sample as never };
}

async function start(): Promise<void> {
  const root = document.getElementById("root");
  if (root === null) return;
  const language = preferredLanguage(storedLanguage(), navigator.languages);
  const translation = startTranslation(language);
  const loaded = await load();
  document.documentElement.lang = language;
  const problem = () => {
    if (loaded.kind === "unreadable") return translation.t("page.unreadable", { detail: loaded.detail });
    if (loaded.kind === "other_version") {
      return translation.t("page.other_version", { version: String(loaded.version) });
    }
    return translation.t("page.placeholder");
  };
  // The page's policy refuses style elements made at run time: Mantine's variables and classes stand in styles.ts.
  createRoot(root).render(
    <MantineProvider theme={theme} defaultColorScheme="auto" withCssVariables={false} withGlobalClasses={false}>
      {loaded.kind === "report" ? (
        <App report={loaded.report} translation={translation} firstLanguage={language} />
      ) : (
        <main>
          <p className="nothing">{problem()}</p>
        </main>
      )}
    </MantineProvider>,
  );
}

void start();

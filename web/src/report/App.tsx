// The report: a page of sections over one run's data.
import { useEffect, useMemo, useState } from "react";
import type { i18n } from "i18next";
import { Badge, Title } from "@mantine/core";
import type { Report } from "../data/report";
import { storeLanguage, type Language } from "../i18n/languages";
import { makeSpeech } from "../i18n/words";
import { Controls } from "./Controls";
import { SpeechContext } from "./speech";
import { Defaults } from "./sections/Defaults";
import { Footer } from "./sections/Footer";
import { FutureValue } from "./sections/FutureValue";
import { Headline } from "./sections/Headline";
import { Lifecycle } from "./sections/Lifecycle";
import { ModelCard } from "./sections/ModelCard";
import { Notes } from "./sections/Notes";
import { Octants } from "./sections/Octants";
import { ParetoSection } from "./sections/Pareto";
import { RfmMap } from "./sections/RfmMap";
import { RowAccount } from "./sections/RowAccount";
import { Segments } from "./sections/Segments";

export interface AppProps {
  report: Report;
  translation: i18n;
  firstLanguage: Language;
}

export function App({ report, translation, firstLanguage }: AppProps) {
  const [language, setLanguage] = useState<Language>(firstLanguage);
  const speech = useMemo(() => makeSpeech(translation, language, report), [translation, language, report]);
  const { t, format } = speech;
  const title = report.shop === null ? t("page.title") : t("page.title_shop", { shop: report.shop });

  useEffect(() => {
    // Without the right language Han characters take Japanese forms.
    document.documentElement.lang = language;
    document.title = title;
  }, [language, title]);

  const contents = [
    ["headline", t("headline.heading")],
    ["rfm", t("rfm.heading")],
    ["segments", t("segments.heading")],
    ["lifecycle", t("lifecycle.heading")],
    ["octants", t("octants.heading")],
    ["pareto", t("pareto.heading")],
    ["value", speech.value("clv.heading")],
    ["model", t("clv.card")],
    ["rows", t("rows.heading")],
    ["defaults", t("defaults.heading")],
    ["notes", t("notes.heading")],
  ] as const;

  return (
    <SpeechContext.Provider value={speech}>
      <a className="skip" href="#headline">
        {t("page.skip")}
      </a>
      <header className="top">
        <div className="top-row">
          <div>
            <Title order={1} className="page-title">
              {title}
            </Title>
            <p className="sample">
              {t("page.as_of", { day: format.day(report.as_of), timezone: report.timezone })}
              {" · "}
              {report.currency === null ? t("page.currency_unknown") : t("page.currency", { currency: report.currency })}
            </p>
            {report.demo ? (
              <Badge className="demo" variant="outline" radius="sm" tt="none">
                {t("page.demo")}
              </Badge>
            ) : null}
          </div>
          <Controls
            onLanguage={(next) => {
              setLanguage(next);
              storeLanguage(next);
            }}
          />
        </div>
        <nav aria-label={t("page.contents")}>
          <ul className="contents">
            {contents.map(([id, heading]) => (
              <li key={id}>
                <a href={`#${id}`}>{heading}</a>
              </li>
            ))}
          </ul>
        </nav>
      </header>
      <main>
        <Headline report={report} />
        <RfmMap report={report} />
        <Segments report={report} />
        <Lifecycle report={report} />
        <Octants report={report} />
        <ParetoSection report={report} />
        <FutureValue report={report} />
        <ModelCard report={report} />
        <RowAccount report={report} />
        <Defaults report={report} />
        <Notes report={report} />
      </main>
      <Footer report={report} />
    </SpeechContext.Provider>
  );
}

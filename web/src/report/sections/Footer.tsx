// Who made the page, and the licences of what it is built from.
import type { Report } from "../../data/report";
import { Disclosure } from "../parts";
import { useSpeech } from "../speech";

/** The build puts the notices into this element, as text. */
const NOTICES_ELEMENT_ID = "patron-notices";

export function Footer({ report }: { report: Report }) {
  const { t } = useSpeech();
  const notices = document.getElementById(NOTICES_ELEMENT_ID)?.textContent?.trim() ?? "";
  return (
    <footer className="bottom">
      <p>{t("page.made_by", { version: report.patron_version })}</p>
      <Disclosure label={t("page.licences")}>
        <pre className="licences" lang="en" tabIndex={0} role="region" aria-label={t("page.licences")}>
          {notices === "" ? t("page.licences_missing") : notices}
        </pre>
      </Disclosure>
    </footer>
  );
}

// How the figures were made, and what was noticed on the way.
import type { Report } from "../../data/report";
import { Section } from "../parts";
import { useSpeech } from "../speech";

export function Notes({ report }: { report: Report }) {
  const { t, say, value } = useSpeech();
  const fixed = [t("notes.definitions"), t("notes.share_rule"), t("notes.tie_rule"), value("basis")];
  return (
    <Section id="notes" heading={t("notes.heading")} title={t("notes.title")}>
      <ul className="plain">
        {fixed.map((text) => (
          <li key={text}>{text}</li>
        ))}
        {report.notes.map((note, index) => (
          <li key={`${note.key}-${index}`}>{say(note)}</li>
        ))}
      </ul>
    </Section>
  );
}

// Language and colour scheme.
import { NativeSelect, useMantineColorScheme, type MantineColorScheme } from "@mantine/core";
import { LANGUAGES, LANGUAGE_NAMES, isLanguage, type Language } from "../i18n/languages";
import { useSpeech } from "./speech";

const SCHEMES: readonly MantineColorScheme[] = ["auto", "light", "dark"];

export function Controls({ onLanguage }: { onLanguage: (language: Language) => void }) {
  const { t, language } = useSpeech();
  // Without keepTransitions Mantine adds a style element, which the page's policy refuses.
  const { colorScheme, setColorScheme } = useMantineColorScheme({ keepTransitions: true });
  return (
    <div className="controls">
      <NativeSelect
        id="language"
        size="sm"
        aria-label={t("page.language")}
        value={language}
        onChange={({ currentTarget: { value } }) => {
          if (isLanguage(value)) onLanguage(value);
        }}
      >
        {LANGUAGES.map((each) => (
          <option key={each} value={each} lang={each}>
            {LANGUAGE_NAMES[each]}
          </option>
        ))}
      </NativeSelect>
      <NativeSelect
        id="scheme"
        size="sm"
        aria-label={t("page.scheme")}
        value={colorScheme}
        onChange={({ currentTarget: { value } }) => {
          const scheme = SCHEMES.find((each) => each === value);
          if (scheme !== undefined) setColorScheme(scheme);
        }}
      >
        {SCHEMES.map((each) => (
          <option key={each} value={each}>
            {t(`page.scheme_${each}`)}
          </option>
        ))}
      </NativeSelect>
    </div>
  );
}

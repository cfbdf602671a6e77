// Sets up i18next with the words of the page. React escapes what it shows, so i18next must not. Components take their
// words from `makeSpeech` (words.ts), one per language: no re-rendering library is needed for three languages.
import i18next, { type i18n } from "i18next";
import { en } from "./en";
import type { Language } from "./languages";
import { zhHans } from "./zh-Hans";
import { zhHant } from "./zh-Hant";

export const WORDS = { en, "zh-Hans": zhHans, "zh-Hant": zhHant } as const;

export function startTranslation(language: Language): i18n {
  const instance = i18next.createInstance();
  void instance.init({
    lng: language,
    fallbackLng: "en",
    resources: {
      en: { translation: en },
      "zh-Hans": { translation: zhHans },
      "zh-Hant": { translation: zhHant },
    },
    interpolation: { escapeValue: false },
    initAsync: false,
    returnNull: false,
  });
  return instance;
}

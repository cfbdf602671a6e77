// The three languages, which one the reader gets, and how the choice is remembered.
import type { Names } from "../data/report";

export const LANGUAGES = ["en", "zh-Hans", "zh-Hant"] as const;
export type Language = (typeof LANGUAGES)[number];

/** Each language names itself, whatever language the page is in. */
export const LANGUAGE_NAMES: Record<Language, string> = { en: "English", "zh-Hans": "简体中文", "zh-Hant": "繁體中文" };

const STORAGE_KEY = "patron-language";

export function isLanguage(value: unknown): value is Language {
  return LANGUAGES.includes(value as Language);
}

/** Returns the language for one browser tag, or null: zh-TW, zh-HK, zh-MO and zh-Hant read traditional characters. */
export function languageOfTag(tag: string): Language | null {
  const lower = tag.toLowerCase();
  if (lower === "en" || lower.startsWith("en-")) return "en";
  if (lower !== "zh" && !lower.startsWith("zh-")) return null;
  if (lower.includes("hans")) return "zh-Hans";
  return /hant|-tw|-hk|-mo/.test(lower) ? "zh-Hant" : "zh-Hans";
}

export function preferredLanguage(stored: string | null, tags: readonly string[]): Language {
  if (isLanguage(stored)) return stored;
  for (const tag of tags) {
    const language = languageOfTag(tag);
    if (language !== null) return language;
  }
  return "en";
}

/** Storage is refused to files in some browsers; the page then simply forgets the choice. */
export function storedLanguage(): string | null {
  try {
    return window.localStorage.getItem(STORAGE_KEY);
  } catch {
    return null;
  }
}

export function storeLanguage(language: Language): void {
  try {
    window.localStorage.setItem(STORAGE_KEY, language);
  } catch {
    // Nothing to do: see storedLanguage.
  }
}

/** Returns the text in the reader's language, else in English, else the key itself. */
export function nameIn(language: Language, names: Names | null | undefined, key: string): string {
  return names?.[language] || names?.en || key;
}

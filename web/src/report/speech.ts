// The reader's words, handed down to every section.
import { createContext, useContext } from "react";
import type { Speech } from "../i18n/words";

export const SpeechContext = createContext<Speech | null>(null);

export function useSpeech(): Speech {
  const speech = useContext(SpeechContext);
  if (speech === null) throw new Error("useSpeech outside SpeechContext");
  return speech;
}

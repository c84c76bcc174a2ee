// The language of the screen: the browser's unless the agent has chosen.
import { computed, signal } from "@preact/signals";
import { en, type Strings } from "./en";
import { isolating } from "./isolate";
import { ja } from "./ja";
import { ko } from "./ko";

export type { Strings } from "./en";

export const languages = { en, ko, ja };
export type Language = keyof typeof languages;

const KEY = "tributary.language";

function preferred(): Language {
  if (typeof localStorage === "undefined") return "en"; // a test
  const wanted = [localStorage.getItem(KEY) ?? "", ...navigator.languages];
  for (const w of wanted) {
    const l = w.slice(0, 2).toLowerCase();
    if (l in languages) return l as Language;
  }
  return "en";
}

export const language = signal<Language>(preferred());

/** The strings of the present language, with what is put into them isolated; reading it in a component keeps the
 * component up to date when the language changes. */
export const t = computed<Strings>(() => isolating(languages[language.value]));

export function setLanguage(l: Language): void {
  localStorage.setItem(KEY, l);
  document.documentElement.lang = l;
  language.value = l;
}

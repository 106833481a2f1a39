import { i18n } from "@lingui/core";

/** The three languages of the interface; Finnish comes first wherever they are listed. */
export const languages = ["fi", "sv", "en"] as const;
export type Language = (typeof languages)[number];

const stored = "santra.language";
const regions: Record<Language, string> = { fi: "fi-FI", sv: "sv-FI", en: "en-GB" };

/** The locale for dates and numbers: Swedish and Finnish as written in Finland. */
export function locale(lang: string = i18n.locale): string {
  return regions[(lang as Language) in regions ? (lang as Language) : "fi"];
}

export function isLanguage(value: unknown): value is Language {
  return languages.includes(value as Language);
}

/** The language chosen before on this machine, else the browser's first that we speak, else Finnish. */
export function preferred(): Language {
  const before = localStorage.getItem(stored);
  if (isLanguage(before)) return before;
  return navigator.languages.map((l) => l.slice(0, 2)).find(isLanguage) ?? "fi";
}

const catalogs: Record<Language, () => Promise<{ messages: Record<string, string> }>> = {
  fi: () => import("./locales/fi.ts") as never,
  sv: () => import("./locales/sv.ts") as never,
  en: () => import("./locales/en.ts") as never,
};

/** Loads a language and makes it the page's, so that screen readers pronounce it right. */
export async function activate(lang: Language): Promise<void> {
  const { messages } = await catalogs[lang]();
  i18n.loadAndActivate({ locale: lang, messages });
  document.documentElement.lang = lang;
  localStorage.setItem(stored, lang);
}

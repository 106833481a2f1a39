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

type Catalogs = Record<Language, () => Promise<{ messages: Record<string, string> }>>;

const catalogs: Catalogs = {
  fi: () => import("./locales/fi.ts") as never,
  sv: () => import("./locales/sv.ts") as never,
  en: () => import("./locales/en.ts") as never,
};

/** The texts of pages that agents seldom open (lingui.config.ts), so that the first load need not carry them. */
const office: Catalogs = {
  fi: () => import("./locales/office/fi.ts") as never,
  sv: () => import("./locales/office/sv.ts") as never,
  en: () => import("./locales/office/en.ts") as never,
};
let officeWanted = false;

/** A page of the office with its texts. */
export async function withOffice<Page>(page: Promise<Page>): Promise<Page> {
  officeWanted = true;
  const lang = i18n.locale as Language;
  const [shown, { messages }] = await Promise.all([page, office[lang]()]);
  i18n.load(lang, messages);
  return shown;
}

/** Loads a language and makes it the page's, so that screen readers pronounce it right. */
export async function activate(lang: Language): Promise<void> {
  const [{ messages }, more] = await Promise.all([catalogs[lang](), officeWanted ? office[lang]() : undefined]);
  i18n.loadAndActivate({ locale: lang, messages: { ...messages, ...more?.messages } });
  document.documentElement.lang = lang;
  localStorage.setItem(stored, lang);
}

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

/** Texts that are loaded with what shows them (lingui.config.ts), so that the first load need not carry them. */
const more = {
  office: {
    fi: () => import("./locales/office/fi.ts") as never,
    sv: () => import("./locales/office/sv.ts") as never,
    en: () => import("./locales/office/en.ts") as never,
  },
  phone: {
    fi: () => import("./locales/phone/fi.ts") as never,
    sv: () => import("./locales/phone/sv.ts") as never,
    en: () => import("./locales/phone/en.ts") as never,
  },
} satisfies Record<string, Catalogs>;
const wanted = new Set<keyof typeof more>();

async function withTexts<Page>(set: keyof typeof more, page: Promise<Page>): Promise<Page> {
  wanted.add(set);
  const lang = i18n.locale as Language;
  const [shown, { messages }] = await Promise.all([page, (more[set] as Catalogs)[lang]()]);
  i18n.load(lang, messages);
  return shown;
}

/** A page that agents seldom open, with its texts. */
export const withOffice = <Page>(page: Promise<Page>): Promise<Page> => withTexts("office", page);

/** What is shown of a call, with its texts: wanted once there is a seat, not to log in. */
export const withPhone = <Page>(page: Promise<Page>): Promise<Page> => withTexts("phone", page);

/** Loads a language and makes it the page's, so that screen readers pronounce it right. */
export async function activate(lang: Language): Promise<void> {
  const loaded = await Promise.all([catalogs[lang](), ...[...wanted].map((set) => (more[set] as Catalogs)[lang]())]);
  i18n.loadAndActivate({ locale: lang, messages: Object.assign({}, ...loaded.map((l) => l.messages)) });
  document.documentElement.lang = lang;
  localStorage.setItem(stored, lang);
}

import { useLingui } from "@lingui/react";
import { Button as AriaButton } from "react-aria-components";
import { activate, languages, type Language } from "../i18n.ts";

const ownNames: Record<Language, string> = { fi: "Suomi", sv: "Svenska", en: "English" };

/** The interface's language, each named in itself. */
export function LanguageSwitch() {
  const { i18n } = useLingui();
  return (
    <div role="group" className="languages" aria-label={i18n._("Language")}>
      {languages.map((lang) => (
        <AriaButton
          key={lang}
          className="language"
          lang={lang}
          aria-pressed={i18n.locale === lang}
          onPress={() => void activate(lang)}
        >
          {ownNames[lang]}
        </AriaButton>
      ))}
    </div>
  );
}

import { formatter } from "@lingui/format-json";
import type { LinguiConfig } from "@lingui/conf";

/** Pages that agents seldom open, and what only they use: their texts are a catalogue of their own (withOffice in src/i18n.ts). */
const office = [
  ...["Abilities", "Archive", "Attest", "Callbacks", "Calls.", "calls", "useWatch", "Flow", "ForceState", "Grants", "Log.", "Measures", "People", "Prompt", "Purpose", "QueueDialog", "Recordings", "Simulation"].map((p) => `src/pages/${p}*`),
  "src/lib/explain.ts",
  "src/lib/notes.ts",
  "src/lib/sound.ts",
  "src/play",
  "src/plot",
];

/** What is shown of a call and its devices: another catalogue (withPhone). */
const phone = ["src/calls"];
const under = (paths: readonly string[]) => paths.flatMap((o) => [`<rootDir>/${o}`, `<rootDir>/${o}/**`]);

// The English text is the message's id; en, fi and sv are all complete, and `lingui compile --strict` fails on a gap.
const config: LinguiConfig = {
  sourceLocale: "en",
  locales: ["en", "fi", "sv"],
  catalogs: [
    { path: "<rootDir>/src/locales/{locale}", include: ["src"], exclude: ["**/*.test.ts", ...under(office), ...under(phone)] },
    { path: "<rootDir>/src/locales/phone/{locale}", include: phone.map((o) => `<rootDir>/${o}`), exclude: ["**/*.test.ts"] },
    { path: "<rootDir>/src/locales/office/{locale}", include: office.map((o) => `<rootDir>/${o}`), exclude: ["**/*.test.ts"] },
  ],
  format: formatter({ style: "minimal" }),
  compileNamespace: "ts",
  orderBy: "messageId",
};

export default config;

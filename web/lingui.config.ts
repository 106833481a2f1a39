import { formatter } from "@lingui/format-json";
import type { LinguiConfig } from "@lingui/conf";

// The English text is the message's id; en, fi and sv are all complete, and `lingui compile --strict` fails on a gap.
const config: LinguiConfig = {
  sourceLocale: "en",
  locales: ["en", "fi", "sv"],
  catalogs: [{ path: "<rootDir>/src/locales/{locale}", include: ["src"], exclude: ["**/*.test.ts"] }],
  format: formatter({ style: "minimal" }),
  compileNamespace: "ts",
  orderBy: "messageId",
};

export default config;

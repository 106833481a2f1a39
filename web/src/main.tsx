import { i18n } from "@lingui/core";
import { I18nProvider as Catalogs, useLingui } from "@lingui/react";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { I18nProvider as AriaLocale } from "react-aria-components";
import "hds-core/lib/base.min.css";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/controls.css";
import "./styles/shell.css";
import "./styles/callbar.css";
import "./styles/pages.css";
import "./styles/supervise.css";
import "./styles/plots.css";
import "./styles/office.css";
import { ApiError } from "./api/client.ts";
import { activate, locale, preferred } from "./i18n.ts";
import { router } from "./router.tsx";

/** A refusal is an answer; only an unreachable or failing server is asked again. */
const retry = (failures: number, error: unknown) =>
  failures < 2 && (!(error instanceof ApiError) || error.status === 0 || error.status >= 500);

const client = new QueryClient({
  defaultOptions: { queries: { retry, staleTime: 5_000, refetchOnWindowFocus: true }, mutations: { retry: false } },
});

function Localised() {
  const { i18n } = useLingui();
  return (
    <AriaLocale locale={locale(i18n.locale)}>
      <RouterProvider router={router} context={{ client }} />
    </AriaLocale>
  );
}

await activate(preferred());
createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <Catalogs i18n={i18n}>
      <QueryClientProvider client={client}>
        <Localised />
      </QueryClientProvider>
    </Catalogs>
  </StrictMode>,
);

import { useLingui } from "@lingui/react";
import { Link } from "@tanstack/react-router";
import { Page } from "../ui/parts.tsx";

export function NotFound() {
  const { i18n } = useLingui();
  return (
    <Page title={i18n._("Page not found")}>
      <p>
        <Link to="/">{i18n._("To the desktop")}</Link>
      </p>
    </Page>
  );
}

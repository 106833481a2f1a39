import { useLingui } from "@lingui/react";
import { useQuery } from "@tanstack/react-query";
import { Navigate, Outlet, useRouterState } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { isStatus } from "../api/client.ts";
import { meQuery } from "../api/queries.ts";
import type { Me } from "../api/types.ts";
import { Announcer } from "../lib/announce.tsx";
import { may, needsSeat } from "../lib/rights.ts";
import { LiveProvider } from "../live/useLive.tsx";
import { LoginPage } from "../pages/Login.tsx";
import { PhoneProvider } from "../phone/PhoneProvider.tsx";
import { ErrorNotice, Loading } from "../ui/parts.tsx";
import { Toasts } from "../ui/toast.tsx";
import { CallBar } from "./CallBar.tsx";
import { Header } from "./Header.tsx";
import { MeContext } from "./me.ts";
import { NotAnswering } from "./NotAnswering.tsx";
import { Shortcuts } from "./Shortcuts.tsx";
import { seatWasSkipped } from "./skippedSeat.ts";

/** What surrounds every page: who is logged in, the header, the call bar that outlives navigation, the live regions. */
export function Shell() {
  const { data: me, error, isPending } = useQuery(meQuery);
  const path = useRouterState({ select: (s) => s.location.pathname });
  return (
    <>
      <Announcer />
      <Inside me={me} loading={isPending} error={error} path={path} />
      <Toasts />
    </>
  );
}

function Inside({ me, loading, error, path }: { me?: Me; loading: boolean; error: unknown; path: string }) {
  if (isStatus(error, 401)) return <LoginPage />;
  if (loading) return <Loading />;
  if (!me) return <ErrorNotice error={error} />;
  if (needsSeat(me) && path === "/" && !seatWasSkipped()) return <Navigate to="/seat" replace />;
  return (
    <MeContext value={me}>
      <LiveProvider>
        <PhoneProvider>{path === "/wallboard" ? <Outlet /> : <Frame me={me} path={path} />}</PhoneProvider>
      </LiveProvider>
    </MeContext>
  );
}

function Frame({ me, path }: { me: Me; path: string }) {
  const { i18n } = useLingui();
  const main = useRef<HTMLElement>(null);
  const before = useRef(path);
  useEffect(() => {
    // A new page is where reading goes on; the call bar keeps what it has.
    if (before.current !== path) {
      main.current?.querySelector("h1")?.focus({ preventScroll: true });
      window.scrollTo(0, 0);
    }
    before.current = path;
  }, [path]);
  return (
    <div className="shell">
      <a className="skip" href="#main">
        {i18n._("Skip to the content")}
      </a>
      <Header me={me} />
      {may(me, "call.handle") && me.seat && <CallBar me={me} />}
      <main id="main" ref={main} tabIndex={-1}>
        <NotAnswering me={me} />
        <Outlet />
      </main>
      <Footer />
      <Shortcuts me={me} />
    </div>
  );
}

function Footer() {
  const { i18n } = useLingui();
  return (
    <footer className="footer">
      <a href={`/register?lang=${i18n.locale}`} target="_blank" rel="noreferrer">
        {i18n._("Register description (opens in a new tab)")}
      </a>
      <a href="/wallboard">{i18n._("Wallboard")}</a>
    </footer>
  );
}

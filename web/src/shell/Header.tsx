import { useLingui } from "@lingui/react";
import { useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Button as AriaButton, Menu, MenuItem, MenuTrigger, Popover, Separator } from "react-aria-components";
import { api } from "../api/client.ts";
import type { Me } from "../api/types.ts";
import { roleLabel } from "../lib/labels.ts";
import { allowedPlaces, may, type Place } from "../lib/rights.ts";
import { useLine } from "../live/useLive.tsx";
import { Icon, type IconName } from "../ui/Icon.tsx";
import { Koros } from "../ui/Koros.tsx";
import { LanguageSwitch } from "./LanguageSwitch.tsx";
import { askSeatAgain } from "./skippedSeat.ts";
import { showHelp } from "./Shortcuts.tsx";
import { StateSwitch } from "./StateSwitch.tsx";

/** Who I am, my state, the seat, the language, and where I can go. */
export function Header({ me }: { me: Me }) {
  const { i18n } = useLingui();
  return (
    <header className="header">
      <div className="header-row">
        <Link to="/" className="brand" aria-label={i18n._("Santra, to the desktop")}>
          Santra
        </Link>
        {may(me, "call.handle") && me.seat && <StateSwitch me={me} />}
        <LineMark />
        <div className="header-end">
          {me.seat && (
            <Link to="/seat" className="header-link seat-link">
              <span className="only-heard">{i18n._("Seat")} </span>
              <Icon name="screen" size={18} />
              {me.seat}
            </Link>
          )}
          <LanguageSwitch />
          <AccountMenu me={me} />
        </div>
      </div>
      <nav className="nav" aria-label={i18n._("Main menu")}>
        {allowedPlaces(me).map((place) => (
          <Link key={place.path} to={place.path} className="nav-link" activeOptions={{ exact: place.path === "/" }}>
            <Icon name={placeIcon[place.path]} size={18} />
            <PlaceName path={place.path} />
          </Link>
        ))}
      </nav>
      <Koros />
    </header>
  );
}

const placeIcon: Record<Place["path"], IconName> = {
  "/": "home",
  "/mail": "mail",
  "/calls": "ear",
  "/measures": "measures",
  "/simulation": "simulation",
  "/callbacks": "phone",
  "/flows": "flow",
  "/prompts": "speaker",
  "/recordings": "recording",
  "/archive": "archive",
  "/grants": "check",
  "/people": "people",
  "/log": "log",
  "/attest": "shield",
};

function PlaceName({ path }: { path: Place["path"] }) {
  const { i18n } = useLingui();
  switch (path) {
    case "/":
      return i18n._("Desktop");
    case "/mail":
      return i18n._("E-mail");
    case "/calls":
      return i18n._("Calls");
    case "/measures":
      return i18n._("Measures");
    case "/simulation":
      return i18n._("Simulation");
    case "/callbacks":
      return i18n._("Callbacks");
    case "/flows":
      return i18n._("Flows");
    case "/prompts":
      return i18n._("Prompts");
    case "/recordings":
      return i18n._("Recordings");
    case "/archive":
      return i18n._("Archive");
    case "/grants":
      return i18n._("Rights to listen");
    case "/people":
      return i18n._("People");
    case "/log":
      return i18n._("Log");
    case "/attest":
      return i18n._("Promises");
  }
}

/** Says so when what is shown may be old. */
function LineMark() {
  const { i18n } = useLingui();
  const line = useLine();
  return (
    <div role="status" className="line-mark">
      {line === "lost" && (
        <span className="line-lost">
          <Icon name="warning" size={16} />
          {i18n._("Connection lost, reconnecting")}
        </span>
      )}
    </div>
  );
}

function AccountMenu({ me }: { me: Me }) {
  const { i18n } = useLingui();
  const client = useQueryClient();
  const leave = async () => {
    await api.POST("/api/logout").catch(() => undefined);
    askSeatAgain();
    client.clear();
    window.location.assign("/");
  };
  const act = (key: unknown) => (key === "help" ? showHelp() : void leave());
  const roles = [...new Set(me.roles.map((r) => r.role))].map(roleLabel).join(", ");
  return (
    <MenuTrigger>
      <AriaButton className="header-link account">
        <span className="only-heard">{i18n._("Account")}: </span>
        <Icon name="person" size={18} />
        <span className="account-name">{me.person.display}</span>
        <Icon name="down" size={14} />
      </AriaButton>
      <Popover className="popover" placement="bottom end">
        <div className="menu-head">
          <strong>{me.person.display}</strong>
          <span>{roles}</span>
        </div>
        <Menu className="menu" onAction={act} aria-label={i18n._("Account")}>
          <MenuItem id="help">{i18n._("Keyboard shortcuts")}</MenuItem>
          <Separator />
          <MenuItem id="leave">{i18n._("Log out")}</MenuItem>
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}

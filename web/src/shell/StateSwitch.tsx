import { useLingui } from "@lingui/react";
import { useQuery } from "@tanstack/react-query";
import { Button as AriaButton, Menu, MenuItem, MenuTrigger, Popover, Separator } from "react-aria-components";
import { cityQuery } from "../api/queries.ts";
import type { Me } from "../api/types.ts";
import { errorText, reasonText, stateText } from "../lib/labels.ts";
import { Icon } from "../ui/Icon.tsx";
import { Elapsed, StateMark } from "../ui/parts.tsx";
import { toast } from "../ui/toast.tsx";
import { useSetState, type Choice } from "./useSetState.ts";

/** The own state, in words, shape and colour, and the way to change it. */
export function StateSwitch({ me }: { me: Me }) {
  const { i18n } = useLingui();
  const set = useSetState();
  const { data: city } = useQuery(cityQuery);
  const breaks = (city?.break_reasons ?? []).map((r) => [`break-${r.id}`, { state: "break", reason: r.id, text: i18n._("Break: {reason}", { reason: reasonText(r) }) }] as const);
  const choices: Record<string, Choice & { text: string }> = {
    ready: { state: "ready", text: i18n._("Ready") },
    break: { state: "break", text: i18n._("Break") },
    ...Object.fromEntries(breaks),
    offline: { state: "offline", text: i18n._("Offline") },
  };
  const pick = (key: unknown) => {
    const { text: _, ...choice } = choices[String(key)]!;
    set.mutate(choice, { onError: (e) => toast(errorText(e)) });
  };
  return (
    <MenuTrigger>
      <AriaButton className={`state-switch state-${me.state}`}>
        <span className="only-heard">{i18n._("Your state")}: </span>
        <StateMark state={me.state} />
        <span className="state-name">{stateText(me.state, me.reason, city?.break_reasons)}</span>
        <span className="state-time" aria-hidden="true">
          <Elapsed since={me.state_since} />
        </span>
        <Icon name="down" size={14} />
      </AriaButton>
      <Popover className="popover">
        <Menu className="menu" onAction={pick} aria-label={i18n._("Change your state")}>
          {Object.entries(choices).flatMap(([id, c]) => [
            ...(id === "offline" ? [<Separator key="line" />] : []),
            <MenuItem key={id} id={id} textValue={c.text}>
              <StateMark state={c.state} />
              {c.text}
            </MenuItem>,
          ])}
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}

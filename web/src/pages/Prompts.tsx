import { i18n } from "@lingui/core";
import { useLingui } from "@lingui/react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, take } from "../api/client.ts";
import type { Prompt, PromptVersion } from "../api/types.ts";
import { dateTime } from "../lib/format.ts";
import { languageLabel } from "../lib/labels.ts";
import { isFound, isOwn } from "../lib/promptName.ts";
import { may } from "../lib/rights.ts";
import { useMe } from "../shell/me.ts";
import { Button, Select, TextField } from "../ui/controls.tsx";
import { Icon } from "../ui/Icon.tsx";
import { Dialog, ErrorNotice, Loading, Page } from "../ui/parts.tsx";
import { NewVersion, promptsKey } from "./PromptForm.tsx";

type Which = "own" | "all";

/** What callers hear, by language: built in or the city’s own, with the versions that people handed in. */
export function PromptsPage() {
  const { i18n } = useLingui();
  const me = useMe();
  const [lang, setLang] = useState("fi");
  const [which, setWhich] = useState<Which>("own");
  const [text, find] = useState("");
  const [adding, add] = useState<{ name: string }>();
  const { data, error, isPending } = useQuery({ queryKey: promptsKey, queryFn: () => take(api.GET("/api/prompts")) });
  const rows = (data?.prompts ?? []).filter((p) => p.lang === lang && (which === "all" || isOwn(p)) && isFound(p, text));
  const change = may(me, "prompt.change");
  return (
    <Page title={i18n._("Prompts")} lead={i18n._("What callers hear. A version of the city’s own is heard when it is chosen; running calls hear the one that they began.")}>
      <div className="filters">
        <Select label={i18n._("Language")} options={["fi", "sv", "en"].map((id) => ({ id, text: languageLabel(id) }))} value={lang} onPick={setLang} />
        <Select
          label={i18n._("Show")}
          options={[
            { id: "all", text: i18n._("All prompts") },
            { id: "own", text: i18n._("The city’s own, and those of flows") },
          ]}
          value={which}
          onPick={(w) => setWhich(w as Which)}
        />
        <TextField label={i18n._("Find by name or words")} value={text} onChange={find} />
        {change && (
          <Button icon="plus" className="filter-go" onPress={() => add({ name: "" })}>
            {i18n._("New prompt")}
          </Button>
        )}
      </div>
      <ErrorNotice error={error} />
      {isPending && <Loading />}
      {data && rows.length === 0 && <p>{which === "own" ? i18n._("There are none of the city’s own in this language.") : i18n._("None was found.")}</p>}
      <ul className="prompts">
        {rows.map((p) => (
          <PromptItem key={p.name} prompt={p} onAdd={change ? () => add({ name: p.name }) : undefined} />
        ))}
      </ul>
      <Dialog title={i18n._("New version")} isOpen={Boolean(adding)} onClose={() => add(undefined)} firm>
        {adding && <NewVersion lang={lang} name={adding.name} speaks={data?.speaks ?? false} onDone={() => add(undefined)} />}
      </Dialog>
    </Page>
  );
}

function PromptItem({ prompt: p, onAdd }: { prompt: Prompt; onAdd: (() => void) | undefined }) {
  const { i18n } = useLingui();
  return (
    <li className="card">
      <div className="card-head">
        <h2 className="prompt-name">
          <code>{p.name}</code>
        </h2>
        <span className={p.source === "none" ? "whole whole-not" : "quiet"}>
          {p.source === "none" && <Icon name="warning" size={16} />}
          {sourceText(p)}
        </span>
      </div>
      {p.words ? <p lang={p.lang}>“{p.words}”</p> : <p className="quiet">{i18n._("Nobody has written down what it says.")}</p>}
      {p.notice && <p className="quiet">{i18n._("A recording announcement: it lasts at least 4 seconds.")}</p>}
      {p.versions.length > 0 && (
        <ul className="versions">
          {p.versions.map((v) => (
            <VersionItem key={v.id} prompt={p} version={v} mayChange={Boolean(onAdd)} />
          ))}
        </ul>
      )}
      {onAdd && (
        <div className="actions">
          <Button look="secondary" icon="plus" onPress={onAdd} aria-label={i18n._("New version of {name}", { name: p.name })}>
            {i18n._("New version")}
          </Button>
        </div>
      )}
    </li>
  );
}

function sourceText(p: Prompt): string {
  const time = i18n._("{n} s", { n: p.seconds.toFixed(1) });
  switch (p.source) {
    case "built_in":
      return `${i18n._("Built in")}, ${time}`;
    case "folder":
      return `${i18n._("The city’s own, on the server’s disk")}, ${time}`;
    case "own":
      return `${i18n._("The city’s own")}, ${time}`;
    case "none":
      return i18n._("There is no sound");
  }
}

function VersionItem({ prompt, version: v, mayChange }: { prompt: Prompt; version: PromptVersion; mayChange: boolean }) {
  const { i18n } = useLingui();
  const [playing, play] = useState(false);
  const when = dateTime(v.at);
  return (
    <li>
      <p>
        <span className="figures">{when}</span>, {v.display}, {v.source === "speech" ? i18n._("spoken by the machine") : i18n._("handed in")}, {i18n._("{n} s", { n: v.seconds.toFixed(1) })}
        {v.heard && (
          <span className="whole">
            <Icon name="check" size={16} />
            {i18n._("Is heard")}
          </span>
        )}
      </p>
      {v.words && v.words !== prompt.words && <p lang={prompt.lang}>“{v.words}”</p>}
      {playing && <audio controls autoPlay src={`/api/prompt-versions/${encodeURIComponent(v.id)}/audio`} aria-label={i18n._("Version of {time}", { time: when })} />}
      <div className="actions row-actions">
        {!playing && (
          <Button look="secondary" icon="play" onPress={() => play(true)} aria-label={i18n._("Listen to the version of {time}", { time: when })}>
            {i18n._("Listen")}
          </Button>
        )}
        {mayChange && <Choice prompt={prompt} version={v} when={when} />}
      </div>
    </li>
  );
}

/** Chooses a version to be heard, or none, or removes one that is not heard. */
function Choice({ prompt, version: v, when }: { prompt: Prompt; version: PromptVersion; when: string }) {
  const { i18n } = useLingui();
  const client = useQueryClient();
  const onSettled = () => client.invalidateQueries({ queryKey: promptsKey });
  const path = { id: v.id };
  const hear = useMutation({ mutationFn: () => take(api.PUT("/api/prompt-versions/{id}/heard", { params: { path } })), onSettled });
  const unhear = useMutation({ mutationFn: () => take(api.DELETE("/api/prompts/{lang}/{name}/heard", { params: { path: { lang: prompt.lang, name: prompt.name } } })), onSettled });
  const remove = useMutation({ mutationFn: () => take(api.DELETE("/api/prompt-versions/{id}", { params: { path } })), onSettled });
  return (
    <>
      {v.heard ? (
        <Button look="secondary" isPending={unhear.isPending} onPress={() => unhear.mutate()}>
          {i18n._("Back to the built-in one")}
        </Button>
      ) : (
        <>
          <Button isPending={hear.isPending} onPress={() => hear.mutate()} aria-label={i18n._("Let the version of {time} be heard", { time: when })}>
            {i18n._("Let it be heard")}
          </Button>
          <Button look="secondary" isPending={remove.isPending} onPress={() => remove.mutate()} aria-label={i18n._("Remove the version of {time}", { time: when })}>
            {i18n._("Remove")}
          </Button>
        </>
      )}
      <ErrorNotice error={hear.error ?? unhear.error ?? remove.error} />
    </>
  );
}

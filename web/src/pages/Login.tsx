import { useLingui } from "@lingui/react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Form } from "react-aria-components";
import { api, isStatus, take } from "../api/client.ts";
import { LanguageSwitch } from "../shell/LanguageSwitch.tsx";
import { Button, TextField } from "../ui/controls.tsx";
import { ErrorNotice, Notice } from "../ui/parts.tsx";
import { Koros } from "../ui/Koros.tsx";

export function LoginPage() {
  const { i18n } = useLingui();
  return (
    <div className="login">
      <title>{`${i18n._("Log in")} – Santra`}</title>
      <header className="login-hero">
        <p className="login-brand">Santra</p>
        <p className="login-line">{i18n._("The city’s contact centre: every call and every message to the right person.")}</p>
        <Koros />
      </header>
      <main className="login-main">
        <LanguageSwitch />
        <h1>{i18n._("Log in")}</h1>
        <LoginForm />
        <p className="quiet">
          <a href={`/register?lang=${i18n.locale}`}>{i18n._("Register description")}</a>
        </p>
      </main>
    </div>
  );
}

function LoginForm() {
  const { i18n } = useLingui();
  const client = useQueryClient();
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const login = useMutation({
    mutationFn: () => take(api.POST("/api/login", { body: { name, password } })),
    onSuccess: () => client.resetQueries(),
  });
  const wrong = isStatus(login.error, 401) || isStatus(login.error, 403);
  return (
    <Form
      className="stack"
      onSubmit={(e) => {
        e.preventDefault();
        login.mutate();
      }}
    >
      {wrong ? (
        <Notice look="error" live>
          {i18n._("The user name or the password is wrong.")}
        </Notice>
      ) : (
        <ErrorNotice error={login.error} />
      )}
      <TextField label={i18n._("User name")} value={name} onChange={setName} autoComplete="username" isRequired name="name" />
      <TextField label={i18n._("Password")} value={password} onChange={setPassword} type="password" autoComplete="current-password" isRequired name="password" />
      <Button type="submit" isPending={login.isPending}>
        {i18n._("Log in")}
      </Button>
    </Form>
  );
}

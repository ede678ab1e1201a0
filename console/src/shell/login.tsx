import { useState } from "preact/hooks";
import { absence, logIn } from "../session";
import { Button, Code, Notice, TextField } from "../ui/parts";
import { LookButtons } from "./look";
import { text } from "./text";

export function Login() {
  const t = text.value.login;
  const [token, setToken] = useState("");
  const [busy, setBusy] = useState(false);
  const why = absence.value;
  if (why === "opening")
    return (
      <main class="login muted" role="status">
        {t.opening}
      </main>
    );
  const submit = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    await logIn(token.trim());
    setBusy(false);
  };
  return (
    <main class="login">
      <form class="card" onSubmit={(event) => void submit(event)}>
        <div class="body stack">
          <div class="row">
            <img src="/console/favicon.svg" width="32" height="32" alt="" />
            <h1 class="grow">{text.value.product}</h1>
            <LookButtons />
          </div>
          {t.reasons[why] && <Notice tone={why === "logged_out" ? "ok" : "warn"}>{t.reasons[why]}</Notice>}
          <div class="stack tight">
            <p>{t.command}</p>
            <Code>fngate console</Code>
          </div>
          <h2>{t.orToken}</h2>
          <TextField
            label={t.token}
            hint={t.tokenHint}
            type="password"
            value={token}
            onValue={setToken}
            mono
            required
            autocomplete="current-password"
          />
          <Button kind="primary" type="submit" disabled={busy || token.trim() === ""}>
            {t.submit}
          </Button>
          <details>
            <summary>{t.make}</summary>
            <Code wrap>fngate token new NAME --role write</Code>
            <p class="small muted">{t.makeText}</p>
          </details>
        </div>
      </form>
    </main>
  );
}

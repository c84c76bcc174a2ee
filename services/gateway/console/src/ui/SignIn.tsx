import { useState } from "preact/hooks";
import { api, ApiError } from "../core/api";
import { enter, session } from "../core/store";
import { language, languages, setLanguage, t, type Language } from "../i18n";
import { first } from "./parts";

export function SignIn() {
  const s = t.value;
  const [error, setError] = useState("");
  const [busy, setBusy] = useState(false);
  const submit = async (e: SubmitEvent) => {
    e.preventDefault();
    const form = new FormData(e.currentTarget as HTMLFormElement);
    setBusy(true);
    setError("");
    try {
      await api.signIn(String(form.get("email")).trim(), String(form.get("password")));
      await enter();
      if (session.value !== "in") setError(s.unreachable);
    } catch (x) {
      if (!(x instanceof ApiError)) throw x;
      setError(x.status === 0 || x.status >= 500 ? s.unreachable : x.status === 429 ? s.tooMany : s.badSignIn);
    } finally {
      setBusy(false);
    }
  };
  return (
    <main class="signin">
      <form class="signin-card" onSubmit={submit}>
        <img src="/favicon.svg" alt="" width="40" height="40" />
        <h1>Tributary</h1>
        <p class="muted">{s.tagline}</p>
        {session.value === "ended" && !error && <p class="notice" role="alert">{s.sessionEnded}</p>}
        {error && <p class="notice bad" role="alert">{error}</p>}
        <label class="field"><span>{s.email}</span><input name="email" type="email" autocomplete="username" required ref={first} /></label>
        <label class="field"><span>{s.password}</span><input name="password" type="password" autocomplete="current-password" required /></label>
        <button class="button primary block" disabled={busy}>{s.signIn}</button>
      </form>
      <LanguageSwitch />
    </main>
  );
}

export function LanguageSwitch() {
  return (
    <select class="language" aria-label={t.value.language} value={language.value} onChange={(e) => setLanguage(e.currentTarget.value as Language)}>
      {Object.entries(languages).map(([k, v]) => <option key={k} value={k}>{v.name}</option>)}
    </select>
  );
}

// An agent's own password. The present one is asked for, so that an unlocked screen is
// not enough; every other session of theirs ends with the change.
import { useState } from "preact/hooks";
import { explain, toast } from "../core/actions";
import { api, ApiError } from "../core/api";
import { me } from "../core/store";
import { t } from "../i18n";
import { Button, first, menu, Modal } from "./parts";

const LEAST = 8;

export function Password() {
  const s = t.value;
  const [error, setError] = useState("");
  const [busy, setBusy] = useState(false);
  const close = () => (menu.value = "");
  const submit = async (e: SubmitEvent) => {
    e.preventDefault();
    const form = new FormData(e.currentTarget as HTMLFormElement);
    const [current, wanted, again] = ["current", "new", "again"].map((k) => String(form.get(k)));
    if (wanted !== again) return setError(s.passwordsDiffer);
    setBusy(true);
    setError("");
    try {
      await api.changePassword(current!, wanted!);
      close();
      toast(s.passwordChanged);
    } catch (x) {
      setError(x instanceof ApiError && x.problem.code === "wrong_password" ? s.wrongPassword : explain(x));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Modal label={s.changePassword} onClose={close}>
      <h2 class="modal-title">{s.changePassword}</h2>
      <form class="own-password" onSubmit={submit}>
        <input type="hidden" autocomplete="username" value={me.value?.email ?? ""} />
        <p class="muted">{s.otherSessionsEnd}</p>
        {error && <p class="notice bad" role="alert">{error}</p>}
        <label class="field"><span>{s.currentPassword}</span><input name="current" type="password" autocomplete="current-password" required ref={first} /></label>
        <label class="field"><span>{s.newPassword}</span><input name="new" type="password" autocomplete="new-password" minLength={LEAST} maxLength={1024} required /></label>
        <label class="field"><span>{s.repeatPassword}</span><input name="again" type="password" autocomplete="new-password" minLength={LEAST} maxLength={1024} required /></label>
        <div class="own-password-buttons"><Button label={s.cancel} onClick={close} /><button class="button primary" disabled={busy}>{s.changePassword}</button></div>
      </form>
    </Modal>
  );
}

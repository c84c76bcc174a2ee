// The board as it stood at a past minute.
import { useState } from "preact/hooks";
import { t } from "../i18n";
import { Button } from "../ui/parts";
import { serverNow } from "../core/time";
import { at, look } from "./live";

/** A moment as a field for local date and time has it, to the minute. */
export function localMinute(ms: number): string {
  const d = new Date(ms);
  return new Date(ms - d.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

export function Travel() {
  const s = t.value.board;
  const [typed, setTyped] = useState("");
  const step = (minutes: number) => {
    const from = at.value ? Date.parse(at.value) : serverNow();
    const to = Math.min(from + minutes * 60_000, serverNow());
    const value = localMinute(to);
    setTyped(value);
    void look(value);
  };
  const away = at.value !== "";
  return (
    <form class="travel" aria-label={s.travel} onSubmit={(e) => (e.preventDefault(), typed && void look(typed))}>
      <Button icon="back" label={s.back(15)} text={false} kind="quiet" onClick={() => step(-15)} />
      <input type="datetime-local" aria-label={s.travel} title={s.travel} value={typed} max={localMinute(serverNow())} onChange={(e) => (setTyped(e.currentTarget.value), e.currentTarget.value && void look(e.currentTarget.value))} />
      {away && <Button icon="arrowRight" label={s.forward(15)} text={false} kind="quiet" onClick={() => step(15)} />}
      {away && <Button icon="clock" label={s.now} kind="primary" onClick={() => (setTyped(""), void look(""))} />}
    </form>
  );
}

// The board as it stood at a past minute. The minute is one of the house, as all
// times on the board are.
import { useState } from "preact/hooks";
import { t } from "../i18n";
import { Button } from "../ui/parts";
import { serverNow } from "../core/time";
import { momentOf, wallTime } from "../core/zone";
import { at, look } from "./live";

export function Travel({ zone }: { zone: string }) {
  const s = t.value.board;
  const [typed, setTyped] = useState("");
  const step = (minutes: number) => {
    const to = Math.min((at.value ?? serverNow()) + minutes * 60_000, serverNow());
    setTyped(wallTime(zone, to));
    void look(to);
  };
  // A year that is being typed goes through the first centuries; the field says what
  // is wrong with it once it is entered.
  const type = (el: HTMLInputElement) => {
    setTyped(el.value);
    el.max = wallTime(zone, serverNow());
    if (el.value && el.validity.valid) void look(momentOf(zone, el.value));
  };
  const away = at.value !== null;
  return (
    <form class="travel" aria-label={s.travel} onSubmit={(e) => (e.preventDefault(), typed && void look(momentOf(zone, typed)))}>
      <Button icon="back" label={s.back(15)} text={false} kind="quiet" onClick={() => step(-15)} />
      <input type="datetime-local" aria-label={s.travelIn(zone)} title={s.travelIn(zone)} value={typed} min="2000-01-01T00:00" max={wallTime(zone, serverNow())} onChange={(e) => type(e.currentTarget)} />
      {away && <Button icon="arrowRight" label={s.forward(15)} text={false} kind="quiet" onClick={() => step(15)} />}
      {away && <Button icon="clock" label={s.now} kind="primary" onClick={() => (setTyped(""), void look(null))} />}
    </form>
  );
}

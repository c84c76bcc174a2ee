import { useState } from "preact/hooks";
import { moment } from "../core/format";
import { presets } from "../core/snooze";
import { t } from "../i18n";
import { Button, type Choice, first, Picker, Popover } from "./parts";

const local = (d: Date) => new Date(d.getTime() - d.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);

export function SnoozeMenu({ onClose, onPick }: { onClose: () => void; onPick: (d: Date) => void }) {
  const s = t.value;
  const [own, setOwn] = useState(false);
  const [at, setAt] = useState(() => local(presets(new Date())[2]!.at));
  const choices: Choice[] = presets(new Date()).map((p) => ({ id: p.key, label: s[p.key], hint: moment(p.at.toISOString()), icon: "clock", run: () => onPick(p.at) }));
  choices.push({ id: "own", label: s.pickDate, icon: "clock", run: () => setOwn(true) });
  const set = () => {
    const d = new Date(at);
    if (d.getTime() > Date.now()) onPick(d);
  };
  return (
    <Popover label={s.snooze} onClose={onClose}>
      {!own ? <Picker choices={choices} placeholder={s.snooze} /> : (
        <form class="menu-form" onSubmit={(e) => (e.preventDefault(), set())}>
          <label class="field"><span>{s.pickDate}</span><input type="datetime-local" ref={first} required min={local(new Date())} value={at} onInput={(e) => setAt(e.currentTarget.value)} /></label>
          <div class="menu-buttons"><Button label={s.cancel} kind="quiet" onClick={() => setOwn(false)} /><Button type="submit" label={s.set} kind="primary" /></div>
        </form>
      )}
    </Popover>
  );
}

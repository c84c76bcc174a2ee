// A promise to call a customer: made here, kept by a call, or closed by a person.
import { useState } from "preact/hooks";
import { closeCallback, requestCallback } from "../core/actions";
import { moment } from "../core/format";
import { contact } from "../core/store";
import type { Conversation } from "../core/wire";
import { t } from "../i18n";
import { Icon } from "./icons";
import { Button, first, Popover } from "./parts";

export function CallbackBanner({ c }: { c: Conversation }) {
  const s = t.value;
  const [busy, setBusy] = useState(false);
  const b = c.callback!;
  const close = async (outcome: "reached" | "attempted" | "cancelled") => {
    setBusy(true);
    await closeCallback(c, outcome);
    setBusy(false);
  };
  const words = [s.callbackFor[b.reason] ?? b.reason, b.wanted_at && s.callbackWanted(moment(b.wanted_at)), b.attempts && s.callbackTried(b.attempts), b.note].filter(Boolean).join(" · ");
  return (
    <div class="callback" role="status">
      <Icon name="phone" />
      <span class="grow"><a class="link" href={`tel:${b.number}`}>{s.callBack(b.number)}</a> <span class="muted small">{words}</span></span>
      <span class="callback-buttons">
        <Button icon="check" label={s.reached} kind="primary" disabled={busy} onClick={() => void close("reached")} />
        <Button label={s.notReached} disabled={busy} onClick={() => void close("attempted")} />
        <Button label={s.callbackCancel} kind="quiet" disabled={busy} onClick={() => void close("cancelled")} />
      </span>
    </div>
  );
}

/** Asks for number, time and a note; an open promise is changed by it. */
export function CallbackMenu({ c, onClose }: { c: Conversation; onClose: () => void }) {
  const s = t.value;
  const numbers = contact.value?.id === c.contact.id ? (contact.value.points ?? []).filter((p) => p.kind === "phone").map((p) => p.value) : [];
  const [busy, setBusy] = useState(false);
  const submit = async (e: SubmitEvent) => {
    e.preventDefault();
    const f = new FormData(e.currentTarget as HTMLFormElement);
    const get = (k: string) => String(f.get(k) ?? "").trim();
    setBusy(true);
    const ok = await requestCallback(c, {
      number: get("number") || undefined, note: get("note") || undefined, wanted_at: get("at") ? new Date(get("at")).toISOString() : undefined,
    });
    setBusy(false);
    if (ok) onClose();
  };
  return (
    <Popover label={s.requestCallback} onClose={onClose}>
      <form class="menu-form" onSubmit={(e) => void submit(e)}>
        <strong>{s.requestCallback}</strong>
        <label class="field"><span>{s.number}</span><input name="number" type="tel" ref={first} list="numbers" required={!numbers.length} pattern="[+][0-9]{6,15}" placeholder="+82…" defaultValue={c.callback?.number ?? numbers[0]} /></label>
        <datalist id="numbers">{numbers.map((x) => <option key={x} value={x} />)}</datalist>
        <label class="field"><span>{s.wantedAt}</span><input name="at" type="datetime-local" /></label>
        <label class="field"><span>{s.noteShort}</span><input name="note" maxLength={300} defaultValue={c.callback?.note} /></label>
        <div class="menu-buttons"><Button label={s.cancel} kind="quiet" onClick={onClose} /><Button type="submit" label={s.save} kind="primary" disabled={busy} /></div>
      </form>
    </Popover>
  );
}

// A visit or a call that nobody's machine recorded, entered by hand.
import { useState } from "preact/hooks";
import { explain, toast } from "../core/actions";
import { pointOf } from "../core/address";
import { api } from "../core/api";
import { t } from "../i18n";
import { Button, first, Popover } from "./parts";

const local = (d: Date) => new Date(d.getTime() - d.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);

/** About a contact where one is given, else about whoever has the address. */
export function EntryForm({ contact, onClose, align }: { contact?: string; onClose: () => void; align?: "left" | "right" }) {
  const s = t.value;
  const [channel, setChannel] = useState<"visit" | "phone">("visit");
  const [direction, setDirection] = useState<"in" | "out">("in");
  const [outcome, setOutcome] = useState("answered");
  const [client] = useState(() => crypto.randomUUID()); // the same when it is sent again
  const [busy, setBusy] = useState(false);
  const submit = async (e: SubmitEvent) => {
    e.preventDefault();
    const f = new FormData(e.currentTarget as HTMLFormElement);
    const get = (k: string) => String(f.get(k) ?? "").trim();
    setBusy(true);
    try {
      await api.enter({
        client_id: client, channel, direction: channel === "visit" ? "in" : direction, text: get("text"), occurred_at: new Date(get("at")).toISOString(),
        ...(contact ? { contact } : { point: pointOf(get("whom")), name: get("name") || undefined }),
        call: channel === "phone" ? { outcome, ring_s: Number(get("ring")) || 0, talk_s: outcome === "answered" ? Number(get("talk")) || 0 : 0 } : undefined,
      });
      toast(s.saved);
      onClose();
    } catch (x) {
      toast(explain(x), { bad: true });
      setBusy(false);
    }
  };
  return (
    <Popover label={s.newEntry} onClose={onClose} align={align}>
      <form class="menu-form" onSubmit={(e) => void submit(e)}>
        <div class="tabs">
          {(["visit", "phone"] as const).map((x) => <button key={x} type="button" class={x === channel ? "on" : ""} aria-pressed={x === channel} onClick={() => setChannel(x)}>{s.channelNames[x]}</button>)}
        </div>
        {!contact && <label class="field"><span>{s.whom}</span><input name="whom" required ref={first} maxLength={300} /></label>}
        {!contact && <label class="field"><span>{s.label}</span><input name="name" maxLength={100} /></label>}
        {channel === "phone" && (
          <>
            <div class="pair">
              <select aria-label={s.status} value={direction} onChange={(e) => setDirection(e.currentTarget.value as "in" | "out")}><option value="in">{s.callIn}</option><option value="out">{s.callOut}</option></select>
              <select aria-label={s.outcome} value={outcome} onChange={(e) => setOutcome(e.currentTarget.value)}>{Object.entries(s.outcomes).map(([k, v]) => <option key={k} value={k}>{v}</option>)}</select>
            </div>
            <div class="pair">
              <label class="field"><span>{s.ringS}</span><input name="ring" type="number" min={0} max={86400} /></label>
              {outcome === "answered" && <label class="field"><span>{s.talkS}</span><input name="talk" type="number" min={0} max={86400} /></label>}
            </div>
          </>
        )}
        <label class="field"><span>{s.whatHappened}</span><textarea name="text" rows={3} required={channel === "visit"} ref={contact ? first : undefined} maxLength={60000} /></label>
        <label class="field"><span>{s.occurredAt}</span><input name="at" type="datetime-local" required max={local(new Date(Date.now() + 60_000))} defaultValue={local(new Date())} /></label>
        <div class="menu-buttons"><Button label={s.cancel} kind="quiet" onClick={onClose} /><Button type="submit" label={s.save} kind="primary" disabled={busy} /></div>
      </form>
    </Popover>
  );
}

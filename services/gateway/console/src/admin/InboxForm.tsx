// The form of an inbox: what its kind of channel needs, as the server describes
// it. Making and changing use the same fields.
import { useState } from "preact/hooks";
import { api } from "../core/api";
import { settingsOf, shown, typedOf, Unreadable, type Typed } from "../core/settings";
import { kinds, loadDirectory, queues, teams } from "../core/store";
import type { ChannelKind, Field, Inbox, Phrase } from "../core/wire";
import { language, t, type Strings } from "../i18n";
import { ChannelIcon } from "../ui/icons";
import { Button, first } from "../ui/parts";
import { FormError, text, useForm } from "./parts";

/** A phrase in the language of the screen; Japanese screens show English. */
export const say = (p: Phrase | undefined): string => (p ? (language.value === "ko" ? p.ko : p.en) : "");

/** First which channel, then what it needs. */
export function NewInbox({ onDone, onMade }: { onDone: () => void; onMade: (made: Inbox) => void }) {
  const s = t.value;
  const [kind, setKind] = useState<ChannelKind | null>(null);
  if (!kind)
    return (
      <section class="card" aria-label={s.pickChannel}>
        <h2 class="card-title">{s.pickChannel}</h2>
        {[...new Set(kinds.value.map((k) => k.group))].map((g) => (
          <div key={g} class="kind-group">
            <h3>{s.groups[g] ?? g}</h3>
            <div class="kind-list">
              {kinds.value.filter((k) => k.group === g).map((k) => (
                <button key={k.kind} class="kind" onClick={() => setKind(k)}><ChannelIcon channel={k.kind} size={16} /><span>{say(k.label)}</span></button>
              ))}
            </div>
          </div>
        ))}
        <div class="menu-buttons"><Button label={s.cancel} kind="quiet" onClick={onDone} /></div>
      </section>
    );
  return <InboxForm kind={kind} onDone={onDone} onSaved={onMade} />;
}

export function InboxForm({ kind, inbox, onDone, onSaved }: { kind: ChannelKind; inbox?: Inbox; onDone: () => void; onSaved: (i: Inbox) => void }) {
  const s = t.value;
  const [typed, setTyped] = useState<Typed>(() => typedOf(kind.fields, inbox ? (inbox.settings ?? {}) : null));
  const form = useForm(async (f) => {
    let settings: Record<string, unknown>;
    try {
      settings = settingsOf(kind.fields, typed, inbox?.settings ?? null);
    } catch (e) {
      if (e instanceof Unreadable) throw new FormError(`${say(e.field.label)}: ${s.badJson}`);
      throw e;
    }
    const body = { name: text(f, "name"), settings, queue: text(f, "queue"), team: text(f, "team") };
    const saved = inbox ? await api.patchInbox(inbox.id, body) : await api.addInbox({ channel: kind.kind, ...body });
    await loadDirectory();
    onSaved(saved);
  });
  const set = (name: string, v: string) => setTyped((x) => ({ ...x, [name]: v }));
  const show = (f: Field) => shown(f, typed, kind.fields);
  const plain = kind.fields.filter((f) => !f.advanced && show(f));
  const advanced = kind.fields.filter((f) => f.advanced && show(f));
  return (
    <form class="card form-grid" onSubmit={form.submit}>
      <h2 class="card-title wide"><ChannelIcon channel={kind.kind} size={16} />{say(kind.label)}</h2>
      {kind.help && <p class="muted wide">{say(kind.help)}</p>}
      <label class="field wide"><span>{s.label}</span><input name="name" required maxLength={100} ref={first} defaultValue={inbox?.name} /></label>
      {plain.map((f) => <Setting key={f.name} f={f} value={typed[f.name] ?? ""} set={(v) => set(f.name, v)} kept={!!inbox?.secrets?.includes(f.name)} s={s} />)}
      {advanced.length > 0 && (
        <details class="wide"><summary>{s.advanced}</summary>
          <div class="form-grid inner">{advanced.map((f) => <Setting key={f.name} f={f} value={typed[f.name] ?? ""} set={(v) => set(f.name, v)} kept={!!inbox?.secrets?.includes(f.name)} s={s} />)}</div>
        </details>
      )}
      {queues.value.length > 0 && <label class="field"><span>{s.queue}</span><select name="queue" defaultValue={inbox?.queue}><option value="">–</option>{queues.value.map((x) => <option key={x.id} value={x.id} selected={x.id === inbox?.queue}>{x.name}</option>)}</select></label>}
      {teams.value.length > 0 && <label class="field"><span>{s.team}</span><select name="team"><option value="">–</option>{teams.value.map((x) => <option key={x.id} value={x.id} selected={x.id === inbox?.team}>{x.name}</option>)}</select></label>}
      {form.error && <p class="notice bad wide" role="alert">{form.error}</p>}
      <div class="menu-buttons wide"><Button label={s.cancel} kind="quiet" onClick={onDone} /><Button type="submit" label={inbox ? s.save : s.create} kind="primary" disabled={form.busy} /></div>
    </form>
  );
}

function Setting({ f, value, set, kept, s }: { f: Field; value: string; set: (v: string) => void; kept: boolean; s: Strings }) {
  const name = say(f.label) || f.name;
  const hint = [say(f.help), f.secret ? s.secretHint : ""].filter(Boolean).join(" ");
  const common = { "data-setting": f.name, required: f.required && !kept, value, placeholder: kept ? s.keepSecret : f.example, onInput: (e: { currentTarget: { value: string } }) => set(e.currentTarget.value) };
  if (f.type === "switch")
    return <label class="check wide"><input type="checkbox" data-setting={f.name} checked={value === "on"} onChange={(e) => set(e.currentTarget.checked ? "on" : "")} /><span>{name}</span>{hint && <small class="muted">{hint}</small>}</label>;
  const long = f.type === "json" || f.type === "lines" || f.type === "block";
  return (
    <label class={`field ${long ? "wide" : ""}`}>
      <span>{name}{f.required && <b class="must" aria-hidden="true"> *</b>}</span>
      {f.type === "choice" ? (
        <select data-setting={f.name} value={value || f.default} required={f.required} onChange={(e) => set(e.currentTarget.value)}>{!f.required && !f.default && <option value="">–</option>}{(f.choices ?? []).map((x) => <option key={x} value={x}>{x}</option>)}</select>
      ) : long ? (
        <textarea rows={f.type === "lines" ? 2 : 5} class={`mono ${f.secret ? "veiled" : ""}`} spellcheck={false} autocomplete="off" {...common} />
      ) : (
        f.secret ? <input type="password" autocomplete="new-password" {...common} /> : f.type === "number" ? <input type="number" step="any" {...common} /> : <input autocomplete="off" spellcheck={false} {...common} />
      )}
      {hint && <small class="muted">{hint}</small>}
    </label>
  );
}

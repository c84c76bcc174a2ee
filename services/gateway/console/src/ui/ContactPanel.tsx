// Everything about the contact beside the conversation: addresses and how far
// they are trusted, details, other conversations, merges and suggestions.
import { signal } from "@preact/signals";
import { useState } from "preact/hooks";
import { onContact } from "../core/actions";
import { api } from "../core/api";
import { day, full, short } from "../core/format";
import { address, pointName } from "../core/address";
import { go, route } from "../core/route";
import { contact, current, now, ofContact, tick } from "../core/store";
import { money } from "../core/orders";
import type { Contact, CustomerValue, Point, Suggestion } from "../core/wire";
import { t, type Strings } from "../i18n";
import { ChannelIcon, channelName, Icon, type IconName } from "./icons";
import { Orders } from "./Orders";
import { Segments } from "../work/Marks";
import { Avatar, Button, first } from "./parts";

const KEY = "tributary.panel";

/** Whether the panel is shown; remembered in this browser. */
export const panelOpen = signal(localStorage.getItem(KEY) !== "off" && innerWidth >= 1180);
panelOpen.subscribe((on) => innerWidth >= 1180 && localStorage.setItem(KEY, on ? "on" : "off"));

export function ContactPanel() {
  const s = t.value;
  tick.value;
  const c = contact.value;
  if (!c || c.id !== current.value?.contact.id) return <aside class="panel" aria-label={s.contact} aria-busy="true" />;
  return (
    <aside class="panel" aria-label={s.contact} key={c.id}>
      <Head c={c} s={s} />
      <Suggestions c={c} s={s} />
      <Points c={c} s={s} />
      <Attributes c={c} s={s} />
      {c.value && <Value v={c.value} s={s} />}
      <Orders orders={c.orders ?? []} />
      <Others c={c} s={s} />
      <Merged c={c} s={s} />
    </aside>
  );
}

function Head({ c, s }: { c: Contact; s: Strings }) {
  const [editing, setEditing] = useState(false);
  const [name, setName] = useState(c.name);
  const save = async (e: SubmitEvent) => {
    e.preventDefault();
    if (await onContact(c.id, () => api.patchContact(c.id, { name: name.trim() }))) setEditing(false);
  };
  return (
    <header class="panel-head">
      <Avatar name={c.name || address(c.points) || "?"} id={c.id} size="large" />
      <div class="grow">
        {editing ? (
          <form class="inline-form" onSubmit={save}><input ref={first} value={name} aria-label={s.rename} onInput={(e) => setName(e.currentTarget.value)} onKeyDown={(e) => e.key === "Escape" && setEditing(false)} /><Button type="submit" icon="check" label={s.save} text={false} kind="quiet" /></form>
        ) : <button class="name-button" title={s.rename} onClick={() => (setName(c.name), setEditing(true))}>{c.name || address(c.points) || s.noName}</button>}
        <div class="muted small">{s.since(day(c.created_at))}</div>
        {!!c.segments?.length && <div class="tags"><Segments ids={c.segments} /></div>}
      </div>
    </header>
  );
}

const icons: Record<string, IconName> = { email: "email", phone: "phone", visitor: "webchat", external: "link" };

function Points({ c, s }: { c: Contact; s: Strings }) {
  const [adding, setAdding] = useState(false);
  const add = async (e: SubmitEvent) => {
    e.preventDefault();
    const f = new FormData(e.currentTarget as HTMLFormElement);
    const p: Point = { kind: String(f.get("kind")), value: String(f.get("value")).trim(), trust: "stated" };
    if (p.kind === "email") p.value = p.value.toLowerCase();
    if (await onContact(c.id, () => api.patchContact(c.id, { add_points: [p] }))) setAdding(false);
  };
  return (
    <section class="panel-section">
      <h2>{s.points}<button class="mini" aria-label={s.addPoint} title={s.addPoint} aria-expanded={adding} onClick={() => setAdding(!adding)}><Icon name="plus" size={12} /></button></h2>
      <ul class="points">
        {(c.points ?? []).map((p) => (
          <li key={`${p.kind}${p.scope}${p.value}`}>
            {icons[p.kind] ? <Icon name={icons[p.kind]!} size={14} /> : <ChannelIcon channel={p.kind} />}
            <span class="point-value" title={`${p.kind}: ${p.value}`}>{p.kind === "visitor" ? `${channelName("webchat")} · ${p.value.slice(0, 8)}` : pointName(p)}</span>
            <span class={`trust ${p.trust}`} title={p.trust === "proved" ? undefined : s.unverifiedHint}>{s[p.trust]}</span>
            <button class="mini on-hover" aria-label={`${s.remove}: ${p.value}`} onClick={() => confirm(`${s.remove}: ${p.value}?`) && void onContact(c.id, () => api.patchContact(c.id, { remove_points: [p] }))}>×</button>
          </li>
        ))}
      </ul>
      {adding && (
        <form class="inline-form" onSubmit={add}>
          <select name="kind" aria-label={s.channel}><option value="email">{s.email}</option><option value="phone">{s.number}</option><option value="external">ID</option></select>
          <input name="value" required ref={first} aria-label={s.addPoint} placeholder="name@example.com" /><Button type="submit" icon="plus" label={s.add} text={false} kind="quiet" />
        </form>
      )}
    </section>
  );
}

function Attributes({ c, s }: { c: Contact; s: Strings }) {
  const [adding, setAdding] = useState(false);
  const all = Object.entries(c.attributes ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  const add = async (e: SubmitEvent) => {
    e.preventDefault();
    const f = new FormData(e.currentTarget as HTMLFormElement);
    const change = { [String(f.get("key")).trim()]: String(f.get("value")).trim() };
    if (await onContact(c.id, () => api.patchContact(c.id, { attributes: change }))) setAdding(false);
  };
  return (
    <section class="panel-section">
      <h2>{s.attributes}<button class="mini" aria-label={s.add} title={s.add} aria-expanded={adding} onClick={() => setAdding(!adding)}><Icon name="plus" size={12} /></button></h2>
      <dl class="attributes">
        {all.map(([k, v]) => (
          <div key={k}><dt title={k}>{k}</dt><dd title={v}><span>{v}</span><button class="mini on-hover" aria-label={`${s.remove}: ${k}`} onClick={() => void onContact(c.id, () => api.patchContact(c.id, { attributes: { [k]: "" } }))}>×</button></dd></div>
        ))}
      </dl>
      {adding && (
        <form class="inline-form" onSubmit={add}>
          <input name="key" required ref={first} aria-label={s.attributeName} placeholder={s.attributeName} /><input name="value" required aria-label={s.attributeValue} placeholder={s.attributeValue} />
          <Button type="submit" icon="plus" label={s.add} text={false} kind="quiet" />
        </form>
      )}
    </section>
  );
}

function Bought({ label, amount, currency }: { label: string; amount: string; currency: string }) {
  const words = money(amount, currency) || "0";
  return <div><dt>{label}</dt><dd title={words}><span>{words}</span></dd></div>;
}

/** What the customer is worth. */
function Value({ v, s }: { v: CustomerValue; s: Strings }) {
  return (
    <section class="panel-section" aria-label={s.value}>
      <h2>{s.value}</h2>
      <dl class="attributes">
        {(v.lifetime ?? []).map((x) => <Bought key={x.currency} label={s.boughtFor} amount={x.total} currency={x.currency} />)}
        {(v.lifetime ?? []).filter((x) => x.orders > 1).map((x) => <Bought key={x.currency} label={s.perOrder} amount={x.average} currency={x.currency} />)}
        <div><dt>{s.orders}</dt><dd><span>{v.orders}</span></dd></div>
        <div><dt>{s.lastOrder}</dt><dd title={full(v.last_order_at)}><span>{day(v.last_order_at)}</span></dd></div>
        {v.orders > 1 && <div><dt>{s.firstOrder}</dt><dd title={full(v.first_order_at)}><span>{day(v.first_order_at)}</span></dd></div>}
      </dl>
    </section>
  );
}

function Others({ c, s }: { c: Contact; s: Strings }) {
  const others = ofContact(c).filter((x) => x.id !== route.value.conversation && x.status !== "merged");
  return (
    <section class="panel-section">
      <h2>{s.others}</h2>
      {!others.length && <p class="muted small">{s.noOthers}</p>}
      {others.slice(0, 12).map((x) => (
        <a key={x.id} class="other" href={`#/c/${encodeURIComponent(x.id)}`} onClick={(e) => (e.preventDefault(), go({ view: route.value.view, conversation: x.id }))}>
          {x.last_message && <ChannelIcon channel={x.last_message.channel} />}
          <span class="other-text">{x.subject || x.last_message?.text || x.id}</span>
          <span class={`status ${x.status}`}>{s[x.status]}</span>
          <time title={full(x.updated_at)}>{short(x.updated_at, now.value)}</time>
        </a>
      ))}
    </section>
  );
}

function Suggestions({ c, s }: { c: Contact; s: Strings }) {
  if (!c.suggestions?.length) return null;
  const merge = (x: Suggestion) => confirm(s.mergeAsk(x.name || x.other)) && void onContact(c.id, () => api.merge(c.id, x.other, x.reason));
  return (
    <section class="panel-section suggest">
      <h2><Icon name="merge" size={13} />{s.suggestions}</h2>
      {c.suggestions.map((x) => (
        <div key={x.other} class="suggestion">
          <div class="suggestion-who"><Avatar name={x.name || "?"} id={x.other} size="small" /><b>{x.name || s.noName}</b></div>
          <p class="small">{x.reason} <span class="muted">{x.point.value} · {s[x.point.trust]}</span></p>
          <div class="menu-buttons left"><Button label={s.merge} kind="primary" onClick={() => merge(x)} /><Button label={s.dismiss} kind="quiet" onClick={() => void onContact(c.id, () => api.dismiss(c.id, x.other))} /></div>
        </div>
      ))}
    </section>
  );
}

function Merged({ c, s }: { c: Contact; s: Strings }) {
  if (!c.merged?.length) return null;
  return (
    <section class="panel-section">
      <h2>{s.mergedContacts}</h2>
      {c.merged.map((x) => (
        <div key={x.id} class="merged">
          <div><b>{x.name || x.id}</b>{x.automatic && <span class="chip">{s.automaticMerge}</span>}<div class="muted small">{x.reason} · {day(x.at)}</div></div>
          <button class="link small" onClick={() => void onContact(c.id, () => api.unmerge(c.id, x.id))}>{s.undoMerge}</button>
        </div>
      ))}
    </section>
  );
}

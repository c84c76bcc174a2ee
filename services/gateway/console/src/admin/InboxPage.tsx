// One inbox: how it is reached, whether it works, what it receives right now.
import { useEffect, useState } from "preact/hooks";
import { explain, toast } from "../core/actions";
import { api, type Verdict } from "../core/api";
import { clock, full, moment } from "../core/format";
import { go } from "../core/route";
import { inboxes, kinds, loadDirectory } from "../core/store";
import type { ChannelKind, Happening, Health, Inbox, RawEvent, Template } from "../core/wire";
import { t, type Strings } from "../i18n";
import { ChannelIcon, channelName } from "../ui/icons";
import { Button, Modal } from "../ui/parts";
import { difference } from "./Books";
import { Import } from "./Import";
import { InboxForm, say } from "./InboxForm";
import { InboxStatus, Where } from "./Inboxes";
import { Table } from "./parts";

/** How often the page asks for what is new, in milliseconds. */
const POLL = 2_000;

export function InboxPage({ id }: { id: string }) {
  const s = t.value;
  const inbox = inboxes.value.find((i) => i.id === id);
  const kind = kinds.value.find((k) => k.kind === inbox?.channel);
  const [editing, setEditing] = useState(false);
  const watch = useWatch(id);
  if (!inbox || !kind) return <p class="list-empty">{inboxes.value.length ? s.goneTitle : s.loading}</p>;
  if (editing) return <InboxForm kind={kind} inbox={inbox} onDone={() => setEditing(false)} onSaved={() => (setEditing(false), toast(s.done))} />;
  const all = () => go({ view: { kind: "all" }, admin: "inboxes" });
  return (
    <>
      <div class="admin-bar inbox-head">
        <Button icon="back" label={s.inboxes} text={false} kind="quiet" onClick={all} />
        <ChannelIcon channel={inbox.channel} size={20} /><h2>{inbox.name}</h2><span class="muted">{channelName(inbox.channel)}</span><InboxStatus i={inbox} s={s} />
        <span class="grow" />
        <Actions inbox={inbox} kind={kind} s={s} onEdit={() => setEditing(true)} />
      </div>
      {inbox.paused && <p class="notice banner">{s.pausedHint}</p>}
      <Trouble id={id} health={watch.health} s={s} />
      <div class="two">
        <section class="card">
          {((kind.hook && !kind.imports) || !!inbox.settings?.address) && <h3>{s.address}</h3>}
          <Where i={inbox} s={s} />
          {kind.hook && !kind.imports && inbox.hook_path && inbox.channel !== "webchat" && inbox.channel !== "email" && <p class="muted small">{s.hookHint}</p>}
          <h3>{s.settings}</h3>
          <dl class="attributes wider">
            {Object.entries(inbox.settings ?? {}).map(([k, v]) => <div key={k}><dt title={k}>{labelOf(kind, k)}</dt><dd title={plain(v)}><span>{v === true ? s.on : plain(v)}</span></dd></div>)}
            {(inbox.secrets ?? []).map((k) => <div key={k}><dt title={k}>{labelOf(kind, k)}</dt><dd aria-label={s.secretHint}>••••••</dd></div>)}
          </dl>
        </section>
        <BookCard health={watch.health} s={s} />
      </div>
      {kind.imports && <Import inbox={inbox} s={s} />}
      {kind.templates && <TemplateList id={id} s={s} />}
      <Tail inbox={id} items={watch.items} error={watch.error} s={s} />
    </>
  );
}

const labelOf = (kind: ChannelKind, name: string): string => say(kind.fields.find((f) => f.name === name)?.label) || name;

const plain = (v: unknown): string => (typeof v === "string" ? v : JSON.stringify(v));

/** Polls health and newest events while the page is open. */
function useWatch(id: string): { health?: Health; items?: Happening[]; error: string } {
  const [state, setState] = useState<{ health?: Health; items?: Happening[]; error: string }>({ error: "" });
  useEffect(() => {
    let over = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = async () => {
      if (document.visibilityState === "visible") {
        try {
          const [health, found] = await Promise.all([api.health(id), api.happenings(id)]);
          if (!over) setState({ health, items: found.items ?? [], error: "" });
        } catch (e) {
          if (!over) setState((x) => ({ ...x, error: explain(e) }));
        }
      }
      if (!over) timer = setTimeout(() => void look(), POLL);
    };
    void look();
    return () => ((over = true), clearTimeout(timer));
  }, [id]);
  return state;
}

function Actions({ inbox, kind, s, onEdit }: { inbox: Inbox; kind: ChannelKind; s: Strings; onEdit: () => void }) {
  const [busy, setBusy] = useState(false);
  const run = async (f: () => Promise<unknown>) => {
    setBusy(true);
    try {
      await f();
    } catch (e) {
      toast(explain(e), { bad: true });
    }
    setBusy(false);
  };
  const tell = (v: Verdict, ok: string) => toast(v.ok ? ok : `${s.failed} ${v.detail ?? ""}`, { bad: !v.ok });
  return (
    <>
      {kind.can_test && <Button icon="check" label={s.test} disabled={busy} onClick={() => void run(async () => tell(await api.testInbox(inbox.id), s.testOK))} />}
      {kind.can_connect && <Button icon="link" label={s.connect} disabled={busy} onClick={() => void run(async () => tell(await api.connectInbox(inbox.id), s.connected))} />}
      <Button label={inbox.paused ? s.resume : s.pause} disabled={busy} onClick={() => void run(async () => (await api.patchInbox(inbox.id, { paused: !inbox.paused }), await loadDirectory()))} />
      <Button icon="gear" label={s.editSettings} text={false} onClick={onEdit} />
      <Button icon="trash" label={s.deleteInbox} text={false} kind="danger" disabled={busy} onClick={() => confirm(s.deleteAsk(inbox.name)) && void run(async () => (await api.removeInbox(inbox.id), await loadDirectory(), go({ view: { kind: "all" }, admin: "inboxes" })))} />
    </>
  );
}

function Trouble({ id, health, s }: { id: string; health?: Health; s: Strings }) {
  if (health?.suspended)
    return (
      <p class="notice bad banner" role="alert">
        <span class="grow"><b>{s.suspendedHint(health.reason ?? "")}</b>{health.since && <span class="small"> · {moment(health.since)}</span>}</span>
        <Button label={s.sendAgainInbox} onClick={() => void api.resumeInbox(id).then(loadDirectory, (e) => toast(explain(e), { bad: true }))} />
      </p>
    );
  return health?.last_error ? <p class="notice banner"><span class="grow">{s.lastError}: {health.last_error}{health.last_error_at && <span class="small"> · {moment(health.last_error_at)}</span>}</span></p> : null;
}

function BookCard({ health, s }: { health?: Health; s: Strings }) {
  const b = health?.book;
  const off = b ? difference(b) : 0;
  const dead = (e: MouseEvent) => (e.preventDefault(), go({ view: { kind: "all" }, admin: "dead" }));
  return (
    <section class="card">
      <h3>{s.books}</h3>
      {b && (
        <dl class="figures">
          {([[s.received, b.received], [s.stored, b.stored], [s.duplicate, b.duplicate], [s.rejected, b.rejected]] as [string, number | undefined][]).map(([k, v]) => <div key={k}><dt>{k}</dt><dd>{v ?? 0}</dd></div>)}
        </dl>
      )}
      {b && <span class={`status ${off ? "bad" : "open"}`}>{off ? s.off(off) : s.balances}</span>}
      <p><a class="link" href="#/admin/dead" onClick={dead}>{s.deadLetters} →</a></p>
    </section>
  );
}

// What the provider has approved, read when asked for: it is a call to the
// provider, which may be away.
function TemplateList({ id, s }: { id: string; s: Strings }) {
  const [state, setState] = useState<{ busy?: boolean; error?: string; items?: Template[] }>({});
  const load = async () => {
    setState({ busy: true });
    try {
      setState({ items: (await api.templates(id)).items ?? [] });
    } catch (e) {
      setState({ error: explain(e) });
    }
  };
  return (
    <section aria-label={s.templates}>
      <div class="cell spread"><h3 class="section-title">{s.templates}</h3><Button icon="template" label={state.items || state.error ? s.refresh : s.showTemplates} disabled={state.busy} onClick={() => void load()} /></div>
      {state.error && <p class="notice bad" role="alert">{state.error}</p>}
      {state.items && (state.items.length
        ? <Table head={[s.label, s.language, s.text]} empty={false}>{state.items.map((x) => <tr key={`${x.name}/${x.language}`}><td class="mono">{x.name}</td><td>{x.language}</td><td class="pre">{x.text}</td></tr>)}</Table>
        : <p class="list-empty">{s.noTemplates}</p>)}
    </section>
  );
}

function Tail({ inbox, items, error, s }: { inbox: string; items?: Happening[]; error: string; s: Strings }) {
  const [shown, setShown] = useState<RawEvent>();
  const show = (seq: number) => api.rawEvent(inbox, seq).then(setShown, (e) => toast(explain(e), { bad: true }));
  return (
    <section aria-label={s.newestEvents}>
      <h3 class="section-title">{s.newestEvents}</h3>
      {error && <p class="notice bad" role="alert">{error}</p>}
      {items && !items.length && !error && <p class="list-empty waiting"><i class="pulse" />{s.firstEvent}</p>}
      {!!items?.length && (
        <Table head={[s.time, s.eventKind, s.contact, s.text, "ID", ""]} empty={false}>
          {items.map((x) => (
            <tr key={x.seq}>
              <td class="nowrap" title={full(x.received_at)}>{clock(x.received_at)}</td>
              <td class="nowrap"><span class={`status ${x.raw ? "snoozed" : "open"}`}>{x.raw ? s.notUnderstood : (s.eventNames[x.type] ?? x.type)}</span></td>
              <td>{x.sender}</td><td class="preview">{x.direction === "out" && "→ "}{s.previews[x.preview ?? ""] ?? x.preview}{x.flags?.length ? <span class="muted small"> {x.flags.join(", ")}</span> : null}</td>
              <td><code class="cut" title={x.provider_id}>{x.provider_id}</code></td>
              <td><button type="button" class="link nowrap" onClick={() => void show(x.seq)}>{s.asItCame}</button></td>
            </tr>
          ))}
        </Table>
      )}
      {shown && (
        <Modal label={s.asItCame} onClose={() => setShown(undefined)} wide>
          <p class="modal-title muted small">{shown.type} · {shown.size} B{shown.partial && ` · ${s.onlyBeginning}`}</p>
          <pre class="raw" tabIndex={0}>{shown.text ?? shown.bytes}</pre>
        </Modal>
      )}
    </section>
  );
}


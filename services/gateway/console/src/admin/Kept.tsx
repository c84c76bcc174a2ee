// A page of settings: those there are, in a list; one of them, or a new one, in
// a form. What the server refuses stands above the form and at its field; what
// somebody else has changed meanwhile is never written over unasked.
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { explain, toast } from "../core/actions";
import { ApiError } from "../core/api";
import { askBeforeLeaving, go, type AdminPage } from "../core/route";
import { t } from "../i18n";
import { Button } from "../ui/parts";
import { Table, useResource } from "./parts";
import { settings, type Seen, type Store } from "./settings";
import type { Named } from "./shapes";

export interface FormProps<T> {
  v: T;
  set: (change: Partial<T>) => void;
  /** What the server said about one field, by its place ("body.name"). */
  fault: (field: string) => string | undefined;
}

export interface Kept<T extends Named> {
  page: AdminPage;
  store: Store<T>;
  /** A sentence on what these are for. */
  hint: string;
  add: string;
  head: string[];
  row: (v: T) => ComponentChildren[];
  blank: (all: T[]) => T;
  Form: (p: FormProps<T>) => ComponentChildren;
  /** Stands below the form of one that is kept, and of one that is being made. */
  After?: (p: { v: T; saved: boolean }) => ComponentChildren;
  /** Called when the list has changed on the server. */
  changed?: () => Promise<void>;
  /** The order counts, and is moved with buttons. */
  ordered?: boolean;
  /** Fits what was typed before it is sent: drops what is empty. */
  tidy?: (v: T) => T;
}

const open = (page: AdminPage, item?: string) => go({ view: { kind: "all" }, admin: page, item });

export function KeptPage<T extends Named>({ kept, item }: { kept: Kept<T>; item?: string }) {
  const { value, error, load } = useResource(kept.store.list);
  const reload = async () => {
    await Promise.all([load(), kept.changed?.()]);
  };
  if (item && (value || error)) return <Editor key={item} kept={kept} id={item} all={value ?? []} reload={reload} />;
  return <Overview kept={kept} all={value} error={error} reload={reload} />;
}

const position = (v: Named): number => (v as Named & { position?: number }).position ?? 0;

/** In the order in which they are asked, or by name. */
export function inOrder<T extends Named>(all: T[], ordered?: boolean): T[] {
  return [...all].sort((a, b) => (ordered ? position(a) - position(b) || (a.id < b.id ? -1 : 1) : a.name.localeCompare(b.name)));
}

/** Those whose position must change so that one stands a step up or down. */
export function moved<T extends Named>(all: T[], id: string, step: -1 | 1): T[] {
  const order = inOrder(all, true);
  const from = order.findIndex((v) => v.id === id), to = from + step;
  if (from < 0 || to < 0 || to >= order.length) return [];
  [order[from], order[to]] = [order[to]!, order[from]!];
  return order.flatMap((v, i) => (position(v) === (i + 1) * 10 ? [] : [{ ...v, position: (i + 1) * 10 }]));
}

function Overview<T extends Named>({ kept, all, error, reload }: { kept: Kept<T>; all?: T[]; error: string; reload: () => Promise<void> }) {
  const s = t.value, m = s.manage;
  const [busy, setBusy] = useState(false);
  const [wanted, setWanted] = useState("");
  const order = inOrder(all ?? [], kept.ordered);
  const shown = order.filter((v) => v.name.toLocaleLowerCase().includes(wanted.trim().toLocaleLowerCase()));
  const move = async (v: T, step: -1 | 1) => {
    setBusy(true);
    try {
      for (const x of moved(order, v.id, step)) await kept.store.put(x, await kept.store.read(x.id));
    } catch (e) {
      toast(explain(e), { bad: true });
    }
    await reload();
    setBusy(false);
  };
  return (
    <>
      <div class="admin-bar"><Button icon="plus" label={kept.add} kind="primary" onClick={() => open(kept.page, "new")} /><p class="muted grow">{kept.hint}</p>
        {order.length > 8 && <input type="search" class="filter" value={wanted} placeholder={s.filter} aria-label={s.filter} onInput={(e) => setWanted(e.currentTarget.value)} />}</div>
      {!all && !error ? <p class="list-empty" aria-busy="true">{s.loading}</p> : (
        <Table head={[s.label, ...kept.head, ""]} empty={!shown.length} error={error}>
          {shown.map((v, i) => (
            <tr key={v.id} class="pressable" onClick={() => open(kept.page, v.id)}>
              <td><a class="plain-link" href={`#/admin/${kept.page}/${encodeURIComponent(v.id)}`} onClick={(e) => (e.preventDefault(), e.stopPropagation(), open(kept.page, v.id))}><b>{v.name}</b></a></td>
              {kept.row(v).map((cell, k) => <td key={k}>{cell}</td>)}
              <td class="right nowrap" onClick={(e) => e.stopPropagation()}>
                {kept.ordered && <><Button icon="up" label={`${m.up}: ${v.name}`} text={false} kind="quiet" disabled={busy || !!wanted || i === 0} onClick={() => void move(v, -1)} /><Button icon="down" label={`${m.down}: ${v.name}`} text={false} kind="quiet" disabled={busy || !!wanted || i === shown.length - 1} onClick={() => void move(v, 1)} /></>}
                <Button label={s.openInbox} onClick={() => open(kept.page, v.id)} />
              </td>
            </tr>
          ))}
        </Table>
      )}
    </>
  );
}

function Editor<T extends Named>({ kept, id, all, reload }: { kept: Kept<T>; id: string; all: T[]; reload: () => Promise<void> }) {
  const s = t.value, m = s.manage;
  const [was, setWas] = useState<Seen<T>>();
  const [v, setV] = useState<T>();
  const [error, setError] = useState<{ text: string; at: Record<string, string> }>();
  const [stale, setStale] = useState(false);
  const [busy, setBusy] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  const dirty = useRef(false);
  dirty.current = !!v && !!was && JSON.stringify(v) !== JSON.stringify(was.value);
  const isNew = id === "new";
  const begin = (seen: Seen<T>) => (setWas(seen), setV(seen.value), setError(undefined), setStale(false));
  const load = async () => {
    try {
      begin(isNew ? { value: kept.blank(all), tag: "" } : await kept.store.read(id));
    } catch (e) {
      setError({ text: explain(e), at: {} });
    }
  };
  useEffect(() => {
    void load();
    askBeforeLeaving(() => !dirty.current || confirm(t.value.manage.leaveAsk));
    const unload = (e: BeforeUnloadEvent) => dirty.current && e.preventDefault();
    addEventListener("beforeunload", unload);
    return () => (askBeforeLeaving(), removeEventListener("beforeunload", unload));
  }, []);
  // The focus goes to what is wrong, or to the first field of a form that opens.
  useEffect(() => void form.current?.querySelector<HTMLElement>(error ? "[role=alert]" : "input, select, textarea")?.focus(), [!v, error]);

  const leave = async (word: string) => {
    dirty.current = false;
    askBeforeLeaving();
    toast(word);
    await reload();
    open(kept.page);
  };
  const run = async (f: () => Promise<unknown>, word: string) => {
    setBusy(true);
    setError(undefined);
    try {
      await f();
      await leave(word);
    } catch (e) {
      if (e instanceof ApiError && e.status === 412) setStale(true);
      else setError({ text: explain(e), at: e instanceof ApiError ? Object.fromEntries((e.problem.errors ?? []).map((x) => [x.location ?? "", x.message ?? ""])) : {} });
      setBusy(false);
    }
  };
  const save = (over?: Seen<T>) => run(() => (isNew ? kept.store.make(tidied()) : kept.store.put(tidied(), over ?? was!)), s.saved);
  const tidied = () => kept.tidy?.(v!) ?? v!;
  const back = <Button icon="back" label={m.backToList} text={false} kind="quiet" onClick={() => open(kept.page)} />;
  if (!v) return <><div class="admin-bar">{back}</div>{error ? <p class="notice bad" role="alert">{error.text}</p> : <p class="list-empty" aria-busy="true">{s.loading}</p>}</>;
  return (
    <>
      <div class="admin-bar inbox-head">{back}<h2>{isNew ? kept.add : was!.value.name}</h2>{!isNew && <code class="muted">{id}</code>}<span class="grow" />
        {!isNew && kept.store.remove && <Button icon="trash" label={m.takeAway} kind="danger" disabled={busy} onClick={() => confirm(m.takeAwayAsk(was!.value.name)) && void run(() => kept.store.remove!(id), m.takenAway)} />}
      </div>
      <form ref={form} class="card form-grid settings-form" onSubmit={(e) => (e.preventDefault(), void save())}>
        {error && <p class="notice bad wide" role="alert" tabIndex={-1}>{error.text}</p>}
        {stale && (
          <div class="notice wide" role="alert"><p>{m.stale}</p>
            <div class="menu-buttons"><Button label={m.takeTheirs} onClick={() => void load()} /><Button label={m.writeOver} kind="danger" onClick={() => void kept.store.read(id).then((now) => save(now), (e) => setError({ text: explain(e), at: {} }))} /></div>
          </div>
        )}
        <label class="field wide"><span>{s.label}</span><input value={v.name} required maxLength={200} autocomplete="off" data-field="name" onInput={(e) => setV({ ...v, name: e.currentTarget.value })} /></label>
        <kept.Form v={v} set={(change) => setV((x) => ({ ...x!, ...change }))} fault={(field) => error?.at[`body.${field}`]} />
        <div class="menu-buttons wide"><Button label={s.cancel} kind="quiet" onClick={() => open(kept.page)} /><Button type="submit" label={isNew ? s.create : s.save} kind="primary" disabled={busy || (!isNew && !dirty.current)} /></div>
      </form>
      {kept.After && <kept.After v={v} saved={!isNew} />}
    </>
  );
}

/** The lists that forms choose from, read once when a page opens. */
export function useChoices<K extends "skills" | "hours" | "policies">(kind: K): Named[] {
  const store: Store<Named> = settings[kind] as unknown as Store<Named>;
  return inOrder(useResource(store.list).value ?? []);
}

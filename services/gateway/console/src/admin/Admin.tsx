// Administration: what administrators set up. Plain tables and forms over the
// REST resources; nothing here is kept beyond what the server answers.
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { ApiError } from "../core/api";
import { explain } from "../core/actions";
import { go, type AdminPage } from "../core/route";
import { me } from "../core/store";
import { t } from "../i18n";
import { Icon, type IconName } from "../ui/icons";
import { Agents } from "./Agents";
import { Books } from "./Books";
import { Dead } from "./Dead";
import { Inboxes } from "./Inboxes";
import { Queues, Teams } from "./Groups";

export function Admin({ page }: { page: AdminPage }) {
  const s = t.value;
  const pages: [AdminPage, string, IconName][] = [
    ["inboxes", s.inboxes, "inbox"], ["agents", s.agents, "user"], ["teams", s.teams, "users"], ["queues", s.queues, "queue"], ["books", s.books, "checks"], ["dead", s.deadLetters, "warn"],
  ];
  if (me.value?.role !== "administrator") return <main class="conversation empty"><p>{s.onlyAdmin}</p></main>;
  return (
    <main class="admin-main">
      <header class="admin-head">
        <h1>{s.admin}</h1>
        <nav class="admin-tabs" aria-label={s.admin}>
          {pages.map(([id, label, icon]) => (
            <a key={id} href={`#/admin/${id}`} class={id === page ? "on" : ""} aria-current={id === page ? "page" : undefined} onClick={(e) => (e.preventDefault(), go({ view: { kind: "all" }, admin: id }))}><Icon name={icon} size={14} />{label}</a>
          ))}
        </nav>
        <button class="link" onClick={() => go({ view: { kind: "all" } })}>{s.backToInbox}</button>
      </header>
      <div class="admin-body">
        {page === "inboxes" ? <Inboxes /> : page === "agents" ? <Agents /> : page === "teams" ? <Teams /> : page === "queues" ? <Queues /> : page === "books" ? <Books /> : <Dead />}
      </div>
    </main>
  );
}

/** Loads a resource when a page opens and on demand. */
export function useResource<T>(get: () => Promise<T>): { value: T | undefined; error: string; load: () => Promise<void> } {
  const [value, setValue] = useState<T>();
  const [error, setError] = useState("");
  const load = async () => {
    try {
      setValue(await get());
      setError("");
    } catch (e) {
      if (!(e instanceof ApiError)) throw e;
      setError(explain(e));
    }
  };
  useEffect(() => void load(), []);
  return { value, error, load };
}

/** Runs a form: one submit at a time, a refusal shown in place. */
export function useForm(run: (f: FormData) => Promise<void>): { busy: boolean; error: string; submit: (e: SubmitEvent) => void } {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState("");
  const submit = async (e: SubmitEvent) => {
    e.preventDefault();
    const form = e.currentTarget as HTMLFormElement;
    setBusy(true);
    setError("");
    try {
      await run(new FormData(form));
      form.reset();
    } catch (x) {
      setError(x instanceof ApiError ? explain(x) : x instanceof FormError ? x.message : String(x));
    } finally {
      setBusy(false);
    }
  };
  return { busy, error, submit: (e) => void submit(e) };
}

/** A mistake in a form that the person can mend. */
export class FormError extends Error {}

export function Table({ head, children, empty, error }: { head: string[]; children: ComponentChildren; empty: boolean; error?: string }) {
  const s = t.value;
  if (error) return <p class="notice bad" role="alert">{error}</p>;
  return (
    <div class="table-wrap">
      <table>
        <thead><tr>{head.map((h) => <th key={h} scope="col">{h}</th>)}</tr></thead>
        <tbody>{children}</tbody>
      </table>
      {empty && <p class="list-empty">{s.none}</p>}
    </div>
  );
}

export const text = (f: FormData, k: string): string => String(f.get(k) ?? "").trim();

// What a rule would have done in the past, as it stands in the form.
import { useEffect, useRef, useState } from "preact/hooks";
import { explain } from "../core/actions";
import { moment } from "../core/format";
import { go } from "../core/route";
import { agents, queues } from "../core/store";
import { t, type Strings } from "../i18n";
import { Button } from "../ui/parts";
import { inWords } from "./ActionsEditor";
import { dryRun, type DryRunAnswer, type DryRunUnknown } from "./dryrun";
import { factName } from "./facts";
import { Field } from "./fields";
import { useChoices } from "./Kept";
import { Table } from "./parts";
import type { Rule } from "./shapes";

const WEEK = 7 * 86_400_000;

/** A time as the browser's field for local times writes it. */
export const localTime = (d: Date): string => new Date(d.getTime() - d.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);

export function DryRun({ rule }: { rule: Rule }) {
  const s = t.value, m = s.manage;
  const [from, setFrom] = useState(localTime(new Date(Date.now() - WEEK)));
  // Nothing typed is now: what happens while one tries belongs to it.
  const [to, setTo] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState("");
  const [answer, setAnswer] = useState<DryRunAnswer & { of: string }>();
  const abort = useRef<AbortController | null>(null);
  useEffect(() => () => abort.current?.abort(), []);
  const of = JSON.stringify([rule.on, rule.when, rule.do]);
  const run = async () => {
    abort.current?.abort();
    const here = (abort.current = new AbortController());
    setBusy(true);
    setError("");
    try {
      setAnswer({ ...(await dryRun({ ...rule, name: rule.name || m.dryRun }, new Date(from), to ? new Date(to) : undefined, here.signal)), of });
    } catch (e) {
      if (here.signal.aborted) return;
      setAnswer(undefined);
      setError(explain(e));
    }
    setBusy(false);
  };
  // A rule that has changed since is another one.
  const shown = answer?.of === of ? answer : undefined;
  return (
    <section class="card" aria-label={m.dryRun}>
      <h3>{m.dryRun}</h3>
      <p class="muted">{m.dryHint}</p>
      <form class="dry-bar" onSubmit={(e) => (e.preventDefault(), void run())}>
        <Field label={m.since}><input type="datetime-local" required value={from} onInput={(e) => setFrom(e.currentTarget.value)} /></Field>
        <Field label={m.until}><input type="datetime-local" value={to} onInput={(e) => setTo(e.currentTarget.value)} /></Field>
        <Button type="submit" label={busy ? s.loading : m.tryIt} disabled={busy} />
      </form>
      {error && <p class="notice bad" role="alert">{error}</p>}
      <div role="status">{shown && <Result a={shown} />}</div>
    </section>
  );
}

/** What was not known as it stood, and what was taken instead. A setting that is gone
 * has only its kind for a name. */
export function unknownInWords(u: DryRunUnknown, s: Strings, names: Record<string, { id: string; name: string }[]>): string {
  const said = s.manage.dryUnknown;
  if (u.what === "customers") return said.customers(u.facts, moment(u.until));
  if (u.what === "erased") return said.erased(u.facts);
  const kind = { agent: s.agent, queue: s.queue, hours: s.manage.hours }[u.what] ?? u.what;
  const name = names[u.what]?.find((x) => x.id === u.id)?.name;
  return said.setting(name ? `${kind} ${name}` : kind, u.facts, moment(u.until));
}

function Result({ a }: { a: DryRunAnswer }) {
  const s = t.value, m = s.manage;
  const cases = a.cases ?? [];
  const hours = useChoices("hours");
  const named = { agent: agents.value, queue: queues.value, hours };
  const open = (conversation: string) => go({ view: { kind: "all" }, conversation });
  return (
    <div class="dry-result">
      <p><span class="dry-sum">{a.acted ? m.dryActed(a.acted, a.conversations) : m.dryNone}</span> <span class="muted">{m.dryRead(a.read)}{cases.length > 0 && cases.length < a.acted && ` ${m.dryFirst(cases.length)}`}</span></p>
      {a.partial && <p class="notice">{m.dryPartial(moment(a.read_to))}</p>}
      {a.stopped && <p class="notice bad">{m.dryStopped(a.stopped)}</p>}
      {a.unknown?.map((u) => <p key={`${u.what}/${u.id}`} class="notice">{unknownInWords(u, s, named)}</p>)}
      {a.failed > 0 && <p class="notice bad">{m.dryFailed(a.failed, a.failure ?? "")}</p>}
      {cases.length > 0 && (
        <Table head={[s.time, s.contact, m.happened, m.wouldDo, ""]} empty={false}>
          {cases.map((c) => (
            <tr key={`${c.seq}/${c.fact}`}>
              <td class="nowrap">{moment(c.at)}</td><td>{c.contact.name || s.noName}</td><td>{factName(c.fact)}</td>
              <td>{(c.actions ?? []).map((x, i) => <div key={i}>{inWords(x)}</div>)}{c.held && <div class="muted">{m.dryHeld}</div>}{c.refused && <div class="muted">{m.dryRefused[c.refused] ?? c.refused}</div>}{c.unsure && <div class="muted">{m.dryUnsure}</div>}</td>
              <td class="right"><Button label={s.openInbox} onClick={() => open(c.conversation)} /></td>
            </tr>
          ))}
        </Table>
      )}
    </div>
  );
}

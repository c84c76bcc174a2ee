// What a rule or a macro does, one action after another.
import { agents, queues, teams } from "../core/store";
import { t } from "../i18n";
import { Button } from "../ui/parts";
import { Choose, Field, Group, named, Num, Span, Tags, WithVariables } from "./fields";
import { verbs, type Action, type Verb } from "./shapes";

/** What a text may name; the server fills it in, and leaves out what is not
 * there. */
export const variables = ["contact.name", "contact.first_name", "agent.name", "conversation.id", "order.id"];

export function ActionsEditor({ list, set }: { list: Action[]; set: (list: Action[]) => void }) {
  const s = t.value, m = s.manage;
  const swap = (i: number, k: number) => {
    const out = [...list];
    [out[i], out[k]] = [out[k]!, out[i]!];
    set(out);
  };
  return (
    <Group label={m.actions}>
      <ol class="actions">
        {list.map((a, i) => (
          // A verb of its own has fields of its own, which begin anew.
          <li key={`${i}/${a.do}`} class="action">
            <div class="cell spread">
              <select aria-label={m.actionOf(i + 1)} value={a.do} onChange={(e) => set(list.map((x, k) => (k === i ? { do: e.currentTarget.value as Verb } : x)))}>{verbs.map((v) => <option key={v} value={v}>{m.verbs[v]}</option>)}</select>
              <span>
                <Button icon="up" label={`${m.up}: ${i + 1}`} text={false} kind="quiet" disabled={i === 0} onClick={() => swap(i, i - 1)} />
                <Button icon="down" label={`${m.down}: ${i + 1}`} text={false} kind="quiet" disabled={i === list.length - 1} onClick={() => swap(i, i + 1)} />
                <Button icon="x" label={`${s.remove}: ${i + 1}`} text={false} kind="quiet" onClick={() => set(list.filter((_, k) => k !== i))} />
              </span>
            </div>
            <Details a={a} set={(c) => set(list.map((x, k) => (k === i ? { ...x, ...c } : x)))} />
          </li>
        ))}
      </ol>
      <div><Button icon="plus" label={m.addAction} disabled={list.length >= 20} onClick={() => set([...list, { do: "tag" }])} /></div>
    </Group>
  );
}

function Details({ a, set }: { a: Action; set: (c: Partial<Action>) => void }) {
  const s = t.value, m = s.manage;
  switch (a.do) {
    case "tag":
    case "untag":
      return <Tags label={s.tags} value={a.tags} required set={(tags) => set({ tags })} />;
    case "assign":
      return <Choose label={s.agent} value={a.agent} none={m.takeFrom} options={named(agents.value.filter((x) => !x.disabled))} set={(agent) => set({ agent: agent || undefined })} />;
    case "transfer":
      return (
        <div class="pair">
          <Choose label={s.queue} value={a.queue} none="–" required={!a.team} options={named(queues.value)} set={(queue) => set({ queue: queue || undefined })} />
          <Choose label={s.team} value={a.team} none="–" options={named(teams.value)} set={(team) => set({ team: team || undefined })} />
        </div>
      );
    case "prioritise":
      return <Num label={m.priority} value={a.priority} min={-10} max={10} required set={(priority) => set({ priority })} />;
    case "snooze":
      return <Span label={m.forHowLong} value={a.seconds} set={(seconds) => set({ seconds })} />;
    case "note":
    case "reply":
      return <Field label={s.text}><WithVariables label={s.text} value={a.text ?? ""} variables={variables} rows={3} set={(text) => set({ text })} /></Field>;
    case "resolve":
      return <Field label={s.reason}><input maxLength={500} value={a.text ?? ""} onInput={(e) => set({ text: e.currentTarget.value || undefined })} /></Field>;
    case "reopen":
      return null;
  }
}

/** An action in a few words. */
export function inWords(a: Action): string {
  const m = t.value.manage;
  const name = (all: { id: string; name: string }[], id?: string) => (id ? (all.find((x) => x.id === id)?.name ?? id) : "");
  const what = { tag: a.tags?.join(", "), untag: a.tags?.join(", "), assign: a.agent ? name(agents.value, a.agent) : m.takeFrom, transfer: [name(queues.value, a.queue), name(teams.value, a.team)].filter(Boolean).join(", "), prioritise: a.priority?.toString(), snooze: a.seconds ? m.spanOf(a.seconds) : "", resolve: a.text, reopen: "", note: a.text, reply: a.text }[a.do];
  return what ? `${m.verbs[a.do]}: ${what.length > 60 ? what.slice(0, 59) + "…" : what}` : m.verbs[a.do];
}

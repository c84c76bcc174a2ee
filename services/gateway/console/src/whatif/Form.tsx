// What is asked: the day and its hours, the people, the rules of queues.
import { Choose, Field, Group, named, Needs, Num, Relaxes, Some, Span, Switch } from "../admin/fields";
import type { Named, QueueRules } from "../admin/shapes";
import { teams } from "../core/store";
import { serverNow } from "../core/time";
import { wallTime } from "../core/zone";
import { t } from "../i18n";
import { Button } from "../ui/parts";
import { changesOf, dayOf, differing, MOST_AGENTS, MOST_CAPACITY, MOST_SKILLS, MOST_TARGET, type Change, type Question } from "./question";
import { ask, play, run, stop } from "./run";
import { fieldName, fieldValue } from "./words";

interface Props { q: Question; today: QueueRules[]; skills: Named[]; zone: string; fault: string; onFault: () => void }

export function Form({ q, today, skills, zone, fault, onFault }: Props) {
  const s = t.value, w = s.whatif;
  const playing = run();
  const busy = !!playing && !playing.answer && !playing.error;
  const set = (c: Partial<Question>) => ask({ ...q, ...c });
  const changed = [...new Set([...Object.keys(q.queues), ...q.today])].flatMap((id) => today.find((x) => x.id === id) ?? []);
  // In a queue by hand nobody waits in an order.
  const others = today.filter((x) => (x.mode === "push" || x.mode === "pull") && !changed.includes(x));
  const send = (e: SubmitEvent) => {
    e.preventDefault();
    if (fault) onFault();
    else void play(q, today, changesOf(q, today));
  };
  return (
    <form class="settings-form whatif-form" aria-label={w.title} onSubmit={send}>
      <Group label={w.when}>
        <div class="whatif-when">
          <Field label={w.day}><input type="date" required data-field="day" value={dayOf(q, zone, serverNow())} min="2000-01-01" max={wallTime(zone, serverNow()).slice(0, 10)} onInput={(e) => e.currentTarget.value && e.currentTarget.validity.valid && set({ day: e.currentTarget.value })} /></Field>
          <Field label={w.from}><input type="time" data-field="from" value={q.from} onInput={(e) => set({ from: e.currentTarget.value })} /></Field>
          <Field label={w.to}><input type="time" data-field="to" value={q.to} onInput={(e) => set({ to: e.currentTarget.value })} /></Field>
        </div>
        <small class="muted">{[q.to && q.to <= (q.from || "00:00") ? w.nextDay : w.hoursHint, w.zone(zone)].join(" ")}</small>
        <Span label={w.target} value={q.target} max={MOST_TARGET} set={(target) => target > 0 && set({ target })} />
      </Group>
      <Group label={w.people}>
        <div class="whatif-two">
          <Num label={w.agents} value={q.agents || undefined} min={-MOST_AGENTS} max={MOST_AGENTS} set={(agents) => set({ agents })} />
          <Choose label={w.team} value={q.team} none={w.everyTeam} options={named(teams.value)} set={(team) => set({ team })} />
        </div>
        <small class="muted">{w.agentsHint}</small>
        <Num label={w.capacity} hint={w.capacityHint} value={q.capacity || undefined} min={1} max={MOST_CAPACITY} set={(capacity) => set({ capacity })} />
      </Group>
      {(skills.length > 0 || q.without.length > 0) && (
        <Group label={w.skills} hint={w.withoutHint}>
          <div class="checks">{skills.map((x) => <label key={x.id} class="check"><input type="checkbox" checked={q.without.includes(x.id)} disabled={q.without.length >= MOST_SKILLS && !q.without.includes(x.id)} onChange={(e) => set({ without: e.currentTarget.checked ? [...q.without, x.id] : q.without.filter((y) => y !== x.id) })} /><span>{x.name}</span></label>)}</div>
        </Group>
      )}
      <Group label={w.rules} hint={others.length || changed.length ? w.rulesHint : w.noQueues}>
        {changed.map((queue) => (
          <Rules key={queue.id} queue={queue} change={q.queues[queue.id] ?? {}} today={today} skills={skills} asToday={q.today.includes(queue.id)} setToday={(on) => set({ today: on ? [...q.today, queue.id] : q.today.filter((id) => id !== queue.id), queues: { ...q.queues, [queue.id]: q.queues[queue.id] ?? {} } })}
            set={(c) => set({ queues: { ...q.queues, [queue.id]: { ...q.queues[queue.id], ...c } } })} drop={() => set({ today: q.today.filter((id) => id !== queue.id), queues: Object.fromEntries(Object.entries(q.queues).filter(([id]) => id !== queue.id)) })} />
        ))}
        {others.length > 0 && <select class="add-select" aria-label={w.pickQueue} value="" onChange={(e) => e.currentTarget.value && set({ queues: { ...q.queues, [e.currentTarget.value]: {} } })}><option value="">+ {w.pickQueue}</option>{others.map((x) => <option key={x.id} value={x.id}>{x.name}</option>)}</select>}
      </Group>
      <div class="whatif-foot">
        <Button type="submit" icon="next" label={w.play} kind="primary" disabled={busy} />
        {busy && <Button icon="x" label={w.stop} onClick={stop} />}
      </div>
    </form>
  );
}

/** The rules of one queue as they are today, to be changed for the day. */
function Rules({ queue, change, today, skills, asToday, setToday, set, drop }: { queue: QueueRules; change: Change; today: QueueRules[]; skills: Named[]; asToday: boolean; setToday: (on: boolean) => void; set: (c: Change) => void; drop: () => void }) {
  const s = t.value, m = s.manage, w = s.whatif;
  const v = { ...queue, ...change };
  const differs = differing(queue, change);
  const was = (field: keyof Change) => (field in differs ? w.wasToday(fieldValue(field, queue, skills)) : undefined);
  const span = (field: "offer_for" | "prefer_for" | "wrap_up" | "overflow_after", max: number, placeholder: string) =>
    <Span label={fieldName(field)} hint={was(field)} value={v[field]} max={max} placeholder={placeholder} set={(n) => set({ [field]: n })} />;
  const order = String(change.boost ?? "");
  return (
    <fieldset class="card whatif-rules">
      <legend class="sr-only">{queue.name}</legend>
      <div class="spread"><b aria-hidden="true">{queue.name}</b><Button icon="x" label={`${s.remove}: ${queue.name}`} text={false} kind="quiet" onClick={drop} /></div>
      <Switch label={w.asToday} on={asToday} set={setToday} />
      <Choose label={w.order} hint={was("boost")} value={order in w.orders ? order : ""} none={fieldValue("boost", queue, skills)} options={Object.entries(w.orders)} set={(n) => set({ boost: n ? Number(n) : queue.boost })} />
      <Choose label={m.overflowTo} hint={was("overflow_to")} value={v.overflow_to} none={m.stays} options={named(today.filter((x) => x.id !== queue.id))} set={(to) => set({ overflow_to: to, overflow_after: to ? v.overflow_after || 300 : 0 })} />
      {v.overflow_to && span("overflow_after", 604_800, m.nothing)}
      <Needs skills={skills} needs={v.needs} set={(needs) => set({ needs })} />
      {was("needs") && <small class="muted">{was("needs")}</small>}
      {!!v.needs?.length && <Relaxes relax={v.relax} set={(relax) => set({ relax })} />}
      <Some label={s.teams} hint={was("teams") ?? m.queueTeamsHint} all={teams.value} chosen={v.teams ?? []} set={(ids) => set({ teams: ids })} />
      <details class="whatif-more">
        <summary>{w.advanced}</summary>
        {v.mode === "push" && <>{span("offer_for", 600, m.atOnce)}{span("prefer_for", 86_400, m.nothing)}</>}
        {span("wrap_up", 3600, m.nothing)}
      </details>
    </fieldset>
  );
}

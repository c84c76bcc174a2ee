// Changes and numbers of a past day in words.
import { formatSpan } from "../core/span";
import { queueName, teamName } from "../core/store";
import { language, t } from "../i18n";
import { took } from "../reports/words";
import type { Named, Need, QueueRules, Relax } from "../admin/shapes";
import { kinds, type Measure, verdictOf } from "./compare";
import type { Change, Question } from "./question";

/** What a step of priority is worth where nothing is set, in seconds of waiting. */
const USUAL_BOOST = 600;

/** What a field of a queue is called. */
export function fieldName(field: keyof Change): string {
  const s = t.value, m = s.manage;
  return { teams: s.teams, boost: s.whatif.order, needs: m.needs, relax: m.relax, overflow_to: m.overflowTo, overflow_after: m.overflowAfter, offer_for: m.offerFor, prefer_for: m.preferFor, wrap_up: m.wrapUp }[field];
}

/** What a field of a queue is set to. */
export function fieldValue(field: keyof Change, of: Change, skills: readonly Named[]): string {
  const m = t.value.manage;
  const span = (n: number | undefined, none: string) => formatSpan(n, language.value) || none;
  switch (field) {
    case "teams": return of.teams?.map(teamName).join(", ") || m.everybody;
    case "boost": return t.value.whatif.orders[String(of.boost ?? 0)] ?? t.value.whatif.orderStep(span(of.boost, formatSpan(USUAL_BOOST, language.value)));
    case "needs": return of.needs?.map((n: Need) => `${skills.find((k) => k.id === n.skill)?.name ?? n.skill} ${n.level}`).join(", ") || m.nothing;
    case "relax": return of.relax?.map((r: Relax) => `${span(r.after, "0")} −${r.by}`).join(", ") || m.nothing;
    case "overflow_to": return of.overflow_to ? queueName(of.overflow_to) : m.stays;
    case "overflow_after": return span(of.overflow_after, m.nothing);
    case "offer_for": return span(of.offer_for, m.atOnce);
    case "prefer_for": return span(of.prefer_for, m.nothing);
    case "wrap_up": return span(of.wrap_up, m.nothing);
  }
}

/** All that a question changes, a line each. */
export function changeWords(q: Question, changes: readonly { queue: QueueRules; change: Change }[], skills: readonly Named[]): string[] {
  const w = t.value.whatif;
  const out: string[] = [];
  if (q.agents) out.push(w.agentsBy(signed(q.agents), q.team ? teamName(q.team) : w.everyTeam));
  if (q.capacity) out.push(w.capacityTo(plain(q.capacity)));
  if (q.without.length) out.push(w.withoutWords(q.without.map((x) => skills.find((k) => k.id === x)?.name ?? x).join(", ")));
  for (const id of q.today) out.push(w.asTodayWords(queueName(id)));
  for (const { queue, change } of changes)
    for (const field of Object.keys(change) as (keyof Change)[])
      out.push(w.ruleTo(queue.name, fieldName(field), fieldValue(field, { ...queue, ...change }, skills), fieldValue(field, queue, skills)));
  return out;
}

const plain = (n: number, digits = 0): string => new Intl.NumberFormat(language.value, { maximumFractionDigits: digits }).format(n);

// The sign is the one of mathematics, which is as wide as a plus.
const signed = (n: number, digits = 0): string => (n > 0 ? "+" : n < 0 ? "−" : "") + plain(Math.abs(n), digits);

/** What a number is called; target is in seconds. */
export const measureName = (m: Measure, target: number): string => (m === "in_time" ? t.value.whatif.inTime(formatSpan(target, language.value)) : t.value.whatif.measures[m]!);

/** A number in words; "–" where there is none. */
export function figure(m: Measure, v: number | null): string {
  if (v === null) return "–";
  switch (kinds[m].is) {
    case "share": return new Intl.NumberFormat(language.value, { style: "percent", maximumFractionDigits: 1 }).format(v);
    case "time": return took(v);
    case "average": return plain(v, 1);
    case "count": return plain(v);
  }
}

/** By how much a number is other, with its sign; "" where it is the same or there is
 * none. */
export function apart(m: Measure, before: number | null, after: number | null): string {
  if (before === null || after === null || verdictOf(m, before, after) === "same") return "";
  const by = after - before;
  switch (kinds[m].is) {
    case "share": return t.value.whatif.points(signed(by * 100, 1));
    case "time": return (by > 0 ? "+" : "−") + took(Math.abs(by));
    case "average": return signed(by, 1);
    case "count": return signed(by);
  }
}

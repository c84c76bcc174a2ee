// What is asked about a past day, as the address of the page keeps it: a link shows
// the same question. It is not played before somebody says so.
import type { Need, QueueRules, Relax } from "../admin/shapes";
import { momentOf, wallTime } from "../core/zone";

/** What of a queue may be other than it is set today; what is not named stays as it
 * was on that day. */
export type Change = Partial<Pick<QueueRules, "teams" | "boost" | "needs" | "relax" | "overflow_to" | "overflow_after" | "offer_for" | "prefer_for" | "wrap_up">>;

export interface Question {
  /** A day of the house as YYYY-MM-DD; "" is yesterday. */
  day: string;
  /** Hours of that day as HH:MM; "" is its beginning, or its end. */
  from: string;
  to: string;
  /** How many more; fewer when below nought. */
  agents: number;
  /** Whose agents; "" is everybody's. */
  team: string;
  /** Everybody's, in units of work; nought leaves it. */
  capacity: number;
  /** What counts as in time, in seconds. */
  target: number;
  /** Queues that are played as they are set today, not as they were. */
  today: string[];
  /** Skills that nothing needs. */
  without: string[];
  queues: Record<string, Change>;
}

/** Bounds that the server has, too. */
export const MOST_AGENTS = 500, MOST_CAPACITY = 10_000, MOST_SKILLS = 20, MOST_TARGET = 86_400;
const USUAL_TARGET = 60;

const DAY = /^\d{4}-\d{2}-\d{2}$/, CLOCK = /^([01]\d|2[0-3]):[0-5]\d$/;

const whole = (min: number, max: number) => (v: unknown): v is number => Number.isInteger(v) && (v as number) >= min && (v as number) <= max;
const id = (v: unknown): v is string => typeof v === "string" && v.length <= 64;
const some = (is: (v: unknown) => boolean) => (v: unknown) => Array.isArray(v) && v.length <= 20 && v.every(is);

// A link may come from anybody.
const fields: Record<keyof Change, (v: unknown) => boolean> = {
  teams: some(id), boost: whole(0, 86_400), offer_for: whole(0, 600), prefer_for: whole(0, 86_400), wrap_up: whole(0, 3600), overflow_to: id, overflow_after: whole(0, 604_800),
  needs: some((n) => !!n && id((n as Need).skill) && whole(1, 10)((n as Need).level)),
  relax: some((r) => !!r && whole(1, 604_800)((r as Relax).after) && whole(1, 10)((r as Relax).by)),
};

function parseChange(json: string): Change {
  let read: unknown;
  try {
    read = JSON.parse(json);
  } catch {
    return {};
  }
  if (!read || typeof read !== "object") return {};
  return Object.fromEntries(Object.entries(read).filter(([k, v]) => Object.hasOwn(fields, k) && fields[k as keyof Change](v))) as Change;
}

export function parseQuestion(query: string): Question {
  const p = new URLSearchParams(query);
  const matched = (k: string, is: RegExp) => (is.test(p.get(k) ?? "") ? p.get(k)! : "");
  const number = (k: string, min: number, max: number, otherwise: number) => ((n) => (p.has(k) && whole(min, max)(n) ? n : otherwise))(Number(p.get(k)));
  const day = matched("day", DAY);
  return {
    day: Number.isNaN(Date.parse(day)) ? "" : day,
    from: matched("from", CLOCK), to: matched("to", CLOCK),
    agents: number("agents", -MOST_AGENTS, MOST_AGENTS, 0), team: p.get("team") ?? "", capacity: number("capacity", 0, MOST_CAPACITY, 0), target: number("target", 1, MOST_TARGET, USUAL_TARGET),
    today: [...new Set(p.getAll("today").filter(id))], without: [...new Set(p.getAll("without").filter(id))].slice(0, MOST_SKILLS),
    queues: Object.fromEntries([...p].filter(([k]) => k.startsWith("queue.")).map(([k, v]) => [k.slice(6), parseChange(v)])),
  };
}

export function formatQuestion(q: Question): string {
  const p = new URLSearchParams();
  for (const k of ["day", "from", "to", "team"] as const) if (q[k]) p.set(k, q[k]);
  for (const k of ["agents", "capacity"] as const) if (q[k]) p.set(k, String(q[k]));
  if (q.target !== USUAL_TARGET) p.set("target", String(q.target));
  for (const queue of q.today) p.append("today", queue);
  for (const skill of q.without) p.append("without", skill);
  for (const [queue, change] of Object.entries(q.queues)) p.set(`queue.${queue}`, JSON.stringify(change));
  return p.toString();
}

/** The day that is asked about. */
export const dayOf = (q: Question, zone: string, now: number): string => q.day || dayAfter(wallTime(zone, now).slice(0, 10), -1);

const dayAfter = (day: string, n: number): string => new Date(Date.parse(day + "T00:00:00Z") + n * 86_400_000).toISOString().slice(0, 10);

/** From when to when, in milliseconds since 1970. Hours that end no later than they
 * begin end on the next day. */
export function spanOf(q: Question, zone: string, now: number): { from: number; to: number } {
  const day = dayOf(q, zone, now);
  const over = !q.to || q.to <= (q.from || "00:00");
  return { from: momentOf(zone, `${day}T${q.from || "00:00"}`), to: momentOf(zone, `${over ? dayAfter(day, 1) : day}T${q.to || "00:00"}`) };
}

// What is left out, and what is emptied, are the same to the server.
const empty = (v: unknown) => !v || (Array.isArray(v) && !v.length);
const same = (a: unknown, b: unknown) => (empty(a) && empty(b)) || JSON.stringify(a) === JSON.stringify(b);

/** What of a change differs from how a queue is set today. */
export const differing = (queue: QueueRules, asked: Change): Change =>
  Object.fromEntries(Object.entries(asked).filter(([k, v]) => !same(v, queue[k as keyof Change]))) as Change;

/** The queues in which something differs from how they are set today, each with
 * what differs. */
export function changesOf(q: Question, today: readonly QueueRules[]): { queue: QueueRules; change: Change }[] {
  return today.flatMap((queue) => {
    const change = differing(queue, q.queues[queue.id] ?? {});
    return Object.keys(change).length ? [{ queue, change }] : [];
  });
}

/** The queues that are there to be played as they are set today. */
export const asToday = (q: Question, today: readonly QueueRules[]): QueueRules[] => today.filter((queue) => q.today.includes(queue.id));

/** What keeps a question from being played: nothing differs, or it is about what has
 * not happened yet. */
export function faultOf(q: Question, today: readonly QueueRules[], zone: string, now: number): "" | "nothing" | "future" {
  if (spanOf(q, zone, now).from >= now) return "future";
  return q.agents || q.capacity || q.without.length || asToday(q, today).length || changesOf(q, today).length ? "" : "nothing";
}

/** The question for the server. A queue is written down whole; the server takes of
 * it what differs from today. */
export function bodyOf(q: Question, today: readonly QueueRules[], zone: string, now: number): Record<string, unknown> {
  const { from, to } = spanOf(q, zone, now);
  return {
    ...(q.from || q.to ? { from: new Date(from).toISOString(), to: new Date(to).toISOString() } : { day: dayOf(q, zone, now) }),
    ...(q.agents && { agents: q.agents, ...(q.team && { team: q.team }) }),
    ...(q.capacity && { capacity: q.capacity }),
    ...(asToday(q, today).length && { today: asToday(q, today).map((queue) => queue.id) }),
    ...(q.without.length && { without: q.without }),
    target: q.target,
    queues: changesOf(q, today).map(({ queue, change }) => ({ ...queue, ...change })),
  };
}

// The board as frames tell it, and the last hour of it. Pure: no clock, network
// or screen.
import { compareTime } from "../core/order";
import type { BoardAnswer, BoardChangeFrame, BoardCourse, BoardKind, BoardLine, BoardMinutes, ServiceLevel } from "./shapes";

/** The board with a change applied. One from before what is known changes
 * nothing. */
export function changed(b: BoardAnswer, f: BoardChangeFrame): BoardAnswer {
  if (compareTime(f.at, b.at) < 0) return b;
  const gone = (kind: BoardKind) => new Set((f.removed ?? []).filter((x) => x.kind === kind).map((x) => x.id));
  return {
    at: f.at, as_of: f.as_of, total: f.total ?? b.total,
    queues: merged(b.queues, f.queues, gone("queue")),
    teams: merged(b.teams, f.teams, gone("team")),
    channels: merged(b.channels, f.channels, gone("channel")),
    inboxes: merged(b.inboxes, f.inboxes, gone("inbox")),
    agents: merged(b.agents, f.agents, new Set(f.removed_agents)),
    alarms: f.alarms ?? [], zone: b.zone,
    minutes: f.minutes ? joined(b.minutes, f.minutes) : b.minutes,
  };
}

// merged keeps the list itself where nothing changed, so that what shows it need
// not be drawn again.
function merged<T extends { id?: string }>(known: T[] | null, news: T[] | undefined, gone: Set<string | undefined>): T[] {
  if (!news?.length && !gone.size) return known ?? [];
  const all = new Map((known ?? []).map((x) => [x.id, x]));
  for (const id of gone) all.delete(id);
  for (const x of news ?? []) all.set(x.id, x);
  return [...all.values()].sort((a, b) => ((a.id ?? "") < (b.id ?? "") ? -1 : 1));
}

/** The lines of a kind; the total is a list of one. */
export function linesOf(b: BoardAnswer, kind: BoardKind): BoardLine[] {
  switch (kind) {
    case "total": return [b.total];
    case "queue": return b.queues ?? [];
    case "team": return b.teams ?? [];
    case "channel": return b.channels ?? [];
    case "inbox": return b.inboxes ?? [];
  }
}

export const keyOf = (kind: BoardKind, id?: string): string => (kind === "total" ? "total" : `${kind}/${id}`);

/** One moment of a line: seconds since 1970, who waited, and how many came and
 * went in the minute before. */
export type Point = [at: number, waiting: number, arrivals: number, departures: number];

/** How many minutes are shown. */
export const HOUR = 60;

const none: number[] = [];
const still: BoardCourse = { kind: "total", waiting: none, arrivals: none, departures: none };

/** The last hour of what was known and what was told after it. Where both speak of
 * a minute, what was told is right; of a line of which it does not speak, too. */
export function joined(m: BoardMinutes | undefined, next: BoardMinutes): BoardMinutes {
  const until = Math.max(m ? Date.parse(m.until) : 0, Date.parse(next.until));
  const all = new Map<string, BoardCourse>();
  const write = (part: BoardMinutes, from: BoardCourse, to: BoardCourse) => {
    const first = HOUR - part.count - Math.round((until - Date.parse(part.until)) / 60_000);
    for (let i = 0; i < part.count; i++) {
      const at = first + i;
      if (at < 0) continue;
      to.waiting[at] = from.waiting[i] ?? 0;
      to.arrivals[at] = from.arrivals[i] ?? 0;
      to.departures[at] = from.departures[i] ?? 0;
    }
  };
  for (const part of m ? [m, next] : [next]) {
    for (const known of all.values()) write(part, still, known);
    for (const line of part.lines ?? []) {
      const key = keyOf(line.kind, line.id);
      let to = all.get(key);
      if (!to) all.set(key, (to = { kind: line.kind, id: line.id, waiting: Array(HOUR).fill(0), arrivals: Array(HOUR).fill(0), departures: Array(HOUR).fill(0) }));
      write(part, line, to);
    }
  }
  return { until: new Date(until).toISOString(), count: HOUR, lines: [...all.values()] };
}

const found = new WeakMap<BoardMinutes, Map<string, BoardCourse>>();

/** The last hour of a line, oldest first: the minutes that are over, and how it
 * stands at the moment of the board. */
export function pointsOf(b: BoardAnswer, kind: BoardKind, line: BoardLine | undefined): Point[] {
  const end = Math.floor(Date.parse(b.at) / 1000);
  const out: Point[] = [];
  const m = b.minutes;
  if (m) {
    let byKey = found.get(m);
    if (!byKey) found.set(m, (byKey = new Map((m.lines ?? []).map((x) => [keyOf(x.kind, x.id), x]))));
    const course = byKey.get(keyOf(kind, line?.id)) ?? still;
    const until = Date.parse(m.until) / 1000;
    for (let i = 0; i < m.count; i++) {
      const at = until - (m.count - 1 - i) * 60;
      if (at > end - HOUR * 60 && at < end) out.push([at, course.waiting[i] ?? 0, course.arrivals[i] ?? 0, course.departures[i] ?? 0]);
    }
  }
  if (line) out.push([end, line.waiting, line.arrivals.m1, line.departures.m1]);
  return out;
}

/** The share that was answered in time, in percent, of all who were or should have
 * been by now. */
export const inTime = (x: ServiceLevel): number | null => percent(x.met, x.met + x.missed + (x.late ?? 0));

/** A share in percent, rounded down; null where there is nothing to share. */
export const percent = (part: number, whole: number): number | null => (whole > 0 ? Math.floor((100 * part) / whole) : null);

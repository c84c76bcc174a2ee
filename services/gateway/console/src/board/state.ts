// The board as frames tell it, and the last hour of it. Pure: no clock, network
// or screen.
import { compareTime } from "../core/order";
import type { BoardAnswer, BoardChangeFrame, BoardKind, BoardLine } from "./shapes";

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
    alarms: f.alarms ?? [],
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

/** How often a point is kept, and for how long, in seconds. */
export const STEP = 15, KEPT = 3600;

/** The last hour of every line, as far as this page has seen it. */
export class Course {
  private readonly points = new Map<string, Point[]>();

  /** Takes the board as it stands. Within a step the newest takes the place of
   * the former, so that the end of a line is always now. */
  take(b: BoardAnswer): void {
    const at = Math.floor(Date.parse(b.at) / 1000);
    for (const kind of ["total", "queue", "team", "channel", "inbox"] as const)
      for (const line of linesOf(b, kind)) this.add(keyOf(kind, line.id), [at, line.waiting, line.arrivals.m1, line.departures.m1]);
    for (const [key, list] of this.points) if (list.at(-1)![0] < at - KEPT) this.points.delete(key);
  }

  private add(key: string, p: Point): void {
    const list = this.points.get(key);
    if (!list) return void this.points.set(key, [p]);
    const last = list.at(-1)!;
    if (p[0] < last[0]) return;
    if (Math.floor(p[0] / STEP) === Math.floor(last[0] / STEP)) list[list.length - 1] = p;
    else list.push(p);
    while (list[0]![0] < p[0] - KEPT) list.shift();
  }

  /** The points of a line, oldest first. The list is the course's own. */
  of(key: string): readonly Point[] {
    return this.points.get(key) ?? [];
  }
}

/** A share in percent, rounded down; null where there is nothing to share. */
export const percent = (part: number, whole: number): number | null => (whole > 0 ? Math.floor((100 * part) / whole) : null);

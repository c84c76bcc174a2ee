// Two runs of a day side by side, number by number.
import type { Answer, Count, Run } from "./shapes";

export const measures = ["in_time", "median_ms", "p90_ms", "longest_ms", "arrivals", "taken", "abandoned", "otherwise", "waiting", "most", "agents", "occupancy"] as const;
export type Measure = (typeof measures)[number];

/** What kind of number it is, and which way is good: 1 is more, -1 is less, 0 is
 * neither. */
export const kinds: Record<Measure, { is: "share" | "time" | "count" | "average"; good: -1 | 0 | 1 }> = {
  in_time: { is: "share", good: 1 }, median_ms: { is: "time", good: -1 }, p90_ms: { is: "time", good: -1 }, longest_ms: { is: "time", good: -1 },
  arrivals: { is: "count", good: 0 }, taken: { is: "count", good: 1 }, abandoned: { is: "count", good: -1 }, otherwise: { is: "count", good: 0 }, waiting: { is: "count", good: -1 }, most: { is: "count", good: -1 },
  agents: { is: "average", good: 0 }, occupancy: { is: "share", good: 0 },
};

const none: Count = { arrivals: 0, taken: 0, abandoned: 0, otherwise: 0, waiting: 0, average_ms: 0, median_ms: 0, p90_ms: 0, longest_ms: 0, in_time: 0, backlog: null };

/** A run's count of one queue; "" is all of them. */
export const countOf = (run: Run, queue: string): Count => (queue ? (run.queues?.find((c) => c.queue === queue) ?? none) : run.total);

/** The queues of an answer, in whichever run they are. */
export const queuesOf = (a: Answer): string[] => [...new Set([a.was, a.unchanged, a.changed].flatMap((r) => (r.queues ?? []).map((c) => c.queue ?? "")))].filter(Boolean);

/** A number of a run, or null where there is nothing to make it of. What agents did
 * is known of all queues together only. */
export function valueOf(run: Run, queue: string, m: Measure): number | null {
  const c = countOf(run, queue);
  switch (m) {
    case "agents": case "occupancy": return queue ? null : run[m];
    case "most": return c.backlog?.length ? Math.max(...c.backlog) : null;
    case "in_time": return c.taken + c.abandoned ? c.in_time : null;
    case "median_ms": case "p90_ms": case "longest_ms": return c.taken ? c[m] : null;
    default: return c[m];
  }
}

export type Verdict = "better" | "worse" | "more" | "less" | "same" | "";

/** The least difference that is told, of each kind of number: what is said would
 * look the same otherwise. */
const least = { share: 0.0005, time: 100, count: 1, average: 0.05 };

/** How a number with the change stands to the one without it; "" where one of them
 * is not there. */
export function verdictOf(m: Measure, before: number | null, after: number | null): Verdict {
  if (before === null || after === null) return "";
  const { is, good } = kinds[m], by = after - before;
  if (Math.abs(by) < least[is]) return "same";
  if (!good) return by > 0 ? "more" : "less";
  return by * good > 0 ? "better" : "worse";
}

/** Whether the day played again with nothing changed comes close to the day as it
 * was: only then does the change alone make the difference. */
export function trusted(a: Answer, queue: string): boolean {
  const near = (m: Measure, most: (was: number) => number) => {
    const was = valueOf(a.was, queue, m), again = valueOf(a.unchanged, queue, m);
    return was === null || again === null ? was === again : Math.abs(was - again) <= most(was);
  };
  return near("in_time", () => 0.05) && near("median_ms", (was) => Math.max(15_000, was / 5)) && near("p90_ms", (was) => Math.max(30_000, was / 5)) && near("abandoned", (was) => Math.max(2, was / 5));
}

/** The most that waited at once, and when: seconds since 1970. Null where nobody did. */
export function peakOf(a: Answer, run: Run, queue: string): { n: number; at: number } | null {
  const all = countOf(run, queue).backlog ?? [];
  const n = Math.max(0, ...all);
  return n ? { n, at: Date.parse(a.from) / 1000 + all.indexOf(n) * a.step } : null;
}

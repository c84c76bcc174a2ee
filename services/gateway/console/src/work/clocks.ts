// How a promise stands at a moment: pure, so that it is tested without a screen.
import type { Clock } from "./shapes";

export interface Standing {
  kind: Clock["kind"];
  state: "running" | "warned" | "late" | "paused";
  /** Milliseconds until it is due, or since; for a paused one what is left. */
  ms: number;
  due?: string;
}

/** Works out how a clock stands. The moments in it count, and not only what the
 * router has said so far: the screen must not be late where the router is. */
export function standing(c: Clock, now: number): Standing {
  if (c.paused_at) {
    const left = c.left_ms ?? 0;
    return c.breached ? { kind: c.kind, state: "late", ms: Math.max(0, -left), due: c.due_at } : { kind: c.kind, state: "paused", ms: left };
  }
  const due = c.due_at ? Date.parse(c.due_at) : NaN;
  if (Number.isNaN(due)) return { kind: c.kind, state: c.breached ? "late" : c.warned ? "warned" : "running", ms: 0 };
  if (c.breached || now >= due) return { kind: c.kind, state: "late", ms: Math.max(0, now - due), due: c.due_at };
  const warned = c.warned || (c.warn_at ? now >= Date.parse(c.warn_at) : false);
  return { kind: c.kind, state: warned ? "warned" : "running", ms: due - now, due: c.due_at };
}

const rank: Record<Standing["state"], number> = { late: 0, warned: 1, running: 2, paused: 3 };

/** The clocks of a conversation, the most pressing first: what is late, the
 * latest first, then what is due soonest, then what is paused. */
export function pressing(clocks: Clock[] | null | undefined, now: number): Standing[] {
  return (clocks ?? []).map((c) => standing(c, now)).sort((a, b) => rank[a.state] - rank[b.state] || (a.state === "late" ? b.ms - a.ms : a.ms - b.ms));
}

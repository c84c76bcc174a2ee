// Behind a number: which conversations it counts.
import type { ListFilter } from "../core/api";
import { queues } from "../core/store";
import type { Conversation } from "../core/wire";
import { serverNow } from "../core/time";
import type { BoardKind } from "./shapes";

/** A number of a line that opens to its conversations. */
export type What = "open" | "snoozed" | "waiting" | "offered" | "in_work" | "at_risk" | "breached" | "callbacks_due";

const whats: readonly string[] = ["open", "snoozed", "waiting", "offered", "in_work", "at_risk", "breached", "callbacks_due"];

export interface Drill {
  kind: BoardKind;
  id: string;
  what: What;
}

/** The id of the view that shows what a number counts; parseDrill reads it back. */
export const formatDrill = (d: Drill): string => `${d.what}/${d.kind}/${d.id}`;

export function parseDrill(id: string | undefined): Drill | null {
  const [what, kind, ...rest] = (id ?? "").split("/");
  if (!what || !whats.includes(what) || !["total", "queue", "team", "channel", "inbox"].includes(kind ?? "")) return null;
  return { what: what as What, kind: kind as BoardKind, id: rest.join("/") };
}

/** What the server can narrow the list to; counts does the rest. */
export function drillFilter(d: Drill): ListFilter {
  const f: ListFilter = { limit: 200 };
  if (d.what === "callbacks_due") f.callback = "open";
  else if (d.what === "at_risk") f.clock = "at-risk";
  else if (d.what === "breached") f.clock = "breached";
  else f.status = d.what === "snoozed" ? "snoozed" : "open";
  if (d.what === "waiting" || d.what === "offered") f.assignee = "none";
  // A team stands for the queues it serves as well, which no filter says.
  if (d.kind === "queue" || d.kind === "channel" || d.kind === "inbox") f[d.kind] = d.id;
  return f;
}

function within(d: Drill, c: Conversation): boolean {
  switch (d.kind) {
    case "total": return true;
    case "queue": return c.queue === d.id;
    case "team": return c.team ? c.team === d.id : !!queues.value.find((x) => x.id === c.queue)?.teams?.includes(d.id);
    case "channel": return c.channels.includes(d.id);
    case "inbox": return c.inboxes.includes(d.id);
  }
}

/** Reports whether a number counts a conversation; see BoardLine in contracts. */
export function counts(d: Drill, c: Conversation): boolean {
  if (!within(d, c)) return false;
  const open = c.status === "open", backlog = open || c.status === "snoozed";
  switch (d.what) {
    case "open": return open;
    case "snoozed": return c.status === "snoozed";
    case "waiting": return open && !c.assignee && (!!c.wait || !!c.waiting_since);
    case "offered": return open && !c.assignee && !!c.offer;
    case "in_work": return open && !!c.assignee;
    case "at_risk": return backlog && !!c.clocks?.some((x) => x.warned) && !c.clocks.some((x) => x.breached);
    case "breached": return backlog && !!c.clocks?.some((x) => x.breached);
    case "callbacks_due": return backlog && !!c.callback && (!c.callback.wanted_at || Date.parse(c.callback.wanted_at) <= serverNow());
  }
}

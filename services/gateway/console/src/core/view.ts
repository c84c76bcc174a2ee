// Views: which conversations a list shows, in which order.
import type { ListFilter } from "./api";
import { compareTime } from "./order";
import type { Conversation, Page } from "./wire";

export type ViewKind = "all" | "mine" | "unassigned" | "snoozed" | "resolved" | "callback" | "channel" | "tag" | "team" | "queue" | "inbox" | "load" | "search";

/** A list of conversations; id is what channel, tag, team, queue, inbox, number
 * of the board (load) or search text narrow it to. */
export interface View {
  kind: ViewKind;
  id?: string;
}

export type Sort = "updated" | "waiting";

/** Asks the server for a page of a view: the first one, or the one at a cursor. */
export type Asker = (cursor: string | undefined, signal: AbortSignal) => Promise<Page<Conversation>>;

const askers = new Map<ViewKind, (id: string | undefined) => Asker | null>();

/** Has the views of a kind asked for by somebody else. An id that they cannot read
 * (null) shows everything that is open. */
export function extendView(kind: ViewKind, read: (id: string | undefined) => Asker | null): void {
  askers.set(kind, read);
}

/** How a view is asked for that no filter of the list describes; null for any other. */
export const askerOf = (v: View): Asker | null => askers.get(v.kind)?.(v.id) ?? null;

/** Reports whether the server says which rows a view has, and in which order. */
export const given = (v: View): boolean => v.kind === "search" || !!askerOf(v);

export const viewKey = (v: View): string => (v.id ? `${v.kind}/${v.id}` : v.kind);

/** The list filter that asks the server for the view. */
export function filterOf(v: View): ListFilter {
  switch (v.kind) {
    case "all": return { status: "open" };
    case "mine": return { status: "open", assignee: "me" };
    case "unassigned": return { status: "open", assignee: "none" };
    case "snoozed": return { status: "snoozed" };
    case "resolved": return { status: "resolved" };
    case "callback": return { callback: "open" };
    case "search": return { q: v.id };
    case "load": return { status: "open" };
    default: return { status: "open", [v.kind]: v.id };
  }
}

/** Reports whether a conversation belongs to a view that is not given, as the server
 * would. */
export function matches(v: View, c: Conversation, me: string): boolean {
  const open = c.status === "open";
  switch (v.kind) {
    case "all": return open;
    case "mine": return open && c.assignee === me;
    case "unassigned": return open && !c.assignee;
    case "snoozed": return c.status === "snoozed";
    case "resolved": return c.status === "resolved";
    case "callback": return c.status !== "merged" && !!c.callback;
    case "channel": return open && c.channels.includes(v.id!);
    case "tag": return open && (c.tags ?? []).includes(v.id!);
    case "team": return open && c.team === v.id;
    case "queue": return open && c.queue === v.id;
    case "inbox": return open && c.inboxes.includes(v.id!);
    case "search": return false;
    case "load": return open;
  }
}

/** The order of a list. Longest waiting first puts those who wait for nothing
 * last. */
export function comparer(sort: Sort): (a: Conversation, b: Conversation) => number {
  const recent = (a: Conversation, b: Conversation) => compareTime(b.updated_at, a.updated_at) || (a.id < b.id ? 1 : -1);
  if (sort === "updated") return recent;
  return (a, b) => {
    if (a.waiting_since && b.waiting_since) return compareTime(a.waiting_since, b.waiting_since) || recent(a, b);
    if (a.waiting_since || b.waiting_since) return a.waiting_since ? -1 : 1;
    return recent(a, b);
  };
}

/** The rows of a view: everything known that belongs to it, down to the last
 * row that the server has given (last), because below it there are rows that
 * are not known yet. Without last the list is known to its end. */
export function rows(v: View, all: Iterable<Conversation>, me: string, sort: Sort, last?: Conversation): Conversation[] {
  const compare = comparer(sort);
  const out: Conversation[] = [];
  for (const c of all) if (matches(v, c, me) && (!last || compare(c, last) <= 0)) out.push(c);
  return out.sort(compare);
}

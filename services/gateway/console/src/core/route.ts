// Places in the console as URL fragments, so that a link to a conversation
// works and the browser's back button does what one expects.
import { signal } from "@preact/signals";
import type { View, ViewKind } from "./view";

/** The pages of the administration. */
const pages = ["inboxes", "agents", "teams", "skills", "queues", "hours", "policies", "routes", "workload", "rules", "macros", "canned", "segments", "surveys", "alarms", "books", "dead"] as const;
export type AdminPage = (typeof pages)[number];

export interface Route {
  view: View;
  conversation?: string;
  admin?: AdminPage;
  /** What is open within a page of the administration: an id, or "new". */
  item?: string;
  /** The reports, by the query that they show; "" is the first look. */
  reports?: string;
  /** The board, by what its lines are. */
  board?: BoardTab;
  /** A past day played otherwise, by the query that asks for it; "" is the first look. */
  whatif?: string;
}

/** What the lines of the board are. */
const tabs = ["queue", "team", "channel", "inbox"] as const;
export type BoardTab = (typeof tabs)[number];

const kinds: readonly string[] = ["all", "mine", "unassigned", "snoozed", "resolved", "callback", "channel", "tag", "team", "queue", "inbox", "load", "search"];

function unescape(s: string): string {
  try {
    return decodeURIComponent(s);
  } catch {
    return s;
  }
}

function parseView(parts: string[]): View {
  const [kind, ...rest] = parts;
  if (!kind || !kinds.includes(kind)) return { kind: "all" };
  const id = rest.map(unescape).join("/");
  return id ? { kind: kind as ViewKind, id } : { kind: kind as ViewKind };
}

/** Reads "#/v/tag/vip", "#/c/cv1?v=mine" or "#/admin/teams"; anything else is
 * the view of everything open. */
export function parseRoute(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?");
  const [head, ...rest] = path.split("/");
  if (head === "admin") {
    const admin = pages.find((p) => p === rest[0]) ?? "inboxes";
    return rest[1] ? { view: { kind: "all" }, admin, item: unescape(rest[1]) } : { view: { kind: "all" }, admin };
  }
  if (head === "board") return { view: { kind: "all" }, board: tabs.find((x) => x === rest[0]) ?? "queue" };
  if (head === "what-if") return { view: { kind: "all" }, whatif: query };
  if (head === "reports") return { view: { kind: "all" }, reports: query };
  if (head === "c" && rest[0]) {
    const v = new URLSearchParams(query).get("v") ?? "all";
    const cut = v.indexOf("/");
    return { view: parseView(cut < 0 ? [v] : [v.slice(0, cut), encodeURIComponent(v.slice(cut + 1))]), conversation: unescape(rest[0]) };
  }
  return { view: head === "v" ? parseView(rest) : { kind: "all" } };
}

/** The fragment of a route; parseRoute reads it back. */
export function formatRoute(r: Route): string {
  if (r.admin) return `#/admin/${r.admin}${r.item ? "/" + encodeURIComponent(r.item) : ""}`;
  if (r.reports !== undefined) return `#/reports${r.reports ? "?" + r.reports : ""}`;
  if (r.whatif !== undefined) return `#/what-if${r.whatif ? "?" + r.whatif : ""}`;
  if (r.board) return `#/board/${r.board}`;
  const v = r.view;
  if (r.conversation) {
    const from = v.kind === "all" ? "" : "?" + new URLSearchParams({ v: v.id ? `${v.kind}/${v.id}` : v.kind });
    return `#/c/${encodeURIComponent(r.conversation)}${from}`;
  }
  return `#/v/${v.kind}${v.id ? "/" + encodeURIComponent(v.id) : ""}`;
}

export const route = signal<Route>(parseRoute(typeof location === "undefined" ? "" : location.hash));

let mayLeave: () => boolean = () => true;

/** Has a page asked before it is left; without a question, nothing is asked. */
export function askBeforeLeaving(ask?: () => boolean): void {
  mayLeave = ask ?? (() => true);
}

/** Goes to a place; replace leaves no step for the back button. */
export function go(r: Route, replace = false): void {
  const hash = formatRoute(r);
  if (hash === location.hash || !mayLeave()) return;
  if (replace) history.replaceState(null, "", hash);
  else history.pushState(null, "", hash);
  route.value = parseRoute(hash);
}

/** Follows the address bar and the back button. */
export function followLocation(): void {
  const read = () => {
    const here = formatRoute(route.value);
    if (location.hash === here) return;
    // The browser has gone already; who stays is brought back.
    if (!mayLeave()) history.pushState(null, "", here);
    else route.value = parseRoute(location.hash);
  };
  addEventListener("popstate", read);
  addEventListener("hashchange", read);
}

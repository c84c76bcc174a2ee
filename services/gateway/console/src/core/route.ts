// Places in the console as URL fragments, so that a link to a conversation
// works and the browser's back button does what one expects.
import { signal } from "@preact/signals";
import type { View, ViewKind } from "./view";

export type AdminPage = "inboxes" | "agents" | "teams" | "queues" | "dead" | "books";

export interface Route {
  view: View;
  conversation?: string;
  admin?: AdminPage;
  /** The inbox whose page is open, within the administration of inboxes. */
  inbox?: string;
}

const kinds: readonly string[] = ["all", "mine", "unassigned", "snoozed", "resolved", "callback", "channel", "tag", "team", "queue", "inbox", "search"];
const pages: readonly string[] = ["inboxes", "agents", "teams", "queues", "dead", "books"];

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
    const admin = (pages.includes(rest[0] ?? "") ? rest[0] : "inboxes") as AdminPage;
    return admin === "inboxes" && rest[1] ? { view: { kind: "all" }, admin, inbox: unescape(rest[1]) } : { view: { kind: "all" }, admin };
  }
  if (head === "c" && rest[0]) {
    const v = new URLSearchParams(query).get("v") ?? "all";
    const cut = v.indexOf("/");
    return { view: parseView(cut < 0 ? [v] : [v.slice(0, cut), encodeURIComponent(v.slice(cut + 1))]), conversation: unescape(rest[0]) };
  }
  return { view: head === "v" ? parseView(rest) : { kind: "all" } };
}

/** The fragment of a route; parseRoute reads it back. */
export function formatRoute(r: Route): string {
  if (r.admin) return `#/admin/${r.admin}${r.inbox ? "/" + encodeURIComponent(r.inbox) : ""}`;
  const v = r.view;
  if (r.conversation) {
    const from = v.kind === "all" ? "" : "?" + new URLSearchParams({ v: v.id ? `${v.kind}/${v.id}` : v.kind });
    return `#/c/${encodeURIComponent(r.conversation)}${from}`;
  }
  return `#/v/${v.kind}${v.id ? "/" + encodeURIComponent(v.id) : ""}`;
}

export const route = signal<Route>(parseRoute(typeof location === "undefined" ? "" : location.hash));

/** Goes to a place; replace leaves no step for the back button. */
export function go(r: Route, replace = false): void {
  const hash = formatRoute(r);
  if (hash === location.hash) return;
  if (replace) history.replaceState(null, "", hash);
  else history.pushState(null, "", hash);
  route.value = parseRoute(hash);
}

/** Follows the address bar and the back button. */
export function followLocation(): void {
  const read = () => (route.value = parseRoute(location.hash));
  addEventListener("popstate", read);
  addEventListener("hashchange", read);
}

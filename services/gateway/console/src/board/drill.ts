// Behind a number: which conversations it counts.
import { call, q } from "../core/api";
import type { Asker } from "../core/view";
import type { Conversation, Page } from "../core/wire";
import type { BoardKind } from "./shapes";

/** A number of a line that opens to its conversations. */
export type What = "open" | "snoozed" | "waiting" | "offered" | "in_work" | "at_risk" | "breached" | "late" | "callbacks_due";

const whats: readonly string[] = ["open", "snoozed", "waiting", "offered", "in_work", "at_risk", "breached", "late", "callbacks_due"];

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

/** A page of the conversations that a number counts now, who waits the longest
 * first. */
export const behind = (d: Drill): Asker => (cursor, signal) =>
  call<Page<Conversation>>("GET", q("/board/conversations", { kind: d.kind, id: d.id, number: d.what, cursor, limit: 200 }), { signal });

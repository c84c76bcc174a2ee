// Order of times and messages. The server's page order is the truth; these
// rules only place what arrives live between pages.
import type { Message } from "./wire";

/** Compares RFC 3339 times in UTC of any precision: the server trims trailing
 * zeros of a second, so plain string order would put ":00.5Z" before ":00Z". */
export function compareTime(a: string, b: string): number {
  const x = a.slice(0, 19), y = b.slice(0, 19);
  if (x !== y) return x < y ? -1 : 1;
  const f = a.slice(19, -1).padEnd(10, "0"), g = b.slice(19, -1).padEnd(10, "0");
  return f === g ? 0 : f.replace(".", "0") < g.replace(".", "0") ? -1 : 1;
}

/** Compares a provider's tie-breaks: numbers by value, all else by letter. */
export function compareOrder(a = "", b = ""): number {
  if (/^\d+$/.test(a) && /^\d+$/.test(b) && a.length !== b.length) return a.length - b.length;
  return a === b ? 0 : a < b ? -1 : 1;
}

/** Reports whether a stands after b. What we wrote never moves above a question
 * that was already here when we wrote it, whatever the provider's clock says. */
function standsAfter(a: Message, b: Message): boolean {
  if (a.direction !== b.direction) return compareTime(a.received_at, b.received_at) > 0;
  const t = compareTime(a.occurred_at, b.occurred_at) || compareOrder(a.order, b.order);
  return (t || (a.id < b.id ? -1 : 1)) > 0;
}

/** Returns a new list with m in its place, or in place of its older self. */
export function insert(list: readonly Message[], m: Message): Message[] {
  const at = list.findIndex((x) => x.id === m.id);
  if (at >= 0) return list.with(at, m);
  let i = list.length;
  while (i > 0 && standsAfter(list[i - 1]!, m)) i--;
  return list.toSpliced(i, 0, m);
}

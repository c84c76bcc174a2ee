// Orders as they stand in the lines of a contact's timeline.
import { compareTime } from "./order";
import type { Line } from "./world";

export interface Order {
  key: string;
  number: string;
  total: string;
  refunded: string;
  states: string[];
  /** Only https: a link that a shop states must never run anything. */
  url: string;
  at: string;
}

const money = (amount: string | undefined, currency: string | undefined): string => (amount && Number(amount) !== 0 ? [amount, currency].filter(Boolean).join(" ") : "");

/** The newest state of every order, newest order first. */
export function newestOrders(lines: Line[]): Order[] {
  const found = new Map<string, Order>();
  for (const l of lines) {
    if (l.fact !== "contact.order_stated") continue;
    const d = l.detail;
    const key = `${d.inbox ?? ""}/${d.order_id || d.id || d.number || ""}`;
    const known = found.get(key);
    if (known && compareTime(known.at, l.at) > 0) continue;
    found.set(key, {
      key, number: d.number || d.order_id || d.id || "", total: money(d.total, d.currency), refunded: money(d.refunded, d.currency),
      states: [d.payment, d.fulfillment, d.cancelled_at && "cancelled"].filter((x): x is string => !!x), url: d.url?.startsWith("https://") ? d.url : "", at: l.at,
    });
  }
  return [...found.values()].sort((a, b) => compareTime(b.at, a.at));
}

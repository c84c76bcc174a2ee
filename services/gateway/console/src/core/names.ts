// What somebody without a name is called: their first address. A conversation's
// row knows only the name, so the address is read from the contact's page, once,
// for rows that are shown.
import { signal } from "@preact/signals";
import { address } from "./address";
import { api } from "./api";
import { t } from "../i18n";
import type { Conversation, Point } from "./wire";

const known = signal<Record<string, string>>({});
const asked = new Set<string>();
const queue: string[] = [];
let busy = 0;

/** How many pages are read at once; a list of strangers must not crowd out the
 * agent's own requests. */
const AT_ONCE = 2;

function next(): void {
  while (busy < AT_ONCE && queue.length) {
    const id = queue.pop()!; // what was shown last is in sight
    busy++;
    void api.contact(id)
      .then((c) => (known.value = { ...known.value, [id]: c.name || address(c.points) }), () => asked.delete(id))
      .finally(() => (busy--, next()));
  }
}

/** Learns an address that was read for another reason. */
export function learn(contact: string, points: Point[] | null | undefined): void {
  const a = address(points);
  asked.add(contact);
  if (a && known.value[contact] !== a) known.value = { ...known.value, [contact]: a };
}

/** The name of a conversation's contact, else their first address, else a word
 * for nobody in particular. */
export function nameOf(c: Conversation): string {
  if (c.contact.name) return c.contact.name;
  const found = known.value[c.contact.id];
  if (found) return found;
  if (!asked.has(c.contact.id)) {
    asked.add(c.contact.id);
    queue.push(c.contact.id);
    queueMicrotask(next);
  }
  return t.value.noName;
}

import { api } from "../core/api";
import { inboxes } from "../core/store";
import type { Book } from "../core/wire";
import { t } from "../i18n";
import { Button } from "../ui/parts";
import { Table, useResource } from "./parts";

/** The difference of a book: what was received and has no outcome, beyond what
 * is still under way. Nought balances. */
export function difference(b: Book): number {
  const outcomes = b.stored + b.duplicate + b.rejected;
  return (b.received ?? outcomes + (b.open ?? 0)) - outcomes - (b.open ?? 0);
}

export function Books() {
  const s = t.value;
  const { value, error, load } = useResource(api.books);
  const all = Object.entries(value?.inboxes ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  const name = (id: string) => inboxes.value.find((i) => i.id === id)?.name ?? id;
  return (
    <>
      <div class="admin-bar"><p class="muted grow">{s.booksHint}</p><Button icon="undo" label={s.refresh} onClick={() => void load()} /></div>
      <Table head={[s.inbox, s.received, s.stored, s.duplicate, s.rejected, s.underWay, s.balance]} numbers={[1, 2, 3, 4, 5]} empty={!all.length} error={error}>
        {all.map(([id, b]) => {
          const off = difference(b);
          return (
            <tr key={id}>
              <td><b>{name(id)}</b></td><td class="num">{b.received ?? b.stored + b.duplicate + b.rejected + (b.open ?? 0)}</td><td class="num">{b.stored}</td><td class="num">{b.duplicate}</td><td class="num">{b.rejected}</td><td class="num">{b.open ?? 0}</td>
              <td><span class={`status ${off ? "bad" : "open"}`}>{off ? s.off(off) : s.balances}</span></td>
            </tr>
          );
        })}
      </Table>
    </>
  );
}

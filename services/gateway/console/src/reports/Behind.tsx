// Behind a figure of retention: the customers that it counts, and what each bought.
import { useEffect, useState } from "preact/hooks";
import { explain } from "../core/actions";
import { day } from "../core/format";
import { money } from "../core/orders";
import { go } from "../core/route";
import { t } from "../i18n";
import { Button, Modal } from "../ui/parts";
import { readCustomers, type Customer, type Which } from "./client";
import type { Question } from "./question";

export function Behind({ q, which, name, onClose }: { q: Question; which: Which; name: string; onClose: () => void }) {
  const s = t.value, r = s.reports;
  const [items, setItems] = useState<Customer[]>([]);
  const [page, setPage] = useState<{ total?: number; hidden: number; next: string; busy: boolean; error?: string }>({ hidden: 0, next: "", busy: true });
  const load = async (cursor?: string) => {
    setPage((p) => ({ ...p, busy: true, error: undefined }));
    try {
      const got = await readCustomers(q, Date.now(), which, cursor);
      setItems((old) => [...(cursor ? old : []), ...(got.items ?? [])]);
      setPage((p) => ({ total: got.total, hidden: (cursor ? p.hidden : 0) + got.hidden, next: got.next_cursor ?? "", busy: false }));
    } catch (e) {
      setPage((p) => ({ ...p, busy: false, error: explain(e) }));
    }
  };
  useEffect(() => void load(), []);
  return (
    <Modal label={name} onClose={onClose} wide>
      <p class="modal-title"><b>{name}</b>{page.total !== undefined && <span class="muted"> · {r.foundCustomers(page.total)}</span>}</p>
      {page.error && <p class="notice bad" role="alert">{page.error}</p>}
      <div class="drill" aria-busy={page.busy}>
        {items.map((c) => (
          <a key={c.id} href={`#/v/search/${encodeURIComponent(c.name)}`} onClick={(e) => (e.preventDefault(), c.name && go({ view: { kind: "search", id: c.name } }))}>
            <span><b>{c.name || s.noName}</b></span>
            <span>{[`${s.orders} ${c.value.orders}`, ...(c.value.lifetime ?? []).map((x) => money(x.total, x.currency) || "0")].join(" · ")}</span>
            <time dateTime={c.value.last_order_at} title={s.lastOrder}>{day(c.value.last_order_at, q.zone)}</time>
          </a>
        ))}
        {!page.busy && !page.error && !items.length && !page.hidden && <p class="list-empty">{r.noneBehind}</p>}
        {page.busy && <p class="list-empty">{s.loading}</p>}
        {page.hidden > 0 && <p class="list-empty">{r.hidden(page.hidden)}</p>}
        {!page.busy && page.next && <div class="menu-buttons"><Button label={r.more} onClick={() => void load(page.next)} /></div>}
      </div>
    </Modal>
  );
}

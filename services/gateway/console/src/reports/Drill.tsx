// Behind a figure: the conversations that it counts.
import { useEffect, useState } from "preact/hooks";
import { explain } from "../core/actions";
import { moment } from "../core/format";
import { go } from "../core/route";
import type { Conversation } from "../core/wire";
import { t } from "../i18n";
import { Button, Modal } from "../ui/parts";
import { readBehind } from "./client";
import type { Question } from "./question";
import type { By, Row } from "./shapes";

export interface Cell { row: Row; by: By[]; number: string; name: string; where: string }

export function Drill({ q, cell, onClose }: { q: Question; cell: Cell; onClose: () => void }) {
  const s = t.value, r = s.reports;
  const [items, setItems] = useState<Conversation[]>([]);
  const [page, setPage] = useState<{ total?: number; hidden?: number; next: string; busy: boolean; error?: string }>({ next: "", busy: true });
  const load = async (cursor?: string) => {
    setPage((p) => ({ ...p, busy: true, error: undefined }));
    try {
      const got = await readBehind(q, cell.by, cell.row, cell.number, cursor);
      setItems((old) => [...(cursor ? old : []), ...(got.items ?? [])]);
      setPage((p) => ({ total: got.total, hidden: (cursor ? (p.hidden ?? 0) : 0) + got.hidden, next: got.next_cursor ?? "", busy: false }));
    } catch (e) {
      setPage((p) => ({ ...p, busy: false, error: explain(e) }));
    }
  };
  useEffect(() => void load(), [cell]);
  return (
    <Modal label={r.opens(cell.name, cell.where)} onClose={onClose} wide>
      <p class="modal-title"><b>{cell.name}</b> <span class="muted">{cell.where}{page.total !== undefined && ` · ${r.found(page.total)}`}</span></p>
      {page.error && <p class="notice bad" role="alert">{page.error}</p>}
      <div class="drill" aria-busy={page.busy}>
        {items.map((c) => (
          <a key={c.id} href={`#/c/${encodeURIComponent(c.id)}`} onClick={(e) => (e.preventDefault(), go({ view: { kind: "all" }, conversation: c.id }))}>
            <span><b>{c.contact.name || s.noName}</b></span><span>{c.subject || c.last_message?.text}</span><time>{moment(c.updated_at)}</time>
          </a>
        ))}
        {page.busy && <p class="list-empty">{s.loading}</p>}
        {!!page.hidden && <p class="list-empty">{r.hidden(page.hidden)}</p>}
        {!page.busy && page.next && <div class="menu-buttons"><Button label={r.more} onClick={() => void load(page.next)} /></div>}
      </div>
    </Modal>
  );
}

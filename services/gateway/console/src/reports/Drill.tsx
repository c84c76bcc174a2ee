// Behind a figure: the conversations that it counts.
import { useEffect, useRef, useState } from "preact/hooks";
import { explain } from "../core/actions";
import { moment } from "../core/format";
import { go } from "../core/route";
import type { Conversation } from "../core/wire";
import { t } from "../i18n";
import { Button, Modal } from "../ui/parts";
import { readBehind } from "./client";
import { hasParts, type Part, type Question } from "./question";
import type { By, Row } from "./shapes";

export interface Cell { row: Row; by: By[]; number: string; name: string; where: string }

export function Drill({ q, cell, onClose }: { q: Question; cell: Cell; onClose: () => void }) {
  const s = t.value, r = s.reports;
  const [items, setItems] = useState<Conversation[]>([]);
  const [page, setPage] = useState<{ total?: number; hidden?: number; next: string; busy: boolean; error?: string }>({ next: "", busy: true });
  const [part, setPart] = useState<Part | undefined>(hasParts(cell.number) ? "below" : undefined);
  const turn = useRef(0);
  const load = async (cursor?: string) => {
    const mine = ++turn.current;
    setPage((p) => ({ ...p, busy: true, error: undefined }));
    try {
      const got = await readBehind(q, cell.by, cell.row, cell.number, part, cursor);
      if (mine !== turn.current) return;
      setItems((old) => [...(cursor ? old : []), ...(got.items ?? [])]);
      setPage((p) => ({ total: got.total, hidden: (cursor ? (p.hidden ?? 0) : 0) + got.hidden, next: got.next_cursor ?? "", busy: false }));
    } catch (e) {
      if (mine === turn.current) setPage((p) => ({ ...p, busy: false, error: explain(e) }));
    }
  };
  useEffect(() => (setItems([]), void load()), [cell, part]);
  return (
    <Modal label={r.opens(cell.name, cell.where)} onClose={onClose} wide>
      <p class="modal-title"><b>{cell.name}</b> <span class="muted">{cell.where}{page.total !== undefined && ` · ${r.found(page.total)}`}</span></p>
      {part && (
        <div class="report-head drill-parts" role="group" aria-label={cell.name}>
          {(["below", "above"] as const).map((k) => <button key={k} type="button" aria-pressed={k === part} onClick={() => setPart(k)}>{r.parts[k]}</button>)}
        </div>
      )}
      {page.error && <p class="notice bad" role="alert">{page.error}</p>}
      <div class="drill" aria-busy={page.busy}>
        {items.map((c) => (
          <a key={c.id} href={`#/c/${encodeURIComponent(c.id)}`} onClick={(e) => (e.preventDefault(), go({ view: { kind: "all" }, conversation: c.id }))}>
            <span title={c.contact.name}><b>{c.contact.name || s.noName}</b></span><span title={c.subject || c.last_message?.text}>{c.subject || c.last_message?.text}</span><time dateTime={c.updated_at}>{moment(c.updated_at, q.zone)}</time>
          </a>
        ))}
        {!page.busy && !page.error && !items.length && !page.hidden && <p class="list-empty">{r.noneBehind}</p>}
        {page.busy && <p class="list-empty">{s.loading}</p>}
        {!!page.hidden && <p class="list-empty">{r.hidden(page.hidden)}</p>}
        {!page.busy && page.next && <div class="menu-buttons"><Button label={r.more} onClick={() => void load(page.next)} /></div>}
      </div>
    </Modal>
  );
}

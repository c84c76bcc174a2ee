// A number that opens to what it counts.
import { go } from "../core/route";
import { t } from "../i18n";
import { span } from "../work/span";
import { beat } from "../core/time";
import { formatDrill, type What } from "./drill";
import { lineName } from "./names";
import type { BoardKind, BoardLine } from "./shapes";

/** A number of a line. What stood at a past minute opens to nothing: the list
 * shows how it is now. as is shown in place of the number: a share, of what it lacks. */
export function Number({ line, kind, what, live, as }: { line: BoardLine; kind: BoardKind; what: What; live: boolean; as?: string }) {
  const s = t.value.board;
  const n = what === "late" ? (line.service_now.late ?? 0) : line[what];
  if (!n || !live) return <span class={n || as ? "" : "nought"}>{as ?? n}</span>;
  const id = formatDrill({ kind, id: line.id ?? "", what });
  const names: Record<What, string> = { open: s.open, snoozed: s.snoozed, waiting: s.waiting, offered: s.offered, in_work: s.inWork, at_risk: s.atRisk, breached: s.breached, late: s.metrics.late!, callbacks_due: s.callbacksDue };
  const label = s.openList(`${n} ${names[what]}`, lineName(kind, line.id));
  return <a class="plain-number" href={`#/v/load/${encodeURIComponent(id)}`} title={label} aria-label={label} onClick={(e) => (e.preventDefault(), go({ view: { kind: "load", id } }))}>{as ?? n}</a>;
}

/** How long the first has waited, ticking; a press opens them. at is the moment
 * that is looked at, in milliseconds; without it, the present. */
export function Longest({ line, at }: { line: BoardLine; at?: number }) {
  const s = t.value.board;
  if (!line.longest_since) return <span class="nought">–</span>;
  const text = span((at ?? beat.value) - Date.parse(line.longest_since));
  const id = line.longest;
  if (!id) return <span>{text}</span>;
  return <a class="plain-number" href={`#/c/${encodeURIComponent(id)}`} title={s.openLongest} onClick={(e) => (e.preventDefault(), go({ view: { kind: "all" }, conversation: id }))}>{text}</a>;
}

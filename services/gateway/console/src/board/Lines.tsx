// The table of queues, teams, channels or inboxes.
import { useMemo } from "preact/hooks";
import { t } from "../i18n";
import { Icon } from "../ui/icons";
import { span } from "../work/span";
import { lineName } from "./names";
import { Longest, Number as Count } from "./Number";
import type { BoardAnswer, BoardKind, BoardLine } from "./shapes";
import { keyOf, linesOf, percent, pointsOf, type Point } from "./state";

interface Props {
  b: BoardAnswer;
  kind: BoardKind;
  live: boolean;
  shown: { kind: BoardKind; id: string };
  onShow: (kind: BoardKind, id: string) => void;
}

export function Lines({ b, kind, live, shown, onShow }: Props) {
  const s = t.value.board;
  const lines = linesOf(b, kind);
  const staffed = kind === "queue" || kind === "team", books = kind === "inbox";
  const sorted = [...lines].sort((a, c) => lineName(kind, a.id).localeCompare(lineName(kind, c.id)));
  if (!lines.length) return <p class="list-empty">{s.noLines}</p>;
  const head: [string, boolean][] = [
    [s.tabs[kind as "queue"], false], [s.waiting, true], [s.longest, true], ...(staffed ? [[s.expected, true] as [string, boolean]] : []), [s.offered, true], [s.inWork, true], [s.atRisk, true], [s.breached, true], [s.callbacksDue, true],
    [s.serviceNow, true], ...(staffed ? [[s.occupancy, true], [s.available, true]] as [string, boolean][] : []), [s.arrivals, true], [s.departures, true], ...(books ? [[s.books, true] as [string, boolean]] : []),
  ];
  const at = live ? undefined : Date.parse(b.at);
  const row = (line: BoardLine, kind: BoardKind) => {
    const key = keyOf(kind, line.id);
    const on = key === keyOf(shown.kind, shown.id);
    const level = percent(line.service_now.met, line.service_now.met + line.service_now.missed);
    const busy = line.staff ? percent(line.staff.load, line.staff.capacity) : null;
    return (
      <tr key={key} class={`${on ? "on" : ""} ${kind === "total" ? "sum" : ""}`}>
        <th scope="row">
          <button class="line-name" aria-pressed={on} title={s.showChart(lineName(kind, line.id))} onClick={() => onShow(kind, line.id ?? "")}><span>{lineName(kind, line.id)}</span><Spark points={pointsOf(b, kind, line)} last={line.waiting} /></button>
        </th>
        <td class="num strong"><Count line={line} kind={kind} what="waiting" live={live} /></td>
        <td class="num"><Longest line={line} at={at} /></td>
        {staffed && <td class="num">{line.expected_wait_ms === undefined ? <span class="nought">–</span> : span(line.expected_wait_ms)}</td>}
        <td class="num"><Count line={line} kind={kind} what="offered" live={live} /></td>
        <td class="num"><Count line={line} kind={kind} what="in_work" live={live} /></td>
        <td class={`num ${line.at_risk ? "warn" : ""}`}>{line.at_risk > 0 && <Icon name="bell" size={12} />}<Count line={line} kind={kind} what="at_risk" live={live} /></td>
        <td class={`num ${line.breached ? "bad" : ""}`}>{line.breached > 0 && <Icon name="warn" size={12} />}<Count line={line} kind={kind} what="breached" live={live} /></td>
        <td class="num"><Count line={line} kind={kind} what="callbacks_due" live={live} /></td>
        <td class="num">{level === null ? <span class="nought">–</span> : `${level} %`}</td>
        {staffed && <td class="num">{busy === null ? <span class="nought">–</span> : `${busy} %`}</td>}
        {staffed && <td class="num" title={line.staff ? `${s.free} ${line.staff.free}` : undefined}>{line.staff ? `${line.staff.free}/${line.staff.available}` : "–"}</td>}
        <td class="num">{line.arrivals.m5}</td>
        <td class="num">{line.departures.m5}</td>
        {books && <td class="num"><Books line={line} /></td>}
      </tr>
    );
  };
  return (
    <div class="table-wrap board-table" tabIndex={0} role="region" aria-label={s.tabs[kind as "queue"]}>
      <table>
        <thead><tr>{head.map(([h, num]) => <th key={h} scope="col" class={num ? "num" : undefined}>{h}</th>)}</tr></thead>
        <tbody>{sorted.map((x) => row(x, kind))}</tbody>
        {!books && sorted.length > 1 && <tfoot>{row(b.total, "total")}</tfoot>}
      </table>
    </div>
  );
}

/** received = stored + duplicate + rejected; what is under way explains the rest. */
function Books({ line }: { line: BoardLine }) {
  const s = t.value.board;
  const x = line.books;
  if (!x) return <span class="nought">–</span>;
  const off = x.received === undefined ? 0 : x.received - x.stored - x.duplicate - x.rejected - (x.open ?? 0);
  return off ? <span class="bad"><Icon name="warn" size={12} />{s.offBy(off)}</span> : <span>{s.balanced}</span>;
}

const W = 64, H = 16;

/** Who waited over the last hour, as a thin line. */
function Spark({ points, last }: { points: readonly Point[]; last: number }) {
  const end = points.at(-1)?.[0] ?? 0;
  const path = useMemo(() => {
    if (points.length < 2) return "";
    const top = Math.max(1, ...points.map((p) => p[1])), from = points[0]![0], wide = Math.max(60, end - from);
    return points.map((p, i) => `${i ? "L" : "M"}${(((p[0] - from) / wide) * W).toFixed(1)} ${(H - 1 - (p[1] / top) * (H - 2)).toFixed(1)}`).join("");
  }, [points.length, end, last]);
  return <svg class="spark" width={W} height={H} viewBox={`0 0 ${W} ${H}`} aria-hidden="true"><path d={path} fill="none" stroke="currentColor" stroke-width="1.4" /></svg>;
}

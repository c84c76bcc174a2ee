// The table of queues, teams, channels or inboxes.
import type { ComponentChildren } from "preact";
import { useMemo } from "preact/hooks";
import { t } from "../i18n";
import { Icon } from "../ui/icons";
import { span } from "../work/span";
import { lineName } from "./names";
import { Longest, Number as Count } from "./Number";
import type { BoardAnswer, BoardKind, BoardLine } from "./shapes";
import { inTime, keyOf, linesOf, percent, pointsOf, type Point } from "./state";

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
    const sorted = [...lines].sort((a, c) => lineName(kind, a.id).localeCompare(lineName(kind, c.id)));
  if (!lines.length) return <p class="list-empty">{s.noLines}</p>;
  const head = [s.waiting, s.longest, s.expected, s.offered, s.inWork, s.atRisk, s.breached, s.callbacksDue, s.serviceNow, s.occupancy, s.available, s.moved, s.books];
  const at = live ? undefined : Date.parse(b.at);
  const row = (line: BoardLine, kind: BoardKind) => {
    const key = keyOf(kind, line.id);
    const on = key === keyOf(shown.kind, shown.id);
    const level = inTime(line.service_now);
    const busy = line.staff ? percent(line.staff.load, line.staff.capacity) : null;
    // In the order of head.
    const cells: ComponentChildren[] = [
      <b><Count line={line} kind={kind} what="waiting" live={live} /></b>,
      <Longest line={line} at={at} />,
      line.expected_wait_ms === undefined ? null : span(line.expected_wait_ms),
      <Count line={line} kind={kind} what="offered" live={live} />,
      <Count line={line} kind={kind} what="in_work" live={live} />,
      <span class={line.at_risk ? "warn" : ""}>{line.at_risk > 0 && <Icon name="bell" size={12} />}<Count line={line} kind={kind} what="at_risk" live={live} /></span>,
      <span class={line.breached ? "bad" : ""}>{line.breached > 0 && <Icon name="warn" size={12} />}<Count line={line} kind={kind} what="breached" live={live} /></span>,
      <Count line={line} kind={kind} what="callbacks_due" live={live} />,
      level === null ? null : <Count line={line} kind={kind} what="late" live={live} as={`${level} %`} />,
      busy === null ? null : `${busy} %`,
      line.staff && <span title={`${s.free} ${line.staff.free}`}>{line.staff.free}/{line.staff.available}</span>,
      <span class={line.arrivals.m5 || line.departures.m5 ? "" : "nought"} title={`${s.arrivals} ${line.arrivals.m5}, ${s.departures} ${line.departures.m5}`}>{line.arrivals.m5}/{line.departures.m5}</span>,
      line.books && <Books x={line.books} />,
    ];
    return (
      <tr key={key} role="row" class={`${on ? "on" : ""} ${kind === "total" ? "sum" : ""}`}>
        <th scope="row" role="rowheader">
          <button class="line-name" aria-pressed={on} title={s.showChart(lineName(kind, line.id))} onClick={() => onShow(kind, line.id ?? "")}><span>{lineName(kind, line.id)}</span><Spark points={pointsOf(b, kind, line)} last={line.waiting} /></button>
        </th>
        {cells.map((x, i) => <td key={head[i]} role="cell" class="num" data-label={head[i]}>{x ?? <span class="nought">–</span>}</td>)}
      </tr>
    );
  };
  return (
    <div class="table-wrap board-table" tabIndex={0} role="region" aria-label={s.tabs[kind as "queue"]}>
      {/* Where it is narrow a row is drawn as a card; the roles keep it a table. */}
      <table role="table">
        <thead role="rowgroup"><tr role="row"><th scope="col" role="columnheader">{s.tabs[kind as "queue"]}</th>{head.map((h) => <th key={h} scope="col" role="columnheader" class="num">{h}</th>)}</tr></thead>
        <tbody role="rowgroup">{sorted.map((x) => row(x, kind))}</tbody>
        {sorted.length > 1 && <tfoot role="rowgroup">{row(b.total, "total")}</tfoot>}
      </table>
    </div>
  );
}

/** received = stored + duplicate + rejected; what is under way explains the rest. */
function Books({ x }: { x: NonNullable<BoardLine["books"]> }) {
  const s = t.value.board;
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

// What was and what would have been, side by side.
import { useState } from "preact/hooks";
import type { Named } from "../admin/shapes";
import { moment } from "../core/format";
import { queueName } from "../core/store";
import { t } from "../i18n";
import { Icon } from "../ui/icons";
import { Chart } from "./Chart";
import { measures, queuesOf, trusted, valueOf, verdictOf } from "./compare";
import { Each } from "./Each";
import { Mark } from "./Mark";
import type { Playing } from "./run";
import type { Answer } from "./shapes";
import { apart, changeWords, figure, measureName } from "./words";

export function Result({ p, a, skills }: { p: Playing; a: Answer; skills: Named[] }) {
  const w = t.value.whatif;
  const [wanted, setWanted] = useState("");
  const queues = queuesOf(a).sort((x, y) => queueName(x).localeCompare(queueName(y)));
  const queue = queues.includes(wanted) ? wanted : "";
  const name = queue ? queueName(queue) : w.all;
  const nobody = !a.was.total.arrivals && !a.was.total.backlog?.some(Boolean);
  return (
    <section class="whatif-result" aria-label={w.result}>
      <header><h2>{w.span(moment(a.from, p.zone), moment(a.to, p.zone))}</h2><ul class="whatif-changes" aria-label={w.changes}>{changeWords(p.question, p.changes, skills).map((x) => <li key={x} class="chip">{x}</li>)}</ul></header>
      {a.partial && <p class="notice">{w.partial(moment(a.to, p.zone))}</p>}
      {nobody ? <p class="list-empty">{w.empty}</p> : (
        <>
          <div class="whatif-said" role="status"><Said a={a} queue={queue} /></div>
          {trusted(a, queue) ? <p class="small muted whatif-trust"><Icon name="check" size={14} />{w.good}</p> : <p class="notice whatif-trust"><Icon name="warn" size={14} />{w.poor}</p>}
          {queues.length > 1 && <label class="field whatif-shown"><span>{w.shown}</span><select value={queue} onChange={(e) => setWanted(e.currentTarget.value)}><option value="">{w.all}</option>{queues.map((x) => <option key={x} value={x}>{queueName(x)}</option>)}</select></label>}
          <Compared a={a} queue={queue} name={name} />
          <Chart a={a} queue={queue} name={name} zone={p.zone} />
          {queues.length > 0 && <Each a={a} queues={queues} shown={queue} show={setWanted} />}
        </>
      )}
      <h3 class="section-title">{w.assumptions}</h3>
      <ul class="whatif-assumed small">{a.assumptions.map((said, i) => <li key={i}>{w.assumed[a.assumed?.[i] ?? ""] ?? said}</li>)}</ul>
    </section>
  );
}

/** What the change does to those who wait, in sentences: of what differs the first
 * three, by how much they matter. */
function Said({ a, queue }: { a: Answer; queue: string }) {
  const w = t.value.whatif;
  const told = (["in_time", "median_ms", "p90_ms", "abandoned", "longest_ms", "waiting"] as const).flatMap((m) => {
    const before = valueOf(a.unchanged, queue, m), after = valueOf(a.changed, queue, m), v = verdictOf(m, before, after);
    return v === "better" || v === "worse" ? [{ m, v, words: w.instead(measureName(m, a.target), figure(m, after), figure(m, before), w.verdicts[v]!) }] : [];
  });
  if (!told.length) return <p>{w.noDifference}</p>;
  return <>{told.slice(0, 3).map((x) => <p key={x.m}><Mark v={x.v} silent />{x.words}</p>)}</>;
}

function Compared({ a, queue, name }: { a: Answer; queue: string; name: string }) {
  const w = t.value.whatif;
  const rows = measures.filter((m) => !queue || (m !== "agents" && m !== "occupancy"));
  return (
    <>
      <div class="table-wrap whatif-table">
        <table>
          <caption class="sr-only">{name}</caption>
          <thead><tr><th scope="col">{w.number}</th>{[w.was, w.again, w.changed, w.difference].map((h) => <th key={h} scope="col" class="num">{h}</th>)}</tr></thead>
          <tbody>
            {rows.map((m) => {
              const [was, again, changed] = [a.was, a.unchanged, a.changed].map((r) => valueOf(r, queue, m)) as [number | null, number | null, number | null];
              return (
                <tr key={m} data-number={m}>
                  <th scope="row" class="row-key">{measureName(m, a.target)}</th>
                  <td class="num" data-label={w.was}>{figure(m, was)}</td><td class="num muted" data-label={w.again}>{figure(m, again)}</td><td class="num" data-label={w.changed}><b>{figure(m, changed)}</b></td>
                  <td class="num" data-label={w.difference}><span class="whatif-apart">{apart(m, again, changed)} <Mark v={verdictOf(m, again, changed)} /></span></td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      <p class="muted small">{w.against}{queue && ` ${w.beganHere}`}</p>
    </>
  );
}

// All queues in one table: played again, and with the change.
import { queueName } from "../core/store";
import { t } from "../i18n";
import { valueOf, verdictOf, type Measure } from "./compare";
import { Mark } from "./Mark";
import type { Answer } from "./shapes";
import { figure, measureName } from "./words";

const columns: Measure[] = ["arrivals", "in_time", "median_ms", "p90_ms", "longest_ms", "abandoned", "waiting"];

export function Each({ a, queues, shown, show }: { a: Answer; queues: string[]; shown: string; show: (queue: string) => void }) {
  const w = t.value.whatif;
  const row = (queue: string) => {
    const name = queue ? queueName(queue) : w.all;
    return (
      <tr key={queue} class={queue === shown ? "on" : ""}>
        <th scope="row"><button type="button" class="line-name" aria-pressed={queue === shown} title={w.show(name)} onClick={() => show(queue)}><span>{name}</span></button></th>
        {columns.map((m) => <Cell key={m} a={a} queue={queue} m={m} />)}
      </tr>
    );
  };
  return (
    <>
      <h3 class="section-title">{w.each}</h3>
      <p class="muted small">{w.eachHint}</p>
      <div class="table-wrap board-table whatif-each">
        <table>
          <thead><tr><th scope="col">{w.shown}</th>{columns.map((m) => <th key={m} scope="col">{measureName(m, a.target)}</th>)}</tr></thead>
          <tbody>{queues.map(row)}</tbody>
          <tfoot>{row("")}</tfoot>
        </table>
      </div>
    </>
  );
}

function Cell({ a, queue, m }: { a: Answer; queue: string; m: Measure }) {
  const before = valueOf(a.unchanged, queue, m), after = valueOf(a.changed, queue, m), v = verdictOf(m, before, after);
  const same = v === "same" || v === "";
  return <td data-label={measureName(m, a.target)}><span class="whatif-pair">{same ? figure(m, after) : <>{figure(m, before)} <span aria-hidden="true">→</span> <b>{figure(m, after)}</b> <Mark v={v} /></>}</span></td>;
}

// The table of a report. A figure opens to the conversations it counts.
import { t } from "../i18n";
import type { Cell } from "./Drill";
import { groups, isSpread, measured, type Question } from "./question";
import type { ReportTable, Row } from "./shapes";
import { keyName, numberName, said, took } from "./words";

export function Numbers({ q, table, whole, segments, open }: { q: Question; table: ReportTable; whole?: Row; segments: Map<string, string>; open: (c: Cell) => void }) {
  const r = t.value.reports;
  const by = groups(q);
  const two = q.numbers.some(isSpread);
  const named = (row: Row) => by.map((b, i) => keyName(b, row.keys?.[i] ?? "", row, table.zone, segments)).join(", ") || r.total;
  return (
    <div class="table-wrap">
      <table class="report-table">
        <thead>
          <tr>
            {by.length ? by.map((b) => <th key={b} scope="col" rowSpan={two ? 2 : 1}>{r.bys[b]}</th>) : <th scope="col" rowSpan={two ? 2 : 1} />}
            {q.numbers.map((n) => (isSpread(n) ? <th key={n} scope="colgroup" colSpan={3}>{numberName(n)}</th> : <th key={n} scope="col" rowSpan={two ? 2 : 1} class="num">{numberName(n)}</th>))}
          </tr>
          {two && <tr>{q.numbers.filter(isSpread).flatMap((n) => [r.average, r.median, r.p90].map((w) => <th key={n + w} scope="col" class="num muted">{w}</th>))}</tr>}
        </thead>
        <tbody>
          {(table.rows ?? []).map((row) => (
            <tr key={(row.keys ?? []).join("\n")}>
              {by.length ? by.map((b, i) => <th key={b} scope="row" class="row-key">{keyName(b, row.keys?.[i] ?? "", row, table.zone, segments)}</th>) : <th scope="row" class="row-key">{r.total}</th>}
              {q.numbers.map((n) => <Figures key={n} row={row} n={n} q={q} open={() => open({ row, by, number: measured(n, q.business), name: numberName(n), where: named(row) })} />)}
            </tr>
          ))}
        </tbody>
        {whole && (
          <tfoot><tr><td colSpan={by.length || 1}>{r.total}</td>
            {q.numbers.map((n) => <Figures key={n} row={whole} n={n} q={q} open={() => open({ row: whole, by: [], number: measured(n, q.business), name: numberName(n), where: r.total })} />)}</tr></tfoot>
        )}
      </table>
    </div>
  );
}

function Figures({ row, n, q, open }: { row: Row; n: string; q: Question; open: () => void }) {
  const r = t.value.reports;
  const key = measured(n, q.business);
  if (isSpread(n)) {
    const x = row.spreads?.[key];
    const left = x?.unmeasured ? <span class="muted" title={r.unmeasured(x.unmeasured)}> *</span> : null;
    if (!x?.count) return <><td class="num muted">–{left}</td><td /><td /></>;
    return (
      <>
        <td class="num"><button type="button" class="link" onClick={open}>{took(x.average_ms)}</button>{left}</td>
        <td class="num">{took(x.median_ms)}</td><td class="num">{took(x.p90_ms)}</td>
      </>
    );
  }
  const words = said(row, key);
  const empty = words === "–" || words === "0";
  return <td class="num">{!empty ? <button type="button" class="link" onClick={open}>{words}</button> : <span class={empty ? "muted" : undefined}>{words}</span>}</td>;
}

// Reports: numbers over a range of time, each opening to the conversations
// behind it. The question stands in the address, so that a link shows the same.
import { useEffect, useRef, useState } from "preact/hooks";
import { explain } from "../core/actions";
import { ApiError } from "../core/api";
import { go } from "../core/route";
import { me, now } from "../core/store";
import { settings } from "../admin/settings";
import { t } from "../i18n";
import { Button } from "../ui/parts";
import { ask } from "./ask";
import { Bar } from "./Bar";
import { Chart } from "./Chart";
import { csvURL, readReport } from "./client";
import { Customers } from "./Customers";
import { Drill, type Cell } from "./Drill";
import { lacksOccupancy, parseQuestion, sheets, type Question } from "./question";
import type { ReportTable, Row } from "./shapes";
import { Numbers } from "./Numbers";

export function Reports({ query }: { query: string }) {
  const s = t.value, r = s.reports;
  const q = parseQuestion(query);
  const segments = useSegments();
  const administrator = me.value?.role === "administrator";
  const sheet = q.customers ? "customers" : Object.keys(sheets).find((k) => sheets[k]!.join() === q.numbers.join());
  return (
    <main class="admin-main report-main">
      <header class="admin-head"><h1>{r.title}</h1><span class="grow" /><button class="link" onClick={() => go({ view: { kind: "all" } })}>{s.backToInbox}</button></header>
      <div class="admin-body">
        <div class="report-head" role="group" aria-label={r.title}>
          {[...Object.keys(sheets), ...(administrator ? ["customers"] : [])].map((k) => <button key={k} type="button" aria-pressed={k === sheet} onClick={() => ask(k === "customers" ? { ...q, customers: true, range: q.range === "week" ? "quarter" : q.range } : { ...q, customers: false, numbers: sheets[k]! })}>{r.sheets[k]}</button>)}
        </div>
        <Bar q={q} segments={segments} />
        {q.customers && !administrator ? <p class="list-empty">{s.onlyAdmin}</p> : q.customers ? <Customers q={q} segments={segments} /> : <Table q={q} query={query} segments={segments} />}
      </div>
    </main>
  );
}

/** The names of the segments. */
function useSegments(): Map<string, string> {
  const [all, setAll] = useState(new Map<string, string>());
  useEffect(() => void settings.segments.list().then((list) => setAll(new Map(list.map((x) => [x.id, x.name]))), (e) => {
    if (!(e instanceof ApiError)) throw e; // without names, ids are shown
  }), []);
  return all;
}

function Table({ q, query, segments }: { q: Question; query: string; segments: Map<string, string> }) {
  const s = t.value, r = s.reports;
  const [state, setState] = useState<{ of: string; table?: ReportTable; whole?: Row; error?: string }>({ of: "" });
  const [cell, setCell] = useState<Cell>();
  const [again, setAgain] = useState(0);
  const asked = useRef(now.peek());
  useEffect(() => {
    const abort = new AbortController();
    asked.current = Date.now();
    readReport(q, asked.current, abort.signal).then((got) => setState({ of: query, ...got }), (e) => {
      if (!abort.signal.aborted) setState({ of: query, error: explain(e) });
    });
    return () => abort.abort();
  }, [query, again]);
  if (state.error && state.of === query) return <p class="notice bad" role="alert">{state.error}</p>;
  if (!state.table) return <p class="list-empty" aria-busy="true">{s.loading}</p>;
  const rows = state.table.rows ?? [];
  return (
    <div aria-busy={state.of !== query}>
      {rows.length > 1 && <Chart table={state.table} q={q} segments={segments} />}
      {rows.length ? <Numbers q={q} table={state.table} whole={state.whole} segments={segments} open={setCell} /> : <p class="list-empty">{r.empty}</p>}
      {lacksOccupancy(q) && <p class="muted small">{r.occupancyHint}</p>}
      <div class="admin-bar"><span class="muted small grow">{r.formula(state.table.formula)} · {state.table.zone}</span><Button icon="undo" label={s.refresh} onClick={() => setAgain(again + 1)} /><a class="button" href={csvURL(q, asked.current)} download="report.csv">{r.csv}</a></div>
      {cell && <Drill q={q} cell={cell} onClose={() => setCell(undefined)} />}
    </div>
  );
}

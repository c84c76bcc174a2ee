// Customers by what they bought: who came back, and what they are worth.
import { useEffect, useState } from "preact/hooks";
import { explain } from "../core/actions";
import { money } from "../core/orders";
import { language, t } from "../i18n";
import { Behind } from "./Behind";
import { readRetention, type Which } from "./client";
import { formatQuestion, type Question } from "./question";
import type { Cohort, Retention, Revenue } from "./shapes";

interface Opened { which: Which; name: string }

export function Customers({ q, segments }: { q: Question; segments: Map<string, string> }) {
  const s = t.value, r = s.reports;
  const query = formatQuestion(q);
  const [state, setState] = useState<{ got?: Retention; error?: string }>({});
  const [behind, setBehind] = useState<Opened>();
  useEffect(() => {
    const abort = new AbortController();
    readRetention(q, Date.now(), abort.signal).then((got) => setState({ got }), (e) => {
      if (!abort.signal.aborted) setState({ error: explain(e) });
    });
    return () => abort.abort();
  }, [query]);
  const { got, error } = state;
  if (error) return <p class="notice bad" role="alert">{error}</p>;
  if (!got) return <p class="list-empty" aria-busy="true">{s.loading}</p>;
  if (!got.customers) return <p class="list-empty">{r.noOrders}</p>;
  return (
    <>
      <dl class="figures">
        <div><dt>{r.customers}</dt><dd><Opens n={got.customers} open={() => setBehind({ which: {}, name: r.customers })} /></dd></div>
        <div><dt>{r.repeating}</dt><dd><Opens n={got.repeating} open={() => setBehind({ which: { repeating: true }, name: r.repeating })} /></dd></div>
        <div><dt>{r.repeatRate}</dt><dd>{percent(got.repeat_rate)}</dd></div>
      </dl>
      <h2 class="section-title">{r.lifetime}</h2>
      <Worth all={got.revenue ?? []} />
      {!!got.segments?.length && (
        <>
          <h2 class="section-title">{r.segment}</h2>
          <div class="table-wrap">
            <table class="report-table">
              <thead><tr>{[r.segment, r.customers, r.repeatRate, r.perCustomer].map((h, i) => <th key={h} scope="col" class={i ? "num" : undefined}>{h}</th>)}</tr></thead>
              <tbody>{got.segments.map((x) => <tr key={x.segment}><th scope="row" class="row-key">{x.segment ? (segments.get(x.segment) ?? x.segment) : r.without}</th><td class="num">{whole(x.customers)}</td><td class="num">{percent(x.repeat_rate)}</td><td class="num">{(x.revenue ?? []).map((m) => <div key={m.currency}>{worth(m.average, m.currency)}</div>)}</td></tr>)}</tbody>
            </table>
          </div>
        </>
      )}
      <h2 class="section-title">{r.retention}</h2>
      <p class="muted small">{r.retentionHint}</p>
      <Cohorts all={got.cohorts ?? []} open={setBehind} />
      {currencies(got.cohorts ?? []).map((c) => <div key={c}><h2 class="section-title">{r.cohortRevenue(c)}</h2><Brought all={got.cohorts ?? []} currency={c} /></div>)}
      {behind && <Behind q={q} {...behind} onClose={() => setBehind(undefined)} />}
    </>
  );
}

/** Money in words, also where there is none. */
const worth = (amount: string, currency: string): string => money(amount, currency) || "0";
const whole = (n: number): string => new Intl.NumberFormat(language.value).format(n);
const percent = (x: number | undefined): string => (x === undefined ? "–" : new Intl.NumberFormat(language.value, { style: "percent", maximumFractionDigits: 1 }).format(x));

function Worth({ all }: { all: Revenue[] }) {
  const r = t.value.reports;
  return (
    <div class="table-wrap">
      <table class="report-table">
        <thead><tr>{[r.currency, r.customers, r.orders, r.revenue, r.perCustomer, r.median, r.p90].map((h, i) => <th key={h} scope="col" class={i ? "num" : undefined}>{h}</th>)}</tr></thead>
        <tbody>{all.map((m) => <tr key={m.currency}><th scope="row" class="row-key">{m.currency || "–"}</th><td class="num">{whole(m.customers)}</td><td class="num">{whole(m.orders)}</td>{[m.total, m.average, m.median, m.p90].map((x, i) => <td key={i} class="num">{worth(x, m.currency)}</td>)}</tr>)}</tbody>
      </table>
    </div>
  );
}

const month = (m: string): string => new Intl.DateTimeFormat(language.value, { year: "numeric", month: "short", timeZone: "UTC" }).format(Date.parse(m + "-01T00:00:00Z"));

/** A figure that opens to the customers it counts. */
function Opens({ n, words, open }: { n: number; words?: string; open: () => void }) {
  return n ? <button type="button" class="link" onClick={open}>{words ?? whole(n)}</button> : <>{words ?? whole(n)}</>;
}

function Cohorts({ all, open }: { all: Cohort[]; open: (o: Opened) => void }) {
  const r = t.value.reports;
  const most = Math.max(1, ...all.map((c) => c.active?.length ?? 0));
  const heat = (share: number) => (share >= 0.5 ? "h4" : share >= 0.25 ? "h3" : share >= 0.1 ? "h2" : share > 0 ? "h1" : "");
  return (
    <div class="table-wrap">
      <table class="report-table">
        <thead><tr><th scope="col">{r.firstOrder}</th><th scope="col" class="num">{r.customers}</th>{Array.from({ length: most }, (_, i) => <th key={i} scope="col" class="num">{i ? r.afterMonths(i) : "0"}</th>)}</tr></thead>
        <tbody>
          {all.map((c) => (
            <tr key={c.month}><th scope="row" class="row-key">{month(c.month)}</th><td class="num"><Opens n={c.customers} open={() => open({ which: { cohort: c.month }, name: `${r.firstOrder} ${month(c.month)}` })} /></td>
              {Array.from({ length: most }, (_, i) => {
                const n = c.active?.[i];
                return <td key={i} class={`heat ${n === undefined ? "" : heat(n / c.customers)}`}>{n === undefined ? "" : <><Opens n={n} words={percent(n / c.customers)} open={() => open({ which: { cohort: c.month, month: i }, name: `${r.firstOrder} ${month(c.month)}, ${r.afterMonths(i)}` })} /> <small>{whole(n)}</small></>}</td>;
              })}</tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const currencies = (all: Cohort[]): string[] => [...new Set(all.flatMap((c) => (c.revenue ?? []).map((x) => x.currency)))].sort();

/** What the customers of a month brought in it and in each month after it. */
function Brought({ all, currency }: { all: Cohort[]; currency: string }) {
  const r = t.value.reports;
  const of = (c: Cohort): string[] => c.revenue?.find((x) => x.currency === currency)?.months ?? [];
  const most = Math.max(1, ...all.map((c) => of(c).length));
  return (
    <div class="table-wrap">
      <table class="report-table">
        <thead><tr><th scope="col">{r.firstOrder}</th>{Array.from({ length: most }, (_, i) => <th key={i} scope="col" class="num">{i ? r.afterMonths(i) : "0"}</th>)}</tr></thead>
        <tbody>{all.filter((c) => of(c).length).map((c) => <tr key={c.month}><th scope="row" class="row-key">{month(c.month)}</th>{Array.from({ length: most }, (_, i) => <td key={i} class="num">{of(c)[i] === undefined ? "" : worth(of(c)[i]!, currency)}</td>)}</tr>)}</tbody>
      </table>
    </div>
  );
}

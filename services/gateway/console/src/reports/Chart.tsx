// The figures of a report as lines over time, or as bars by what they are grouped.
import { useEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { clock, shortDay } from "../core/format";
import { language, t } from "../i18n";
import { groups, isShare, isSpread, type Question } from "./question";
import type { ReportTable, Row } from "./shapes";
import { figure, keyName, numberName } from "./words";

const HEIGHT = 230;
/** More lines than these are told apart by nobody; the greatest are drawn. */
const MOST = 8;
const strokes = ["#1d8a70", "#3d7dc4", "#c2702c", "#8a5fb0", "#b0485f", "#6d8a2c", "#2f97a8", "#8d7440"];

export interface Lines { labels: string[]; times?: number[]; series: { name: string; values: (number | null)[] }[] }

/** What is drawn of a table: by time and one dimension a line each of one number,
 * else each number a line. Steps in which nothing happened have no row; there a
 * count is nought, and a time or a share is none. */
export function linesOf(table: ReportTable, q: Question, n: string, name: (row: Row, i: number) => string): Lines {
  const rows = table.rows ?? [], by = groups(q);
  if (!q.step) return { labels: rows.map((r) => name(r, 0)), series: [{ name: numberName(n), values: rows.map((r) => figure(r, n, q)) }] };
  const times = stepsOf(rows);
  const keys = new Map<string, { name: string; at: Map<number, number | null>; sum: number }>();
  for (const r of rows) {
    const key = r.keys?.[1] ?? "", v = figure(r, n, q);
    const line = keys.get(key) ?? { name: by.length < 2 ? numberName(n) : name(r, 1), at: new Map(), sum: 0 };
    line.at.set(Date.parse(r.from), v);
    line.sum += v ?? 0;
    keys.set(key, line);
  }
  const nothing = isSpread(n) || isShare(n) ? null : 0;
  const series = [...keys.values()].sort((a, b) => b.sum - a.sum).slice(0, MOST).map((k) => ({ name: k.name, values: times.map((at) => (k.at.has(at) ? k.at.get(at)! : nothing)) }));
  return { labels: [], times: times.map((at) => at / 1000), series };
}

/** When the steps of the rows begin; of steps in between that have no row, the
 * first and the last, between which a line is level. */
export function stepsOf(rows: readonly Row[]): number[] {
  const ends = new Map<number, number>();
  for (const r of rows) ends.set(Date.parse(r.from), Date.parse(r.to));
  const begins = [...ends.keys()].sort((a, b) => a - b);
  return begins.flatMap((at, i) => {
    const end = ends.get(at)!, next = begins[i + 1];
    if (next === undefined || next <= end) return [at];
    const before = next - (end - at);
    return before > end ? [at, end, before] : [at, end];
  });
}

const css = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

export function Chart({ table, q, segments }: { table: ReportTable; q: Question; segments: Map<string, string> }) {
  const r = t.value.reports;
  const [wanted, setWanted] = useState("");
  const n = q.numbers.includes(wanted) ? wanted : q.numbers[0]!;
  const by = groups(q);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const el = box.current!;
    const lines = linesOf(table, q, n, (row, i) => keyName(by[i]!, row.keys?.[i] ?? "", row, table.zone, segments));
    let plot: uPlot | undefined;
    const draw = () => {
      plot?.destroy();
      plot = new uPlot(options(lines, Math.max(240, el.clientWidth), table.zone), [lines.times ?? lines.labels.map((_, i) => i), ...lines.series.map((x) => x.values)] as uPlot.AlignedData, el);
    };
    draw();
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const seen = new ResizeObserver(() => plot?.setSize({ width: Math.max(240, el.clientWidth), height: HEIGHT }));
    seen.observe(el);
    dark.addEventListener("change", draw);
    return () => (seen.disconnect(), dark.removeEventListener("change", draw), plot?.destroy());
  }, [table, n, language.value, segments]);
  return (
    <figure class="report-chart">
      <figcaption class="cell"><select aria-label={r.chart("…")} value={n} onChange={(e) => setWanted(e.currentTarget.value)}>{q.numbers.map((x) => <option key={x} value={x}>{numberName(x)}{isSpread(x) ? ` (${r.median}, ${r.minutes})` : ""}</option>)}</select></figcaption>
      <div ref={box} class="plot" role="img" aria-label={r.chart(numberName(n))} />
    </figure>
  );
}

const HOUR = 3_600, DAY = 24 * HOUR;

/** Reports whether steps are days or longer; summer time takes an hour of one. */
const days = (times: readonly number[]): boolean => times.length < 2 || times[1]! - times[0]! > DAY - 2 * HOUR;

/** A moment under the chart, in seconds since 1970: the hour of the report's zone,
 * and the day where one begins. */
function tickName(at: number, zone: string): string {
  const iso = new Date(at * 1000).toISOString(), hour = clock(iso, zone);
  return hour === "00:00" ? shortDay(iso, zone) : hour;
}

function options(lines: Lines, width: number, zone: string): uPlot.Options {
  const axis = { stroke: css("--ink-3"), grid: { stroke: css("--line"), width: 1 }, ticks: { stroke: css("--line"), width: 1 }, font: "11px system-ui" };
  const bars = lines.times ? undefined : uPlot.paths.bars!({ size: [0.6, 60] });
  const few = (lines.times?.length ?? 99) < 40;
  return {
    width, height: HEIGHT, legend: { show: lines.series.length > 1, live: false }, cursor: { drag: { x: false, y: false } },
    tzDate: (ts) => uPlot.tzDate(new Date(ts * 1000), zone),
    scales: { x: lines.times ? { time: true } : { time: false, range: () => [-0.6, lines.labels.length - 0.4] }, y: { range: (_u, min, max) => [Math.min(0, min ?? 0), Math.max(1, (max ?? 0) * 1.1)] } },
    axes: [lines.times ? { ...axis, incrs: days(lines.times) ? [1, 2, 7, 14, 30, 90, 180, 365].map((n) => n * DAY) : [1, 2, 3, 6, 12, 24, 48, 168].map((n) => n * HOUR), values: (_u, at) => at.map((x) => tickName(x, zone)) } : { ...axis, incrs: [1], splits: () => lines.labels.map((_, i) => i), values: (_u, at) => at.map((i) => { const l = lines.labels[i] ?? ""; return l.length > 14 ? l.slice(0, 13) + "…" : l; }) }, { ...axis, size: 46 }],
    series: [{}, ...lines.series.map((x, i) => ({ label: x.name, stroke: strokes[i % strokes.length], width: 2, fill: bars ? strokes[i % strokes.length] + "66" : undefined, paths: bars, spanGaps: false, points: { show: few && !bars } }))],
  };
}

// The last hour of one line, drawn by uPlot.
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { clock } from "../core/format";
import { language, t } from "../i18n";
import type { BoardAnswer, BoardKind } from "./shapes";
import { HOUR, keyOf, linesOf, pointsOf, type Point } from "./state";

/** The colours of the page as they are now, by their names. */
function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function columns(points: readonly Point[]): uPlot.AlignedData {
  return [points.map((p) => p[0]), points.map((p) => p[1]), points.map((p) => p[2]), points.map((p) => p[3])];
}

function options(width: number, zone: string, end: () => number): uPlot.Options {
  const ink = colour("--ink-3"), line = colour("--line");
  const axis = { stroke: ink, grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1 }, font: "11px system-ui" };
  return {
    width, height: 190, legend: { show: false }, cursor: { drag: { x: false, y: false } }, tzDate: (at) => uPlot.tzDate(new Date(at * 1000), zone),
    scales: { x: { range: () => [end() - HOUR * 60, end()] }, y: { range: (_u, _min, max) => [0, Math.max(4, Math.ceil(max * 1.1))] } },
    axes: [
      { ...axis, size: 30, incrs: [60, 120, 300, 600, 900], values: (_u, ticks) => ticks.map((x) => clock(new Date(x * 1000).toISOString(), zone)) },
      { ...axis, size: 38, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000] },
    ],
    series: [
      {},
      { stroke: colour("--accent-text"), fill: colour("--accent-soft"), width: 2, points: { show: false } },
      { stroke: colour("--warn"), width: 1.5, points: { show: false } },
      { stroke: colour("--focus"), width: 1.5, dash: [5, 4], points: { show: false } },
    ],
  };
}

export function Chart({ b, kind, id, name, zone, live }: { b: BoardAnswer; kind: BoardKind; id: string; name: string; zone: string; live: boolean }) {
  const s = t.value.board;
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const key = keyOf(kind, id);
  const points = pointsOf(b, kind, linesOf(b, kind).find((x) => kind === "total" || x.id === id));
  const now = useRef({ points, end: 0 });
  now.current = { points, end: Date.parse(b.at) / 1000 };
  useEffect(() => {
    const el = box.current!;
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const draw = () => {
      plot.current?.destroy();
      plot.current = new uPlot(options(Math.max(200, el.clientWidth), zone, () => now.current.end), columns(now.current.points), el);
    };
    draw();
    const seen = new ResizeObserver(() => plot.current?.setSize({ width: Math.max(200, el.clientWidth), height: 190 }));
    seen.observe(el);
    dark.addEventListener("change", draw);
    return () => {
      seen.disconnect();
      dark.removeEventListener("change", draw);
      plot.current?.destroy();
      plot.current = null;
    };
  }, [key, language.value, zone]);
  useEffect(() => plot.current?.setData(columns(now.current.points)), [b, key]);
  const most = points.reduce((n, p) => Math.max(n, p[1]), 0);
  return (
    <figure class="board-chart">
      <figcaption>
        <strong>{(live ? s.chart : s.chartThen)(name)}</strong><span class="muted small chart-hour">{clock(new Date(Date.parse(b.at) - HOUR * 60_000).toISOString(), zone)}–{clock(b.at, zone)}</span>
        <span class="legend"><span class="key wait">{s.waitingLine}</span><span class="key came">{s.arrivalsLine}</span><span class="key left">{s.departuresLine}</span></span>
        <span class="muted small">{(live ? s.chartText : s.chartPast)(points.at(-1)?.[1] ?? 0, most)}</span>
      </figcaption>
      <div ref={box} class="plot" aria-hidden="true" />
    </figure>
  );
}

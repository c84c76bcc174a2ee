// How many waited over the day: as it was, and with the change.
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { clock } from "../core/format";
import { language, t } from "../i18n";
import { countOf, peakOf } from "./compare";
import type { Answer } from "./shapes";

const HEIGHT = 220;

const css = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** Times in seconds, and the most that waited from each to the next: as it was, and
 * with the change. */
export function columns(a: Answer, queue: string): [number[], number[], number[]] {
  const was = countOf(a.was, queue).backlog ?? [], changed = countOf(a.changed, queue).backlog ?? [];
  const steps = Math.max(was.length, changed.length, a.was.total.backlog?.length ?? 0), from = Date.parse(a.from) / 1000;
  // A figure stands for its whole step; the last one goes on to the end.
  const at = Array.from({ length: steps && steps + 1 }, (_, i) => i), last = Math.max(0, steps - 1);
  const line = (all: readonly number[]) => at.map((i) => all[Math.min(i, last)] ?? 0);
  return [at.map((i) => (i < steps ? from + i * a.step : Math.max(from + last * a.step, Date.parse(a.to) / 1000))), line(was), line(changed)];
}

function options(width: number, zone: string): uPlot.Options {
  const axis = { stroke: css("--ink-3"), grid: { stroke: css("--line"), width: 1 }, ticks: { stroke: css("--line"), width: 1 }, font: "11px system-ui" };
  const paths = uPlot.paths.stepped!({ align: 1 });
  return {
    width, height: HEIGHT, legend: { show: false }, cursor: { drag: { x: false, y: false } }, tzDate: (at) => uPlot.tzDate(new Date(at * 1000), zone),
    scales: { y: { range: (_u, _min, max) => [0, Math.max(4, Math.ceil(max * 1.1))] } },
    axes: [
      { ...axis, size: 30, values: (_u, ticks) => ticks.map((x) => clock(new Date(x * 1000).toISOString(), zone)) },
      { ...axis, size: 40, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000] },
    ],
    series: [
      {},
      { stroke: css("--ink-3"), width: 2, dash: [6, 4], points: { show: false }, paths },
      { stroke: css("--accent-text"), fill: css("--accent-soft"), width: 2, points: { show: false }, paths },
    ],
  };
}

export function Chart({ a, queue, name, zone }: { a: Answer; queue: string; name: string; zone: string }) {
  const w = t.value.whatif;
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const el = box.current!;
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const width = () => Math.max(200, el.clientWidth);
    let plot: uPlot | undefined;
    const draw = () => {
      plot?.destroy();
      plot = new uPlot(options(width(), zone), columns(a, queue), el);
    };
    draw();
    const seen = new ResizeObserver(() => plot?.setSize({ width: width(), height: HEIGHT }));
    seen.observe(el);
    dark.addEventListener("change", draw);
    return () => (seen.disconnect(), dark.removeEventListener("change", draw), plot?.destroy());
  }, [a, queue, zone, language.value]);
  const most = (line: string, peak: ReturnType<typeof peakOf>) => (peak ? w.chartMost(line, peak.n, clock(new Date(peak.at * 1000).toISOString(), zone)) : w.chartNone(line));
  return (
    <figure class="board-chart whatif-chart">
      <figcaption>
        <strong>{w.chart(name)}</strong>
        <span class="legend"><span class="key was">{w.was}</span><span class="key wait">{w.changed}</span></span>
        <span class="muted small">{most(w.was, peakOf(a, a.was, queue))} {most(w.changed, peakOf(a, a.changed, queue))}</span>
      </figcaption>
      <div ref={box} class="plot" aria-hidden="true" />
    </figure>
  );
}

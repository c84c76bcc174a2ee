// What a report is about: the range, the groups, the kind of time, the numbers.
import { useEffect, useRef } from "preact/hooks";
import { agents, inboxes, kinds, queues, teams } from "../core/store";
import { homeZone } from "../core/zone";
import { t } from "../i18n";
import { Choose, Field, named } from "../admin/fields";
import { channelName } from "../ui/icons";
import { ask } from "./ask";
import { dayAfter, rangeOf, sheets, type Question, type RangeName } from "./question";
import { dimensions, steps, type Dimension, type Step } from "./shapes";
import { numberName } from "./words";

const zones: string[] = typeof Intl.supportedValuesOf === "function" ? ["UTC", ...Intl.supportedValuesOf("timeZone")] : ["UTC"];

export function Bar({ q, segments }: { q: Question; segments: Map<string, string> }) {
  const r = t.value.reports;
  const ranges: RangeName[] = ["today", "week", "month", "quarter", "custom"];
  const range = (name: RangeName) => {
    const { from, to } = rangeOf(q, Date.now());
    ask({ ...q, range: name, from, to: dayAfter(to, -1) });
  };
  const dated = (from: string, to: string) => from && to && ask(from <= to ? { ...q, from, to } : { ...q, from: to, to: from });
  return (
    <div class="report-bar">
      <Choose label={r.range} value={q.range} options={ranges.map((k) => [k, r.ranges[k]!])} set={(k) => range(k as RangeName)} />
      {q.range === "custom" && <Field label={r.from}><input type="date" value={q.from} onChange={(e) => dated(e.currentTarget.value, q.to)} /></Field>}
      {q.range === "custom" && <Field label={r.to}><input type="date" value={q.to} onChange={(e) => dated(q.from, e.currentTarget.value)} /></Field>}
      {!q.customers && <Choose label={r.by} value={q.step} none={r.whole} options={steps.map((k) => [k, r.bys[k]!])} set={(k) => ask({ ...q, step: (k || undefined) as Step | undefined })} />}
      {!q.customers && <Choose label={r.then} value={q.dimension} none={r.nothingElse} options={dimensions.map((k) => [k, r.bys[k]!])} set={(k) => ask({ ...q, dimension: (k || undefined) as Dimension | undefined, step: q.step ?? (k ? undefined : "day") })} />}
      {!q.customers && <Choose label={r.basis} value={q.business ? "business" : "calendar"} options={[["calendar", r.calendar], ["business", r.business]]} set={(k) => ask({ ...q, business: k === "business" })} />}
      <Choose label={r.zone} value={q.zone} options={[...new Set([q.zone, homeZone(), ...zones])].map((z) => [z, z])} set={(zone) => ask({ ...q, zone })} />
      {q.customers ? <Choose label={r.segment} value={q.segment} none={r.everySegment} options={[...segments]} set={(segment) => ask({ ...q, segment })} /> : <><Only q={q} segments={segments} /><Pick q={q} /></>}
    </div>
  );
}

function values(d: Dimension, segments: Map<string, string>): [string, string][] {
  switch (d) {
    case "channel": return kinds.value.map((k) => [k.kind, channelName(k.kind)]);
    case "inbox": return named(inboxes.value);
    case "queue": return named(queues.value);
    case "team": return named(teams.value);
    case "agent": return named(agents.value);
    case "segment": return [...segments];
    case "priority": return [5, 4, 3, 2, 1, 0, -1].map((n) => [String(n), String(n)]);
    case "tag": return [];
  }
}

/** A menu under its button that closes with Escape and with a press elsewhere. */
function useMenu() {
  const box = useRef<HTMLDetailsElement>(null);
  useEffect(() => {
    const shut = (e: Event) => {
      const el = box.current;
      if (!el?.open || (e instanceof KeyboardEvent ? e.key !== "Escape" : el.contains(e.target as Node))) return;
      el.open = false;
      if (e instanceof KeyboardEvent) el.querySelector("summary")?.focus();
    };
    addEventListener("pointerdown", shut);
    addEventListener("keydown", shut);
    return () => (removeEventListener("pointerdown", shut), removeEventListener("keydown", shut));
  }, []);
  return box;
}

function Only({ q, segments }: { q: Question; segments: Map<string, string> }) {
  const r = t.value.reports;
  const box = useMenu();
  const set = (d: Dimension, v: string) => {
    const { [d]: _, ...rest } = q.only;
    ask({ ...q, only: v ? { ...rest, [d]: v } : rest });
  };
  const n = Object.keys(q.only).length;
  return (
    <details ref={box}>
      <summary>{r.narrowed}{n > 0 && ` (${n})`}</summary>
      <div class="report-pick three">
        {dimensions.map((d) => d === "tag"
          ? <Field key={d} label={r.bys[d]!}><input value={q.only.tag ?? ""} onChange={(e) => set(d, e.currentTarget.value.trim().replace(/^#/, ""))} /></Field>
          : <Choose key={d} label={r.bys[d]!} value={q.only[d]} none="–" options={values(d, segments)} set={(v) => set(d, v)} />)}
      </div>
    </details>
  );
}

function Pick({ q }: { q: Question }) {
  const r = t.value.reports;
  const box = useMenu();
  // In the order of the sheets, however they were chosen; never none.
  const toggle = (n: string, on: boolean) => {
    const chosen = Object.values(sheets).flat().filter((x) => (x === n ? on : q.numbers.includes(x)));
    if (chosen.length) ask({ ...q, numbers: chosen });
  };
  return (
    <details ref={box}>
      <summary>{r.numbers} ({q.numbers.length})</summary>
      <div class="report-pick">
        {Object.entries(sheets).map(([k, all]) => (
          <div key={k} role="group" aria-label={r.sheets[k]}><b class="pick-title">{r.sheets[k]}</b>
            <div class="checks columns">{all.map((n) => <label key={n} class="check"><input type="checkbox" checked={q.numbers.includes(n)} onChange={(e) => toggle(n, e.currentTarget.checked)} /><span>{numberName(n)}</span></label>)}</div></div>
        ))}
      </div>
    </details>
  );
}

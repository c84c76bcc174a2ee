import { formatSpan } from "../core/span";
import { inboxes, kinds, queues, teams } from "../core/store";
import { language, t } from "../i18n";
import { channelName } from "../ui/icons";
import { Choose, Field, named, Num, Span, SpanInput } from "./fields";
import { KeptPage, type FormProps } from "./Kept";
import { settings } from "./settings";
import type { Alarm, ScopeKind } from "./shapes";

const staff = ["available", "free", "occupancy", "expected_wait"];
const metrics = ["waiting", "longest_wait", "expected_wait", "service_now", "service_today", "at_risk", "breached", "open", "offered", "in_work", "arrivals", "departures", "abandoned_today", "callbacks_due", "available", "free", "occupancy", "rejected"];
const waits = ["longest_wait", "expected_wait"];
const percents = ["service_now", "service_today", "occupancy"];
const scopes: ScopeKind[] = ["total", "queue", "team", "channel", "inbox"];

/** The metrics that a line of the board has. */
export const metricsOf = (kind: ScopeKind): string[] =>
  metrics.filter((x) => !(staff.includes(x) && (kind === "channel" || kind === "inbox")) && !(x === "rejected" && kind !== "inbox" && kind !== "total"));

function within(kind: ScopeKind): [string, string][] {
  switch (kind) {
    case "queue": return named(queues.value);
    case "team": return named(teams.value);
    case "inbox": return named(inboxes.value);
    case "channel": return kinds.value.map((k) => [k.kind, channelName(k.kind)]);
    case "total": return [];
  }
}

const valueOf = (metric: string, n: number): string => (waits.includes(metric) ? formatSpan(n, language.value) || "0" : percents.includes(metric) ? `${n} %` : String(n));

export function Alarms({ item }: { item?: string }) {
  const s = t.value, m = s.manage;
  return (
    <KeptPage<Alarm> item={item} kept={{
      page: "alarms", store: settings.alarms, hint: m.alarmsHint, add: m.newAlarm, head: [m.raisedWhen, m.scope, m.heldFor],
      row: (a) => [`${m.metrics[a.metric] ?? a.metric} ${a.above !== undefined ? `> ${valueOf(a.metric, a.above)}` : `< ${valueOf(a.metric, a.below ?? 0)}`}`, [m.scopes[a.scope.kind], within(a.scope.kind).find(([id]) => id === a.scope.id)?.[1] ?? a.scope.id].filter(Boolean).join(": "), formatSpan(a.for, language.value) || m.atOnce],
      blank: () => ({ id: "", name: "", metric: "longest_wait", scope: { kind: "total" }, above: 300 }), Form,
    }} />
  );
}

function Form({ v, set }: FormProps<Alarm>) {
  const m = t.value.manage;
  const possible = metricsOf(v.scope.kind);
  const scope = (kind: ScopeKind) => set({ scope: kind === "total" ? { kind } : { kind, id: "" }, metric: metricsOf(kind).includes(v.metric) ? v.metric : "waiting" });
  const below = v.below !== undefined, n = (below ? v.below : v.above) ?? 0;
  const put = (x: number) => set(below ? { below: x, above: undefined } : { above: x, below: undefined });
  return (
    <>
      <Choose label={m.scope} value={v.scope.kind} options={scopes.map((k) => [k, m.scopes[k]!])} set={(k) => scope(k as ScopeKind)} />
      {v.scope.kind !== "total" && <Choose label={m.scopes[v.scope.kind]!} required value={v.scope.id} none="–" options={within(v.scope.kind)} set={(id) => set({ scope: { kind: v.scope.kind, id } })} />}
      <Choose label={m.metric} value={v.metric} options={possible.map((x) => [x, m.metrics[x] ?? x])} set={(metric) => set({ metric })} />
      <Choose label={m.compare} value={below ? "below" : "above"} options={[["above", m.above], ["below", m.below]]} set={(k) => set(k === "below" ? { below: n, above: undefined } : { above: n, below: undefined })} />
      {waits.includes(v.metric) ? <Field label={m.threshold}><SpanInput key="span" value={n} set={put} /></Field> : <Num label={percents.includes(v.metric) ? `${m.threshold} (%)` : m.threshold} value={n} min={0} max={1_000_000} required set={put} />}
      <Span label={m.heldFor} hint={m.heldHint} placeholder={m.atOnce} value={v.for} max={86_400} set={(f) => set({ for: f })} />
    </>
  );
}

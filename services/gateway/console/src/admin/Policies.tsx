import { formatSpan } from "../core/span";
import { language, t } from "../i18n";
import { Button } from "../ui/parts";
import { Choose, Group, named, Num, SpanInput, Switch } from "./fields";
import { KeptPage, useChoices, type FormProps } from "./Kept";
import { settings } from "./settings";
import type { Policy, Raise, Target } from "./shapes";

export function Policies({ item }: { item?: string }) {
  const s = t.value, m = s.manage;
  const span = (n?: number) => formatSpan(n, language.value) || "–";
  return (
    <KeptPage<Policy> item={item} kept={{
      page: "policies", store: settings.policies, hint: m.policiesHint, add: m.newPolicy, head: [m.priority, m.firstResponse, m.nextResponse, m.resolution, m.raise],
      row: (p) => [each(p, (x) => String(x.priority)), each(p, (x) => span(x.first_response)), each(p, (x) => span(x.next_response)), each(p, (x) => span(x.resolution)), raised(p) || "–"],
      blank: () => ({ id: "", name: "", targets: [{ priority: 0, first_response: 3600 }], warn_before: 25 }), Form, tidy: fit,
    }} />
  );
}

/** By how much a policy puts forward, in words; "" where it does not. */
export function raised({ raise }: Policy): string {
  const warned = raise?.warned ?? 0, missed = raise?.missed ?? 0;
  return warned || missed ? t.value.manage.raisedBy(warned, missed) : "";
}

/** A policy as it is sent: its targets in order, and nothing that says nothing. */
export const fit = (p: Policy): Policy => ({
  ...p, hours: p.hours || undefined, targets: [...p.targets].sort((a, b) => a.priority - b.priority), raise: p.raise?.warned || p.raise?.missed ? p.raise : undefined,
});

/** The most steps that a policy may put forward, as in contracts/config. */
const MAX_RAISE = 10;

const each = (p: Policy, f: (x: Target) => string) => [...p.targets].sort((a, b) => a.priority - b.priority).map((x) => <div key={x.priority}>{f(x)}</div>);

function Form({ v, set }: FormProps<Policy>) {
  const s = t.value, m = s.manage;
  const hours = useChoices("hours");
  const pause = (what: string) => (on: boolean) => set({ pause_while: on ? [...(v.pause_while ?? []), what] : (v.pause_while ?? []).filter((x) => x !== what) });
  const raise = (c: Raise) => set({ raise: { ...v.raise, ...c } });
  const put = (i: number, c: Partial<Target>) => set({ targets: v.targets.map((x, k) => (k === i ? { ...x, ...c } : x)) });
  return (
    <>
      <Choose label={m.countedIn} value={v.hours} none={m.always} options={named(hours)} set={(h) => set({ hours: h })} />
      <Num label={m.warnBefore} hint={m.warnHint} value={v.warn_before ?? 0} min={0} max={90} set={(warn_before) => set({ warn_before })} />
      <Group label={m.targets} hint={m.targetsHint}>
        <div class="table-wrap">
          <table class="edit-table">
            <thead><tr>{[m.priorityFrom, m.firstResponse, m.nextResponse, m.resolution].map((h) => <th key={h} scope="col">{h}</th>)}<td /></tr></thead>
            <tbody>
              {v.targets.map((x, i) => (
                <tr key={i}>
                  <td><input class="short" type="number" min={-10} max={10} required aria-label={m.priorityFrom} value={x.priority} onInput={(e) => put(i, { priority: e.currentTarget.valueAsNumber || 0 })} /></td>
                  <td><SpanInput label={m.firstResponse} placeholder={m.nothing} value={x.first_response} set={(n) => put(i, { first_response: n })} /></td>
                  <td><SpanInput label={m.nextResponse} placeholder={m.nothing} value={x.next_response} set={(n) => put(i, { next_response: n })} /></td>
                  <td><SpanInput label={m.resolution} placeholder={m.nothing} value={x.resolution} set={(n) => put(i, { resolution: n })} /></td>
                  <td class="right"><Button icon="x" label={`${s.remove}: ${m.priority} ${x.priority}`} text={false} kind="quiet" disabled={v.targets.length === 1} onClick={() => set({ targets: v.targets.filter((_, k) => k !== i) })} /></td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
        <div><Button icon="plus" label={m.addTarget} onClick={() => set({ targets: [...v.targets, { ...v.targets.at(-1)!, priority: Math.max(...v.targets.map((x) => x.priority)) + 1 }] })} /></div>
      </Group>
      <Group label={m.raise} hint={m.raiseHint}>
        <div class="pair">
          <Num label={m.raiseWarned} value={v.raise?.warned ?? 0} min={0} max={MAX_RAISE} set={(warned) => raise({ warned })} />
          <Num label={m.raiseMissed} value={v.raise?.missed ?? 0} min={v.raise?.warned ?? 0} max={MAX_RAISE} set={(missed) => raise({ missed })} />
        </div>
      </Group>
      <Group label={m.pauses} hint={m.pausesHint}>
        <Switch label={m.pauseSnoozed} on={!!v.pause_while?.includes("snoozed")} set={pause("snoozed")} />
        <Switch label={m.pauseWaiting} on={!!v.pause_while?.includes("waiting-for-customer")} set={pause("waiting-for-customer")} />
      </Group>
    </>
  );
}

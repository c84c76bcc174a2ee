import { t } from "../i18n";
import { ActionsEditor, inWords } from "./ActionsEditor";
import { DryRun } from "./DryRun";
import { rulesHealth, type RuleHealth } from "./dryrun";
import { factName, facts } from "./facts";
import { Expression } from "./Expression";
import { Group, Switch } from "./fields";
import { KeptPage, type FormProps } from "./Kept";
import { useResource } from "./parts";
import { last, OnOff } from "./Routes";
import { settings } from "./settings";
import type { Rule } from "./shapes";

/** How often it acted, and what went wrong the last time. */
function Doing({ health }: { health?: RuleHealth }) {
  const m = t.value.manage;
  if (!health) return <>–</>;
  return <>{health.acted}{health.failed + health.refused > 0 && <div class="fault" title={health.last_error}>{m.failedTimes(health.failed + health.refused)}</div>}{health.held > 0 && <div class="muted">{m.heldTimes(health.held)}</div>}</>;
}

export function Rules({ item }: { item?: string }) {
  const s = t.value, m = s.manage;
  const health = useResource(rulesHealth).value;
  return (
    <KeptPage<Rule> item={item} kept={{
      page: "rules", store: settings.rules, hint: m.rulesHint, add: m.newRule, ordered: true, head: [m.happens, m.actions, m.acted, s.status],
      row: (r) => [r.on.map(factName).join(", "), r.do.map((a, i) => <div key={i}>{inWords(a)}</div>), <Doing health={health?.rules?.find((h) => h.rule === r.id)} />, <OnOff off={r.off || !!r.stopped} stopped={r.stopped} />],
      // A new rule is made switched off: it is tried over the past first.
      blank: (all) => ({ id: "", name: "", position: last(all), on: ["message.added"], when: "", do: [{ do: "tag" }], off: true }), Form, After: ({ v }) => <DryRun rule={v} />,
    }} />
  );
}

function Form({ v, set, fault }: FormProps<Rule>) {
  const m = t.value.manage;
  const all = [...facts, ...v.on.filter((x) => !facts.includes(x))];
  return (
    <>
      {v.stopped && <p class="notice bad wide" role="status"><b>{m.stopped}:</b> {v.stopped} <span class="small">{m.stoppedHint}</span></p>}
      <Group label={m.happens} hint={m.factsHint}>
        <div class="checks columns">{all.map((x) => <label key={x} class="check" title={x}><input type="checkbox" checked={v.on.includes(x)} onChange={(e) => set({ on: e.currentTarget.checked ? [...v.on, x] : v.on.filter((y) => y !== x) })} /><span>{factName(x)}</span></label>)}</div>
      </Group>
      <Expression label={m.ifHolds} hint={m.ifHint} kind="rule" value={v.when} set={(when) => set({ when })} fault={fault("when")} />
      <div class="wide"><ActionsEditor list={v.do} set={(list) => set({ do: list })} /></div>
      <Switch label={m.switchedOn} hint={m.switchHint} on={!v.off} set={(on) => set({ off: on ? undefined : true })} />
    </>
  );
}

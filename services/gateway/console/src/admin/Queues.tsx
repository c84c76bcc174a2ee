import { loadDirectory, queues, teamName, teams } from "../core/store";
import { t } from "../i18n";
import { Choose, Group, named, Needs, Relaxes, Some, Span, Switch } from "./fields";
import { KeptPage, useChoices, type FormProps } from "./Kept";
import { settings } from "./settings";
import type { Named, QueueRules } from "./shapes";

export function Queues({ item }: { item?: string }) {
  const s = t.value, m = s.manage;
  const policies = useChoices("policies"), hours = useChoices("hours");
  const name = (all: Named[], id?: string) => (id ? (all.find((x) => x.id === id)?.name ?? "…") : "–");
  return (
    <KeptPage<QueueRules> item={item} kept={{
      page: "queues", store: settings.queues, hint: m.queuesHint, add: s.newQueue, head: [m.mode, s.teams, m.policy, m.hours],
      row: (q) => [m.modes[q.mode || "manual"], (q.teams ?? []).map(teamName).join(", ") || m.everybody, name(policies, q.policy), name(hours, q.hours)],
      blank: () => ({ id: "", name: "", teams: [], mode: "manual" }), Form, changed: loadDirectory,
    }} />
  );
}

function Form({ v, set, fault }: FormProps<QueueRules>) {
  const s = t.value, m = s.manage;
  const skills = useChoices("skills"), policies = useChoices("policies"), hours = useChoices("hours");
  const others = named(queues.value.filter((q) => q.id !== v.id));
  const gives = v.mode === "push" || v.mode === "pull";
  return (
    <>
      <Choose label={m.mode} hint={m.modeHints[v.mode || "manual"]} value={v.mode || "manual"} options={(["manual", "pull", "push"] as const).map((k) => [k, m.modes[k]!])} set={(mode) => set({ mode: mode as QueueRules["mode"] })} fault={fault("mode")} />
      <Choose label={m.policy} hint={m.policyHint} value={v.policy} none={m.noPolicy} options={named(policies)} set={(policy) => set({ policy })} fault={fault("policy")} />
      <Some label={s.teams} hint={m.queueTeamsHint} all={teams.value} chosen={v.teams ?? []} set={(ids) => set({ teams: ids })} />
        <div class="three wide">
          <Choose label={m.hours} value={v.hours} none={m.always} options={named(hours)} set={(h) => set(h ? { hours: h } : { hours: "", closed: "", closed_to: "" })} fault={fault("hours")} />
          {v.hours && <Choose label={m.closed} value={v.closed} options={[["", m.closedModes.on], ["hold", m.closedModes.hold], ["move", m.closedModes.move]]} set={(closed) => set({ closed: closed as QueueRules["closed"], closed_to: closed === "move" ? v.closed_to : "" })} />}
          {v.hours && v.closed === "move" && <Choose label={m.closedTo} required value={v.closed_to} none="–" options={others} set={(closed_to) => set({ closed_to })} fault={fault("closed_to")} />}
        </div>
      {gives && (
        <>
          {v.mode === "push" && (
            <Group label={m.offers}>
              <div class="three">
                <Span label={m.offerFor} hint={m.offerForHint} placeholder={m.atOnce} value={v.offer_for} max={600} set={(offer_for) => set({ offer_for })} fault={fault("offer_for")} />
                <Span label={m.passFor} hint={m.passForHint} placeholder={m.usually(m.spanOf(120))} value={v.pass_for} max={86_400} set={(pass_for) => set({ pass_for })} fault={fault("pass_for")} />
                <Span label={m.preferFor} hint={m.preferForHint} placeholder={m.nothing} value={v.prefer_for} max={86_400} set={(prefer_for) => set({ prefer_for })} fault={fault("prefer_for")} />
              </div>
              <Switch label={m.away} hint={m.awayHint} on={!!v.away} set={(away) => set({ away })} />
            </Group>
          )}
          <Span label={m.wrapUp} hint={m.wrapUpHint} placeholder={m.nothing} value={v.wrap_up} max={3600} set={(wrap_up) => set({ wrap_up })} fault={fault("wrap_up")} />
          <Span label={m.boost} hint={m.boostHint} placeholder={m.usually(m.spanOf(600))} value={v.boost} max={86_400} set={(boost) => set({ boost })} fault={fault("boost")} />
          <Needs skills={skills} needs={v.needs} set={(needs) => set({ needs })} />
          {!!v.needs?.length && <Relaxes relax={v.relax} set={(relax) => set({ relax })} />}
          <Choose label={m.overflowTo} value={v.overflow_to} none={m.stays} options={others} set={(overflow_to) => set(overflow_to ? { overflow_to, overflow_after: v.overflow_after || 600 } : { overflow_to, overflow_after: 0 })} fault={fault("overflow_to")} />
          {v.overflow_to && <Span label={m.overflowAfter} value={v.overflow_after} max={604_800} set={(overflow_after) => set({ overflow_after })} fault={fault("overflow_after")} />}
        </>
      )}
    </>
  );
}

import { queueName, queues, teamName, teams } from "../core/store";
import { t } from "../i18n";
import { Expression } from "./Expression";
import { Choose, Group, named, Needs, Num, Switch, Tags } from "./fields";
import { KeptPage, useChoices, type FormProps } from "./Kept";
import { settings } from "./settings";
import type { Route } from "./shapes";

/** The place after all others. */
export const last = (all: { position: number }[]): number => Math.max(0, ...all.map((x) => x.position)) + 10;

export function Routes({ item }: { item?: string }) {
  const s = t.value, m = s.manage;
  return (
    <KeptPage<Route> item={item} kept={{
      page: "routes", store: settings.routes, hint: m.routesHint, add: m.newRoute, ordered: true, head: [m.when, m.whereTo, s.status],
      row: (r) => [<code class="cut-long" title={r.when}>{r.when}</code>, [r.queue && queueName(r.queue), r.team && teamName(r.team), ...(r.tags ?? []).map((x) => `#${x}`)].filter(Boolean).join(", ") || "–", <OnOff off={r.off} />],
      blank: (all) => ({ id: "", name: "", position: last(all), when: "" }), Form,
    }} />
  );
}

export function OnOff({ off, stopped }: { off?: boolean; stopped?: string }) {
  const m = t.value.manage;
  return <span class={`status ${stopped ? "bad" : off ? "resolved" : "open"}`} title={stopped}>{stopped ? m.stopped : off ? m.switchedOff : m.switchedOn}</span>;
}

function Form({ v, set, fault }: FormProps<Route>) {
  const s = t.value, m = s.manage;
  const skills = useChoices("skills");
  return (
    <>
      <Expression label={m.when} hint={m.whenHint} kind="route" value={v.when} required set={(when) => set({ when })} fault={fault("when")} />
      <Group label={m.whereTo}>
        <div class="three">
          <Choose label={s.queue} value={v.queue} none={m.asInbox} options={named(queues.value)} set={(queue) => set({ queue: queue || undefined })} />
          <Choose label={s.team} value={v.team} none={m.asInbox} options={named(teams.value)} set={(team) => set({ team: team || undefined })} />
          <Num label={m.priority} value={v.priority ?? 0} min={-10} max={10} set={(priority) => set({ priority })} />
        </div>
      </Group>
      <Tags label={s.tags} value={v.tags} set={(tags) => set({ tags: tags.length ? tags : undefined })} />
      <Needs skills={skills} needs={v.needs} set={(needs) => set({ needs: needs.length ? needs : undefined })} />
      <Switch label={m.switchedOn} on={!v.off} set={(on) => set({ off: on ? undefined : true })} />
    </>
  );
}

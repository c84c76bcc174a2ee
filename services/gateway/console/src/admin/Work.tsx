// Who can do what, and how much at a time: skills, agents, and what a
// conversation of each channel takes.
import { useEffect, useState } from "preact/hooks";
import { explain, toast } from "../core/actions";
import { kinds, loadDirectory, me, teams } from "../core/store";
import { t } from "../i18n";
import { ChannelIcon, channelName } from "../ui/icons";
import { Button } from "../ui/parts";
import { roleName, roles } from "./Agents";
import { Choose, Field, Group, Level, Num, Some, Switch } from "./fields";
import { KeptPage, useChoices, type FormProps } from "./Kept";
import { Table, useResource } from "./parts";
import { settings, workload } from "./settings";
import type { AgentWork, Workload as Weights } from "./shapes";

export function Skills({ item }: { item?: string }) {
  const m = t.value.manage;
  const people = useResource(settings.agents.list).value ?? [];
  return <KeptPage item={item} kept={{ page: "skills", store: settings.skills, hint: m.skillsHint, add: m.newSkill, head: [m.whoCan], row: (k) => [people.filter((a) => a.skills?.[k.id]).map((a) => `${a.name} (${a.skills![k.id]})`).join(", ") || "–"], blank: () => ({ id: "", name: "" }), Form: () => null }} />;
}

/** One agent: what they can do and how much of it. */
export function AgentPage({ id }: { id: string }) {
  const s = t.value, m = s.manage;
  return <KeptPage<AgentWork> item={id} kept={{ page: "agents", store: settings.agents, hint: m.skillsHint, add: s.newAgent, head: [], row: () => [], blank: () => ({ id: "", name: "", email: "", role: "agent", teams: [], capacity: 100 }), Form: AgentForm, changed: loadDirectory }} />;
}

function AgentForm({ v, set, fault }: FormProps<AgentWork>) {
  const s = t.value, m = s.manage;
  const skills = useChoices("skills");
  const mine = v.id === me.value?.id;
  const learn = (id: string, level: number) => set({ skills: level ? { ...v.skills, [id]: level } : Object.fromEntries(Object.entries(v.skills ?? {}).filter(([k]) => k !== id)) });
  const left = skills.filter((k) => !v.skills?.[k.id]);
  return (
    <>
      <Field label={s.email} fault={fault("email")}><input type="email" required autocomplete="off" value={v.email ?? ""} onInput={(e) => set({ email: e.currentTarget.value })} /></Field>
      {mine ? <div /> : <Choose label={s.role} value={v.role} options={roles.map((r) => [r, roleName(r, s)])} set={(role) => set({ role: role as AgentWork["role"] })} />}
      <Field label={s.password} hint={v.id ? m.passwordHint : ""} fault={fault("password")}><input type="password" required={!v.id} minLength={10} autocomplete="new-password" value={v.password ?? ""} onInput={(e) => set({ password: e.currentTarget.value || undefined })} /></Field>
      <Num label={m.capacity} hint={m.capacityHint} value={v.capacity || 100} min={1} max={10_000} set={(capacity) => set({ capacity })} fault={fault("capacity")} />
      <Some label={s.teams} all={teams.value} chosen={v.teams ?? []} set={(ids) => set({ teams: ids })} />
      <Group label={m.skills}>
        {skills.filter((k) => v.skills?.[k.id]).map((k) => (
          <div key={k.id} class="form-row"><span class="row-word">{k.name}</span><Level value={v.skills![k.id]!} label={k.name} set={(n) => learn(k.id, n)} /><Button icon="x" label={`${s.remove}: ${k.name}`} text={false} kind="quiet" onClick={() => learn(k.id, 0)} /></div>
        ))}
        {left.length > 0 ? <select class="add-select" aria-label={m.addSkill} value="" onChange={(e) => e.currentTarget.value && learn(e.currentTarget.value, 5)}><option value="">+ {m.addSkill}</option>{left.map((k) => <option key={k.id} value={k.id}>{k.name}</option>)}</select> : !skills.length && <p class="muted small">{m.noSkills}</p>}
      </Group>
      {!mine && v.id && <Switch label={m.mayWork} on={!v.disabled} set={(on) => set({ disabled: !on })} />}
    </>
  );
}

/** How much of an agent's capacity a conversation of each channel takes. */
export function WorkloadPage() {
  const s = t.value, m = s.manage;
  const { value, error, load } = useResource(workload.read);
  const [w, setW] = useState<Weights>();
  const [fault, setFault] = useState("");
  useEffect(() => setW(value), [value]);
  const dirty = JSON.stringify(w) !== JSON.stringify(value);
  const names = [...new Set([...Object.keys(w?.weights ?? {}), ...kinds.value.filter((k) => k.group !== "shop").map((k) => k.kind), "visit"])].sort((a, b) => channelName(a).localeCompare(channelName(b)));
  const put = (channel: string, units: number, interruptible?: boolean) => setW({ weights: { ...w!.weights, [channel]: { units, interruptible: interruptible || undefined } } });
  const save = async () => {
    try {
      await workload.put(w!);
      setFault("");
      toast(s.saved);
      await load();
    } catch (e) {
      setFault(explain(e));
    }
  };
  return (
    <form onSubmit={(e) => (e.preventDefault(), void save())}>
      <div class="admin-bar"><p class="muted grow">{m.workloadHint}</p><Button type="submit" label={s.save} kind="primary" disabled={!w || !dirty} /></div>
      {fault && <p class="notice bad" role="alert">{fault}</p>}
      <Table head={[s.channel, m.units, m.interruptible, m.atOnceOf]} numbers={[3]} empty={false} error={error}>
        {w && names.map((c) => {
          const weight = w.weights[c] ?? { units: 20 };
          return (
            <tr key={c}>
              <td><span class="cell"><ChannelIcon channel={c} />{channelName(c)}</span></td>
              <td><input class="short" type="number" min={0} max={1000} required aria-label={`${m.units}: ${channelName(c)}`} value={weight.units} onInput={(e) => put(c, e.currentTarget.valueAsNumber || 0, weight.interruptible)} /></td>
              <td><input type="checkbox" aria-label={`${m.interruptible}: ${channelName(c)}`} checked={!!weight.interruptible} onChange={(e) => put(c, weight.units, e.currentTarget.checked)} /></td>
              <td class="num">{weight.units ? Math.floor(100 / weight.units) : "∞"}</td>
            </tr>
          );
        })}
      </Table>
    </form>
  );
}

/** Teams, by the names of those who are in them. */
export function Teams({ item }: { item?: string }) {
  const s = t.value, m = s.manage;
  const people = useResource(settings.agents.list).value ?? [];
  return <KeptPage item={item} kept={{ page: "teams", store: settings.teams, hint: m.teamsHint, add: s.newTeam, head: [s.agents], row: (x) => [people.filter((a) => a.teams?.includes(x.id)).map((a) => a.name).join(", ") || "–"], blank: () => ({ id: "", name: "" }), Form: () => null, changed: loadDirectory }} />;
}

import { explain, toast } from "../core/actions";
import { api } from "../core/api";
import { go } from "../core/route";
import { agents, loadDirectory, me, teamName, teams } from "../core/store";
import type { Agent, Role } from "../core/wire";
import { t, type Strings } from "../i18n";
import { AgentAvatar, Button } from "../ui/parts";
import { Table } from "./parts";

export const roles: Role[] = ["agent", "supervisor", "administrator"];
export const roleName = (r: Role, s: Strings): string => ({ agent: s.roleAgent, supervisor: s.roleSupervisor, administrator: s.roleAdministrator })[r];

const open = (item: string) => go({ view: { kind: "all" }, admin: "agents", item });

export function Agents() {
  const s = t.value;
  const change = async (a: Agent, c: Partial<Agent>) => {
    try {
      await api.patchAgent(a.id, c);
    } catch (e) {
      toast(explain(e), { bad: true });
    }
    await loadDirectory();
  };
  return (
    <>
      <div class="admin-bar"><Button icon="plus" label={s.newAgent} kind="primary" onClick={() => open("new")} /></div>
      <Table head={[s.label, s.email, s.role, s.teams, s.status, ""]} empty={!agents.value.length}>
        {agents.value.map((a) => (
          <tr key={a.id} class={a.disabled ? "off" : ""}>
            <td class="words"><span class="cell"><AgentAvatar id={a.id} name={a.name} /><a class="plain-link" href={`#/admin/agents/${encodeURIComponent(a.id)}`} onClick={(e) => (e.preventDefault(), open(a.id))}><b>{a.name}</b></a></span></td>
            <td class="words">{a.email}</td>
            <td>
              <select aria-label={s.role} value={a.role} disabled={a.id === me.value?.id} onChange={(e) => void change(a, { role: e.currentTarget.value as Role })}>
                {roles.map((r) => <option key={r} value={r}>{roleName(r, s)}</option>)}
              </select>
            </td>
            <td>
              {(a.teams ?? []).map((x) => <span key={x} class="chip tag">{teamName(x)}<button class="chip-x" aria-label={`${s.remove}: ${teamName(x)}`} onClick={() => void change(a, { teams: a.teams!.filter((y) => y !== x) })}>×</button></span>)}
              {teams.value.some((x) => !a.teams?.includes(x.id)) && (
                <select class="chip-select" aria-label={s.add} value="" onChange={(e) => void change(a, { teams: [...(a.teams ?? []), e.currentTarget.value] })}>
                  <option value="">+</option>{teams.value.filter((x) => !a.teams?.includes(x.id)).map((x) => <option key={x.id} value={x.id}>{x.name}</option>)}
                </select>
              )}
            </td>
            <td><span class={`status ${a.disabled ? "resolved" : "open"}`}>{a.disabled ? s.disabled : s.active}</span></td>
            <td class="right nowrap"><Button label={s.openInbox} onClick={() => open(a.id)} /> {a.id !== me.value?.id && <Button label={a.disabled ? s.enable : s.disable} onClick={() => void change(a, { disabled: !a.disabled })} />}</td>
          </tr>
        ))}
      </Table>
    </>
  );
}

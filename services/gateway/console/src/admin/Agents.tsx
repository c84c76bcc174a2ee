import { useState } from "preact/hooks";
import { explain, toast } from "../core/actions";
import { api } from "../core/api";
import { agents, loadDirectory, me, teamName, teams } from "../core/store";
import type { Agent, Role } from "../core/wire";
import { t, type Strings } from "../i18n";
import { AgentAvatar, Button, first } from "../ui/parts";
import { Table, text, useForm } from "./parts";

const roles: Role[] = ["agent", "supervisor", "administrator"];
const roleName = (r: Role, s: Strings): string => ({ agent: s.roleAgent, supervisor: s.roleSupervisor, administrator: s.roleAdministrator })[r];

export function Agents() {
  const s = t.value;
  const [adding, setAdding] = useState(false);
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
      <div class="admin-bar"><Button icon="plus" label={s.newAgent} kind="primary" expanded={adding} onClick={() => setAdding(!adding)} /></div>
      {adding && <NewAgent s={s} onDone={() => setAdding(false)} />}
      <Table head={[s.label, s.email, s.role, s.teams, s.status, ""]} empty={!agents.value.length}>
        {agents.value.map((a) => (
          <tr key={a.id} class={a.disabled ? "off" : ""}>
            <td><span class="cell"><AgentAvatar id={a.id} name={a.name} /><b>{a.name}</b></span></td>
            <td>{a.email}</td>
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
            <td class="right">{a.id !== me.value?.id && <Button label={a.disabled ? s.enable : s.disable} onClick={() => void change(a, { disabled: !a.disabled })} />}</td>
          </tr>
        ))}
      </Table>
    </>
  );
}

function NewAgent({ s, onDone }: { s: Strings; onDone: () => void }) {
  const form = useForm(async (f) => {
    await api.addAgent({ name: text(f, "name"), email: text(f, "email"), role: text(f, "role") as Role, teams: f.getAll("teams").map(String), password: String(f.get("password")) });
    await loadDirectory();
    onDone();
  });
  return (
    <form class="card form-grid" onSubmit={form.submit}>
      <label class="field"><span>{s.label}</span><input name="name" required ref={first} maxLength={100} /></label>
      <label class="field"><span>{s.email}</span><input name="email" type="email" required autocomplete="off" /></label>
      <label class="field"><span>{s.password}</span><input name="password" type="password" required minLength={10} autocomplete="new-password" /></label>
      <label class="field"><span>{s.role}</span><select name="role">{roles.map((r) => <option key={r} value={r}>{roleName(r, s)}</option>)}</select></label>
      {teams.value.length > 0 && <fieldset class="field wide"><legend>{s.teams}</legend><div class="checks">{teams.value.map((x) => <label key={x.id} class="check"><input type="checkbox" name="teams" value={x.id} /><span>{x.name}</span></label>)}</div></fieldset>}
      {form.error && <p class="notice bad wide" role="alert">{form.error}</p>}
      <div class="menu-buttons wide"><Button label={s.cancel} kind="quiet" onClick={onDone} /><Button type="submit" label={s.create} kind="primary" disabled={form.busy} /></div>
    </form>
  );
}

import { api } from "../core/api";
import { agents, loadDirectory, queues, teamName, teams } from "../core/store";
import { t } from "../i18n";
import { Button } from "../ui/parts";
import { Table, text, useForm } from "./parts";

export function Teams() {
  const s = t.value;
  const form = useForm(async (f) => {
    await api.addTeam(text(f, "name"));
    await loadDirectory();
  });
  return (
    <>
      <form class="admin-bar" onSubmit={form.submit}><input name="name" required maxLength={100} placeholder={s.newTeam} aria-label={s.newTeam} /><Button type="submit" icon="plus" label={s.create} kind="primary" disabled={form.busy} /></form>
      {form.error && <p class="notice bad" role="alert">{form.error}</p>}
      <Table head={[s.team, s.agents]} empty={!teams.value.length}>
        {teams.value.map((x) => <tr key={x.id}><td><b>{x.name}</b><div class="muted small mono">{x.id}</div></td><td>{agents.value.filter((a) => a.teams?.includes(x.id)).map((a) => a.name).join(", ") || "–"}</td></tr>)}
      </Table>
    </>
  );
}

export function Queues() {
  const s = t.value;
  const form = useForm(async (f) => {
    await api.addQueue({ name: text(f, "name"), teams: f.getAll("teams").map(String) });
    await loadDirectory();
  });
  return (
    <>
      <form class="admin-bar" onSubmit={form.submit}>
        <input name="name" required maxLength={100} placeholder={s.newQueue} aria-label={s.newQueue} />
        {teams.value.map((x) => <label key={x.id} class="check"><input type="checkbox" name="teams" value={x.id} /><span>{x.name}</span></label>)}
        <Button type="submit" icon="plus" label={s.create} kind="primary" disabled={form.busy} />
      </form>
      {form.error && <p class="notice bad" role="alert">{form.error}</p>}
      <Table head={[s.queue, s.teams]} empty={!queues.value.length}>
        {queues.value.map((x) => <tr key={x.id}><td><b>{x.name}</b><div class="muted small mono">{x.id}</div></td><td>{(x.teams ?? []).map(teamName).join(", ") || "–"}</td></tr>)}
      </Table>
    </>
  );
}

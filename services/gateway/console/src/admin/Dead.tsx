import { explain, toast } from "../core/actions";
import { api } from "../core/api";
import { moment } from "../core/format";
import { t } from "../i18n";
import { Button } from "../ui/parts";
import { Table, useResource } from "./parts";

export function Dead() {
  const s = t.value;
  const { value, error, load } = useResource(api.dead);
  const all = value?.items ?? [];
  const again = async (seq: number) => {
    try {
      await api.redrive(seq);
      toast(s.redriven);
    } catch (e) {
      toast(explain(e), { bad: true });
    }
    await load();
  };
  return (
    <>
      <div class="admin-bar"><span class="grow" /><Button icon="undo" label={s.refresh} onClick={() => void load()} /></div>
      {!all.length && value && !error ? <p class="list-empty">{s.deadEmpty}</p> : (
        <Table head={["#", s.worker, s.reason, s.attempts, s.time, ""]} numbers={[0, 3]} empty={false} error={error}>
          {all.map((d) => (
            <tr key={d.seq}>
              <td class="num">{d.seq}</td><td class="mono">{d.worker ?? d.subject}</td><td>{d.reason}</td><td class="num">{d.attempts}</td><td>{d.at && moment(d.at)}</td>
              <td class="right"><Button label={s.redrive} onClick={() => void again(d.seq)} /></td>
            </tr>
          ))}
        </Table>
      )}
    </>
  );
}

import { t } from "../i18n";
import { Icon } from "../ui/icons";
import { span } from "../work/span";
import { beat } from "../core/time";
import { lineName, metricValue } from "./names";
import type { AlarmState } from "./shapes";

/** The alarms that are raised, at the top. now is the moment that is looked at;
 * without it, the present. */
export function Alarms({ alarms, now }: { alarms: AlarmState[]; now?: number }) {
  const s = t.value.board;
  const names = (a: AlarmState) => `${a.name}: ${s.metrics[a.metric] ?? a.metric}, ${lineName(a.scope.kind, a.scope.id)}`;
  return (
    <div class="alarms" role="group" aria-label={s.alarms}>
      {/* Read out once, as it is raised: what ticks is not part of it. */}
      <div class="sr-only" role="alert">{alarms.map(names).join(". ")}</div>
      {alarms.map((a) => (
        <p key={a.id} class="alarm">
          <Icon name="bell" />
          <span>{s.alarm(a.name, s.metrics[a.metric] ?? a.metric, metricValue(a.metric, a.value), lineName(a.scope.kind, a.scope.id))}</span>
          <Since iso={a.since} now={now} />
        </p>
      ))}
    </div>
  );
}

function Since({ iso, now }: { iso: string; now?: number }) {
  return <small>{t.value.board.alarmSince(span((now ?? beat.value) - Date.parse(iso)))}</small>;
}

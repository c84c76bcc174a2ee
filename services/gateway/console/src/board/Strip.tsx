// An agent's queues in one line over the list: how many wait, and how long the
// first of them has.
import { go, route } from "../core/route";
import { queueName } from "../core/store";
import { viewKey } from "../core/view";
import { t } from "../i18n";
import { Icon } from "../ui/icons";
import { myQueues } from "../work/presence";
import { span } from "../work/span";
import { beat } from "../core/time";
import { board } from "./live";

export function Strip() {
  const s = t.value.board;
  const mine = new Set(myQueues.value.filter((x) => x.mode === "push" || x.mode === "pull").map((x) => x.id));
  const lines = (board.value?.queues ?? []).filter((x) => x.id && mine.has(x.id));
  if (!lines.length) return null;
  return (
    <nav class="strip" aria-label={s.strip}>
      {lines.map((x) => {
        const longest = x.longest_since ? span(beat.value - Date.parse(x.longest_since)) : "";
        const on = viewKey(route.value.view) === `queue/${x.id}`;
        const label = s.stripEntry(queueName(x.id), x.waiting, longest);
        return (
          <a key={x.id} class={`strip-entry ${on ? "on" : ""} ${x.breached ? "late" : ""}`} href={`#/v/queue/${encodeURIComponent(x.id!)}`} title={label} aria-current={on ? "page" : undefined} onClick={(e) => (e.preventDefault(), go({ view: { kind: "queue", id: x.id! } }))}>
            {x.breached > 0 ? <Icon name="warn" size={11} /> : <Icon name="queue" size={11} />}<span class="strip-name">{queueName(x.id)}</span><b>{x.waiting}</b>{longest && <small>{longest}</small>}
          </a>
        );
      })}
    </nav>
  );
}

// Service levels in a row and over a conversation. What a colour says, a word
// and a sign say as well.
import { full } from "../core/format";
import type { Conversation } from "../core/wire";
import { t } from "../i18n";
import { Icon, type IconName } from "../ui/icons";
import { pressing, type Standing } from "./clocks";
import { span } from "./span";
import { beat } from "../core/time";

const signs: Record<Standing["state"], IconName> = { running: "clock", warned: "bell", late: "warn", paused: "pause" };

function words(x: Standing): string {
  const s = t.value.work;
  switch (x.state) {
    case "paused": return s.paused(span(x.ms));
    case "late": return s.lateBy(span(x.ms));
    default: return s.dueIn(span(x.ms));
  }
}

function Chip({ x, named }: { x: Standing; named: boolean }) {
  const s = t.value.work;
  const title = `${s.clockNames[x.kind]}: ${words(x)}${x.due ? ` (${full(x.due)})` : ""}`;
  return (
    <span class={`chip sla ${x.state}`} title={title}>
      <Icon name={signs[x.state]} size={11} />
      {named && <span>{s.clockNames[x.kind]}</span>}
      <span class="sla-time">{words(x)}</span>
    </span>
  );
}

/** The most pressing promise, for a row. */
export function PressingClock({ c }: { c: Conversation }) {
  const first = c.status === "open" || c.status === "snoozed" ? pressing(c.clocks, beat.value)[0] : undefined;
  return first ? <Chip x={first} named={false} /> : null;
}

/** All that run, for the head of a conversation. */
export function Clocks({ c }: { c: Conversation }) {
  const all = pressing(c.clocks, beat.value);
  if (!all.length) return null;
  return <span class="clocks" role="group" aria-label={t.value.work.serviceLevel}>{all.map((x) => <Chip key={x.kind} x={x} named />)}</span>;
}

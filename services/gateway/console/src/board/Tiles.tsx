// The numbers of everything one may see, large.
import type { ComponentChildren } from "preact";
import { go } from "../core/route";
import { t } from "../i18n";
import { span } from "../work/span";
import { Number as Count, Longest } from "./Number";
import type { BoardAnswer } from "./shapes";
import { inTime, percent } from "./state";

export function Tiles({ b, live }: { b: BoardAnswer; live: boolean }) {
  const s = t.value.board;
  const line = b.total;
  const share = (p: number | null) => (p === null ? "–" : `${p} %`);
  const now = inTime(line.service_now), busy = line.staff ? percent(line.staff.load, line.staff.capacity) : null;
  return (
    <dl class="tiles">
      <Tile label={s.waiting}><Count line={line} kind="total" what="waiting" live={live} /></Tile>
      <Tile label={s.longest} tone={line.longest_since ? "" : "calm"}><Longest line={line} at={live ? undefined : Date.parse(b.at)} /></Tile>
      <Tile label={s.expected}>{line.expected_wait_ms === undefined ? "–" : span(line.expected_wait_ms)}</Tile>
      <Tile label={s.offered}><Count line={line} kind="total" what="offered" live={live} /></Tile>
      <Tile label={s.inWork}><Count line={line} kind="total" what="in_work" live={live} /></Tile>
      <Tile label={s.atRisk} tone={line.at_risk ? "warn" : ""}><Count line={line} kind="total" what="at_risk" live={live} /></Tile>
      <Tile label={s.breached} tone={line.breached ? "bad" : ""}><Count line={line} kind="total" what="breached" live={live} /></Tile>
      <Tile label={s.serviceNow}><Count line={line} kind="total" what="late" live={live} as={share(now)} /></Tile>
      <Tile label={s.serviceToday}>{share(inTime(line.service_today))}</Tile>
      <Tile label={s.occupancy}>{share(busy)}</Tile>
      <Tile label={s.callbacksDue} tone={line.callbacks_due ? "warn" : ""}><Count line={line} kind="total" what="callbacks_due" live={live} /></Tile>
      <Tile label={s.resolvedToday}><a class="plain-number" href="#/v/resolved" onClick={(e) => (e.preventDefault(), go({ view: { kind: "resolved" } }))}>{line.today.resolved}</a></Tile>
      <Tile label={s.abandoned}>{line.today.abandoned}</Tile>
    </dl>
  );
}

function Tile({ label, tone = "", children }: { label: string; tone?: "" | "warn" | "bad" | "calm"; children: ComponentChildren }) {
  return <div class={`tile ${tone}`}><dt>{label}</dt><dd>{children}</dd></div>;
}

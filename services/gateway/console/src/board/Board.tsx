// The supervisors' board: what waits, for how long, and who is there, as it is
// now, or as it was at a past minute.
import { useState } from "preact/hooks";
import { full } from "../core/format";
import { go, type BoardTab } from "../core/route";
import { link, me } from "../core/store";
import { homeZone } from "../core/zone";
import { t } from "../i18n";
import { Icon, type IconName } from "../ui/icons";
import { Button } from "../ui/parts";
import { openWhatIf } from "../whatif/run";
import { Agents } from "./Agents";
import { Alarms } from "./Alarms";
import { Chart } from "./Chart";
import { Lines } from "./Lines";
import { at, board, past } from "./live";
import { lineName } from "./names";
import type { BoardAnswer, BoardKind } from "./shapes";
import { linesOf } from "./state";
import { Tiles } from "./Tiles";
import { Travel } from "./Travel";

const icons: Record<BoardTab, IconName> = { queue: "queue", team: "users", channel: "webchat", inbox: "inbox" };

export function Board({ tab }: { tab: BoardTab }) {
  const s = t.value.board;
  const travelling = at.value !== null;
  const b = travelling ? past.value.answer : board.value;
  const zone = b?.zone || homeZone();
  const still = !travelling && link.value.state !== "live";
  return (
    <main class="admin-main board">
      <header class="admin-head">
        <h1>{s.title}</h1>
        <span class={`board-state ${still ? "still" : travelling ? "past" : ""}`} role="status">
          <i aria-hidden="true" />{still ? s.notLive : travelling ? (b ? s.pastNotice(full(b.at, zone)) : past.value.error ? s.travel : t.value.loading) : s.live}
        </span>
        <span class="muted small board-zone" title={s.zoneHint}>{s.zone(zone)}</span>
        <span class="grow" />
        {me.value?.role !== "agent" && <><Travel zone={zone} /><Button icon="next" label={t.value.whatif.open} onClick={() => openWhatIf(at.value, zone)} /></>}
      </header>
      <div class="admin-body board-body">
        {past.value.error && <p class="notice bad" role="alert">{past.value.error}</p>}
        {b ? <Body b={b} tab={tab} zone={zone} live={!travelling} /> : !past.value.error && <p class="list-empty" aria-busy="true">{s.waitForBoard}</p>}
      </div>
    </main>
  );
}

function Body({ b, tab, zone, live }: { b: BoardAnswer; tab: BoardTab; zone: string; live: boolean }) {
  const s = t.value.board;
  const [shown, setShown] = useState<{ kind: BoardKind; id: string }>({ kind: "total", id: "" });
  // Who may see no inboxes is offered none.
  const tabs = (["queue", "team", "channel", "inbox"] as const).filter((k) => k === "queue" || k === tab || linesOf(b, k).length > 0);
  return (
    <>
      <Alarms alarms={b.alarms ?? []} now={live ? undefined : Date.parse(b.at)} />
      <Tiles b={b} live={live} />
      <nav class="admin-tabs board-tabs" aria-label={s.title}>
        {tabs.map((k) => (
          <a key={k} href={`#/board/${k}`} class={k === tab ? "on" : ""} aria-current={k === tab ? "page" : undefined} onClick={(e) => (e.preventDefault(), go({ view: { kind: "all" }, board: k }))}><Icon name={icons[k]} size={14} />{s.tabs[k]}</a>
        ))}
      </nav>
      <Lines b={b} kind={tab} live={live} shown={shown} onShow={(kind, id) => setShown({ kind, id })} />
      <Chart b={b} kind={shown.kind} id={shown.id} name={lineName(shown.kind, shown.id)} zone={zone} live={live} />
      <Agents b={b} live={live} />
    </>
  );
}

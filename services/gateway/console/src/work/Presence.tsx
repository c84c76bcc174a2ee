// Whether one takes new work: shown at all times, said with two presses.
import { useState } from "preact/hooks";
import { link } from "../core/store";
import { clock } from "../core/format";
import { t } from "../i18n";
import { Icon } from "../ui/icons";
import { Button, menu, Popover, toggleMenu } from "../ui/parts";
import { setSound, sound } from "./offers";
import { CUT, presence, pulls, secondsUntil, stand, takeNext, wishing } from "./presence";
import { countdown } from "./span";
import type { AgentState } from "./shapes";
import { beat } from "../core/time";

/** How a presence is named, with its reason, and what is left of a wrap-up or when an
 * absence ends. */
function words(): { state: AgentState | "unknown" | "cut"; label: string; more: string } {
  const s = t.value.work;
  const p = presence.value;
  if (!p) return { state: "unknown", label: s.presence, more: "" };
  if (link.value.state === "waiting" && p.state !== "offline") return { state: "cut", label: s.cut, more: s.cutHint(s.states[p.state]) };
  const left = p.state === "wrap-up" && p.until ? countdown(Date.parse(p.until) - beat.value) : "";
  const why = p.reason === CUT ? s.cut : (p.reason && s.reasons[p.reason]) || p.reason || "";
  const back = p.state === "away" && p.until ? s.untilTime(clock(p.until)) : "";
  return { state: p.state, label: s.states[p.state], more: left || [why, back].filter(Boolean).join(", ") || (p.state === "away" ? s.sinceTime(clock(p.since)) : "") };
}

export function PresenceControl() {
  const s = t.value.work;
  const w = words();
  const label = [s.presence, w.label, w.more].filter(Boolean).join(", ");
  return (
    <div class="presence">
      <div class="anchor presence-anchor">
        <button class={`presence-button ${w.state}`} title={label} aria-label={label} aria-expanded={menu.value === "presence"} aria-busy={wishing.value} onClick={() => toggleMenu("presence")}>
          <i class={`stand ${w.state}`} aria-hidden="true" />
          <span class="presence-words"><span>{w.label}</span>{w.more && <small>{w.more}</small>}</span>
        </button>
        {menu.value === "presence" && <PresenceMenu />}
      </div>
      {pulls.value && <Button icon="next" label={s.next} keys="N" kind="primary" text={false} onClick={() => void takeNext()} />}
    </div>
  );
}

function PresenceMenu() {
  const s = t.value.work;
  const close = () => (menu.value = "");
  const now = presence.value?.state;
  const [reason, setReason] = useState("");
  const [back, setBack] = useState("");
  const set = (state: AgentState, why?: string, seconds?: number) => (close(), void stand(state, why, seconds));
  const leave = (why?: string) => set("away", why, secondsUntil(back, new Date()));
  return (
    <Popover align="left" label={s.presence} onClose={close}>
      <div class="presence-menu">
        <Item state="available" on={now === "available"} label={s.states.available} onClick={() => set("available")} />
        <Item state="wrap-up" on={now === "wrap-up"} label={s.states["wrap-up"]} hint={s.minutes(5)} onClick={() => set("wrap-up", "", 300)} />
        <div class="presence-away" role="group" aria-label={s.states.away}>
          <Item state="away" on={now === "away"} label={s.states.away} onClick={() => leave()} />
          <div class="presence-reasons">
            {Object.entries(s.reasons).map(([k, v]) => <button key={k} class="chip-button" aria-pressed={now === "away" && presence.value?.reason === k} onClick={() => leave(k)}>{v}</button>)}
          </div>
          <label class="check presence-back"><span>{s.backAt}</span><input type="time" value={back} onInput={(e) => setBack(e.currentTarget.value)} /></label>
          <form class="inline-form" onSubmit={(e) => (e.preventDefault(), leave(reason.trim()))}>
            <input value={reason} maxLength={200} placeholder={s.otherReason} aria-label={s.otherReason} onInput={(e) => setReason(e.currentTarget.value)} />
            <Button type="submit" icon="check" label={s.states.away} text={false} kind="quiet" />
          </form>
        </div>
        <Item state="offline" on={now === "offline"} label={s.states.offline} onClick={() => set("offline")} />
        <label class="check presence-sound"><input type="checkbox" checked={sound.value} onChange={(e) => setSound(e.currentTarget.checked)} /><span>{s.sound}</span></label>
      </div>
    </Popover>
  );
}

function Item({ state, label, hint, on, onClick }: { state: AgentState; label: string; hint?: string; on: boolean; onClick: () => void }) {
  return (
    <button class="presence-item" aria-pressed={on} onClick={onClick}>
      <i class={`stand ${state}`} aria-hidden="true" /><span class="grow">{label}</span>{hint && <small class="muted">{hint}</small>}{on && <Icon name="check" size={14} />}
    </button>
  );
}

// Who is there, how they stand, and how much they have.
import { useState } from "preact/hooks";
import { explain, toast } from "../core/actions";
import { agentName, me } from "../core/store";
import { t } from "../i18n";
import { AgentAvatar, first, Popover } from "../ui/parts";
import { work } from "../work/api";
import { lookSoon } from "../work/presence";
import type { AgentState } from "../work/shapes";
import { span } from "../work/span";
import { beat } from "../core/time";
import type { BoardAgent, BoardAnswer } from "./shapes";
import { percent } from "./state";

const order = ["available", "wrap-up", "away", "lost", "offline"] as const;

export function Agents({ b, live }: { b: BoardAnswer; live: boolean }) {
  const s = t.value.board;
  const states = t.value.work.states;
  const all = b.agents ?? [];
  if (!all.length) return null;
  const stateOf = (x: BoardAgent) => (x.lost && x.state !== "offline" ? "lost" : x.state);
  const named = (x: (typeof order)[number]) => (x === "lost" ? s.lost : states[x]);
  const counts = order.map((x) => [x, all.filter((a) => stateOf(a) === x).length] as const).filter(([, n]) => n > 0);
  const sorted = [...all].sort((x, y) => order.indexOf(stateOf(x)) - order.indexOf(stateOf(y)) || y.load - x.load || agentName(x.id).localeCompare(agentName(y.id)));
  return (
    <section class="board-agents" aria-label={s.agents}>
      <h2>{s.agents}{counts.map(([x, n]) => <span key={x} class="chip"><i class={`stand ${x}`} aria-hidden="true" />{s.inState(n, named(x))}</span>)}</h2>
      <ul class="agent-grid">
        {sorted.map((x) => (
          <li key={x.id} class={`agent-card ${stateOf(x)}`}>
            <AgentAvatar id={x.id} name={agentName(x.id)} />
            <div class="agent-lines">
              <div class="agent-top"><Name x={x} may={live && me.value?.role !== "agent"} /></div>
              <div class="agent-state small"><i class={`stand ${stateOf(x)}`} aria-hidden="true" /><span title={x.reason}>{named(stateOf(x))}{x.reason && ` · ${t.value.work.reasons[x.reason] ?? x.reason}`}</span><Held iso={x.since} now={live ? undefined : Date.parse(b.at)} /></div>
              <div class="agent-work small"><span class="muted">{[s.inWorkOf(x.in_work), x.offered > 0 && `${s.offered} ${x.offered}`].filter(Boolean).join(" · ")}</span><Load x={x} /></div>
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** A name; who may speak for others sets their presence under it. */
function Name({ x, may }: { x: BoardAgent; may: boolean }) {
  const s = t.value;
  const [open, setOpen] = useState(false);
  const set = async (state: AgentState) => {
    setOpen(false);
    try {
      await work.stand(state, undefined, state === "wrap-up" ? 300 : undefined, x.id);
      if (x.id === me.value?.id) lookSoon();
    } catch (e) {
      toast(explain(e), { bad: true });
    }
  };
  if (!may) return <strong title={agentName(x.id)}>{agentName(x.id)}</strong>;
  return (
    <span class="anchor agent-name">
      <button class="name-button" title={s.board.setPresence(agentName(x.id))} aria-expanded={open} onClick={() => setOpen(!open)}>{agentName(x.id)}</button>
      {open && (
        <Popover align="left" label={s.board.setPresence(agentName(x.id))} onClose={() => setOpen(false)}>
          <div class="prio-menu">
            {(["available", "wrap-up", "away", "offline"] as const).map((state, i) => (
              <button key={state} class="presence-item" ref={i === 0 ? first : undefined} aria-pressed={x.state === state} onClick={() => void set(state)}><i class={`stand ${state}`} aria-hidden="true" />{s.work.states[state]}</button>
            ))}
          </div>
        </Popover>
      )}
    </span>
  );
}

function Held({ iso, now }: { iso?: string; now?: number }) {
  return iso ? <time class="muted" dateTime={iso}>{span((now ?? beat.value) - Date.parse(iso))}</time> : null;
}

// The width is set through the DOM: the page forbids style sheets of its own.
function Load({ x }: { x: BoardAgent }) {
  const s = t.value.board;
  const share = percent(x.load, x.capacity) ?? 0;
  return (
    <div class={`load-bar ${share >= 100 ? "full" : ""}`} role="img" aria-label={s.loadOf(x.load, x.capacity)} title={s.loadOf(x.load, x.capacity)}>
      <i ref={(e) => void (e && (e.style.width = `${Math.min(100, share)}%`))} />
    </div>
  );
}

// Offers, over everything. They never take the focus from one who writes: Alt+O
// goes to them, and Enter takes the first only where nothing else has the focus.
import { useEffect, useRef, useState } from "preact/hooks";
import { nameOf } from "../core/names";
import { agentName, queueName } from "../core/store";
import { t } from "../i18n";
import { ChannelIcon, channelName, Icon } from "../ui/icons";
import { Button, first as focused, menu } from "../ui/parts";
import { answer, answering, offers, type Asked } from "./offers";
import { PressingClock } from "./Clocks";
import { countdown, span } from "./span";
import { beat } from "../core/time";

/** For this long after an offer appears Enter does not take it, in milliseconds:
 * the press may have been meant for what was there before. */
const SETTLE = 700;

export function Offers() {
  const s = t.value.work;
  const all = offers.value;
  const box = useRef<HTMLElement>(null);
  const appeared = useRef({ id: "", at: 0 });
  const head = all[0]?.offer.id ?? "";
  if (appeared.current.id !== head) appeared.current = { id: head, at: performance.now() };
  useEffect(() => {
    const press = (e: KeyboardEvent) => {
      const first = offers.value[0];
      if (!first || e.isComposing) return;
      if (e.altKey && e.code === "KeyO") {
        e.preventDefault();
        box.current?.querySelector<HTMLElement>(".offer .primary")?.focus();
        return;
      }
      if (e.key !== "Enter" || e.ctrlKey || e.metaKey || e.altKey || e.shiftKey || menu.value || document.querySelector("dialog[open]")) return;
      const focus = document.activeElement;
      if (focus && focus !== document.body || performance.now() - appeared.current.at < SETTLE) return;
      e.preventDefault();
      e.stopImmediatePropagation();
      void answer(first, true);
    };
    addEventListener("keydown", press, true);
    return () => removeEventListener("keydown", press, true);
  }, []);
  const said = all.map((a) => s.offeredTo(nameOf(a.c), channelName(channelOf(a)))).join(". ");
  return (
    <>
      <div class="sr-only" role="status" aria-live="assertive">{said}</div>
      {all.length > 0 && (
        <section ref={box} class="offers" aria-label={s.offers}>
          {all.slice(0, 4).map((a, i) => <Card key={a.offer.id} a={a} first={i === 0} />)}
          {all.length > 4 && <p class="offers-more">{s.moreOffers(all.length - 4)}</p>}
        </section>
      )}
    </>
  );
}

const channelOf = (a: Asked): string => a.c.last_message?.channel ?? a.c.channels.at(-1) ?? "";

function Card({ a, first }: { a: Asked; first: boolean }) {
  const s = t.value.work;
  const [declining, setDeclining] = useState(false);
  const busy = answering.value.includes(a.offer.id);
  const left = Date.parse(a.offer.until) - beat.value;
  const since = a.c.wait?.since ?? a.c.waiting_since ?? a.offer.at;
  const name = nameOf(a.c);
  return (
    <article class={`offer ${left < 10_000 ? "ending" : ""} ${first ? "" : "later"}`} aria-label={s.offeredTo(name, channelName(channelOf(a)))}>
      <header class="offer-head">
        <ChannelIcon channel={channelOf(a)} size={16} />
        <strong class="offer-name">{name}</strong>
        <time class="offer-left" aria-label={s.offerEnds(countdown(left))}>{countdown(left)}</time>
      </header>
      {first && <Bar total={Date.parse(a.offer.until) - Date.parse(a.offer.at)} left={left} />}
      {first && (a.c.subject || a.c.last_message?.text) && <p class="offer-text">{a.c.subject || a.c.last_message?.text}</p>}
      <p class="offer-why">
        <span class="chip"><Icon name="clock" size={11} />{s.waits(span(beat.value - Date.parse(since)))}</span>
        {a.c.wait && <span class="chip"><Icon name="queue" size={11} />{queueName(a.c.wait.queue)}</span>}
        {!!a.c.priority && <span class="chip late">{s.priorityIs(a.c.priority)}</span>}
        <PressingClock c={a.c} />
        {a.c.wait?.prefer === a.offer.agent && <span class="chip tag">{s.knowsYou}</span>}
        {(a.c.wait?.passed ?? []).slice(-1).map((p) => <span key={p.agent} class="chip plain">{s.passedBy(agentName(p.agent), s.passedHow[p.outcome] ?? p.outcome)}</span>)}
      </p>
      {declining ? (
        <div class="offer-reasons" role="group" aria-label={s.declineWhy} onKeyDown={(e) => e.key === "Escape" && (e.stopPropagation(), setDeclining(false))}>
          {Object.entries(s.declineReasons).map(([k, v], i) => <button key={k} class="chip-button" ref={i === 0 ? focused : undefined} disabled={busy} onClick={() => void answer(a, false, v)}>{v}</button>)}
          <button class="chip-button" disabled={busy} onClick={() => void answer(a, false)}>{s.noReason}</button>
        </div>
      ) : (
        <footer class="offer-foot">
          <Button icon="check" label={s.accept} keys={first ? "Enter" : undefined} kind="primary" disabled={busy} onClick={() => void answer(a, true)} />
          <Button icon="x" label={s.decline} disabled={busy} onClick={() => setDeclining(true)} />
          {first && <span class="muted small offer-keys"><kbd>Enter</kbd> · <kbd>Alt+O</kbd></span>}
        </footer>
      )}
    </article>
  );
}

// The width is set through the DOM: the page forbids style sheets of its own.
function Bar({ total, left }: { total: number; left: number }) {
  const share = total > 0 ? Math.max(0, Math.min(1, left / total)) : 0;
  return <div class="offer-bar" aria-hidden="true"><i ref={(e) => void (e && (e.style.width = `${(share * 100).toFixed(1)}%`))} /></div>;
}

// Where a conversation stands in its queue, and why whom it was given to.
import { signal } from "@preact/signals";
import { clock, toSecond } from "../core/format";
import { agentName, queueName, tick, world } from "../core/store";
import type { Conversation } from "../core/wire";
import type { Line } from "../core/world";
import { t } from "../i18n";
import { Icon } from "../ui/icons";
import { Button, menu, Popover, toggleMenu } from "../ui/parts";
import { work } from "./api";
import type { Choice } from "./shapes";
import { countdown, span } from "./span";
import { beat } from "../core/time";

/** Names of skills, read once when they are first needed. */
const skills = signal<Record<string, string> | null>(null);

function skillName(id: string): string {
  if (!skills.value) {
    skills.value = {};
    void work.skills().then((p) => (skills.value = Object.fromEntries((p.items ?? []).map((x) => [x.id, x.name]))), () => {}); // ids are shown
  }
  return skills.value[id] ?? id;
}

/** The newest choice that the lines of a conversation tell of. One of former days
 * names no candidates where an offer was accepted: the offer does. */
export function newestChoice(lines: Line[]): { choice: Choice; agent: string; at: string; offered: boolean } | undefined {
  const full = lines.findLast((l) => l.choice && (l.choice.by_hand || l.choice.candidates?.length || l.choice.unfit));
  const line = full ?? lines.findLast((l) => l.choice);
  if (!line?.choice) return undefined;
  return { choice: line.choice, agent: line.detail.agent ?? line.detail.assignee ?? "", at: line.at, offered: line.fact === "conversation.offered" };
}

/** A strip over the timeline while a conversation waits, is offered, or has been
 * given to somebody. */
export function WaitStrip({ c }: { c: Conversation }) {
  const s = t.value.work;
  tick.value;
  const lines = world.threads.get(c.id)?.lines ?? [];
  const why = newestChoice(lines);
  // How long it waited in all is told when it is given, after the offer was taken.
  const given = lines.findLast((l) => l.choice)?.choice;
  if (!c.wait && !c.unbegun && !why) return null;
  if (!c.wait && c.status !== "open") return null;
  return (
    <div class="wait-strip">
      <Icon name="queue" size={14} />
      <div class="wait-words grow">
        {c.wait && <span>{s.waitingIn(queueName(c.wait.queue), span(beat.value - Date.parse(c.wait.since)))}</span>}
        {c.wait && Date.parse(c.wait.entered) - Date.parse(c.wait.since) > 60_000 && <span class="muted">{s.placeSince(clock(c.wait.since))}</span>}
        {(c.wait?.needs ?? []).map((n) => <span key={n.skill} class="chip">{s.needs(skillName(n.skill), n.level)}</span>)}
        {c.wait?.prefer && <span class="chip">{s.prefers(agentName(c.wait.prefer))}</span>}
        {c.offer && <span class="chip tag">{s.offeredNow(agentName(c.offer.agent), countdown(Date.parse(c.offer.until) - beat.value))}</span>}
        {(c.wait?.passed ?? []).slice(-3).map((p) => <span key={p.agent + p.at} class="chip plain">{s.passedBy(agentName(p.agent), s.passedHow[p.outcome] ?? p.outcome)}</span>)}
        {!c.wait && why?.choice.by_hand && c.assignee === why.agent && <span>{s.givenByHand(agentName(why.agent))}</span>}
        {!c.wait && why && !why.choice.by_hand && <span>{why.offered && c.assignee !== why.agent ? s.lineOffered(agentName(why.agent)) : s.lineGiven(agentName(c.assignee || why.agent), queueName(why.choice.queue), span((given ?? why.choice).waited_ms))}</span>}
        {c.unbegun && <span class="muted">{s.goesBack}</span>}
      </div>
      {why && (
        <div class="anchor">
          <Button icon="help" label={s.why} kind="quiet" expanded={menu.value === "why"} onClick={() => toggleMenu("why")} />
          {menu.value === "why" && <Why choice={why.choice} agent={why.agent} at={why.at} />}
        </div>
      )}
    </div>
  );
}

function Why({ choice, agent, at }: { choice: Choice; agent: string; at: string }) {
  const s = t.value.work;
  const all = choice.candidates ?? [];
  const chosen = all.find((x) => x.agent === agent);
  const load = (load: number, capacity: number) => (capacity ? Math.round((100 * load) / capacity) : 0);
  const reason = choice.by_hand ? s.becauseByHand : chosen?.knows ? s.becauseKnows : all.length === 1 ? s.becauseOnly : all.length > 1 ? s.becauseFirst : "";
  const unfit = Object.entries(choice.unfit ?? {}).filter(([, n]) => n > 0);
  return (
    <Popover label={s.why} onClose={() => (menu.value = "")}>
      <div class="why">
        <h2>{s.whyTitle(agentName(agent), clock(at))}</h2>
        <p>{(!choice.by_hand || choice.waited_ms > 0) && s.hadWaited(queueName(choice.queue), span(choice.waited_ms))} {reason}</p>
        {all.length > 0 && (
          <table>
            <thead><tr><th scope="col">{s.candidate}</th><th scope="col" class="num">{s.load}</th><th scope="col" class="num">{s.idleSince}</th></tr></thead>
            <tbody>
              {all.map((x) => (
                <tr key={x.agent} class={x.agent === agent ? "on" : ""}>
                  <td><span class="cell">{x.agent === agent && <Icon name="check" size={12} />}<span>{agentName(x.agent)}</span>{x.knows && <span class="chip tag">{s.knows}</span>}</span></td>
                  <td class="num">{load(x.load, x.capacity)} %</td>
                  <td class="num">{x.idle && !x.idle.startsWith("0001") ? toSecond(x.idle) : "–"}</td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
        {unfit.length > 0 && <p class="muted">{s.notAsked} {unfit.map(([k, n]) => `${s.unfit[k] ?? k} ${n}`).join(", ")}</p>}
      </div>
    </Popover>
  );
}

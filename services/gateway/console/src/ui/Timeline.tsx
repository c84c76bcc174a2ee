// The timeline of a conversation: messages of every channel, notes, calls and
// event lines in one line of time, with a separator for each day.
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { discard, retry } from "../core/actions";
import { clock, dayTitle, full, moment, sameDay } from "../core/format";
import { compareTime } from "../core/order";
import { agentName, loadOlder, me, now, queueName, teamName, tick, world } from "../core/store";
import type { Author, Message } from "../core/wire";
import type { Line, Pending } from "../core/world";
import { t, type Strings } from "../i18n";
import { workLine } from "../work/lines";
import { ChannelIcon, channelName, Icon } from "./icons";
import { MessageView } from "./MessageView";
import { orderLine } from "./Orders";
import { templatesFor } from "./Templates";

type Item = { at: string; key: string } & ({ m: Message } | { line: Line });

// Event lines are put between messages by time; messages keep their order.
function items(messages: Message[], lines: Line[], complete: boolean): Item[] {
  const out: Item[] = [];
  const start = messages[0]?.received_at ?? "";
  // What happened before the oldest loaded message belongs to an older page.
  // The opening is decided a moment after the message that caused it came in.
  const due = lines
    .filter((l) => complete || compareTime(l.at, start) >= 0)
    .map((l) => (l.fact === "conversation.opened" && start && compareTime(start, l.at) < 0 ? { ...l, at: start } : l))
    .sort((a, b) => compareTime(a.at, b.at));
  let i = 0;
  for (const m of messages) {
    while (i < due.length && compareTime(due[i]!.at, m.received_at) < (due[i]!.fact === "conversation.opened" ? 1 : 0)) out.push(lineItem(due[i++]!, m));
    if (m.kind === "event" && !m.text) continue;
    out.push({ at: m.occurred_at, key: m.id, m });
  }
  for (; i < due.length; i++) out.push(lineItem(due[i]!));
  return out;
}

// The opening stands over the message that caused it, and on its day: what is
// read in later was said before it came here.
function lineItem(line: Line, before?: Message): Item {
  const at = before && line.fact === "conversation.opened" && compareTime(before.occurred_at, line.at) < 0 ? before.occurred_at : line.at;
  return { at, key: line.key, line };
}

// A message goes on with the one above when the same person says more on the
// same channel within five minutes.
function goesOn(a: Item | undefined, b: Item): boolean {
  if (!a || !("m" in a) || !("m" in b)) return false;
  const x = a.m, y = b.m;
  return x.kind === y.kind && x.kind !== "call" && x.channel === y.channel && x.direction === y.direction && x.author.id === y.author.id && sameDay(a.at, b.at) && Date.parse(b.at) - Date.parse(a.at) < 300_000;
}

export function Timeline({ id }: { id: string }) {
  const s = t.value;
  tick.value;
  const thread = world.threads.get(id);
  const pending = [...world.pending.values()].filter((p) => p.conversation === id);
  const box = useRef<HTMLDivElement>(null);
  const stick = useRef(true);
  const top = useRef(0);
  const anchor = useRef<{ height: number } | null>(null);
  const [below, setBelow] = useState(false);
  const [loading, setLoading] = useState(false);
  const newest = thread?.messages.at(-1)?.id ?? "";
  const count = (thread?.messages.length ?? 0) + pending.length;
  useLayoutEffect(() => {
    const el = box.current!;
    if (anchor.current) {
      // Older messages came in above: what was in sight stays where it was.
      el.scrollTop += el.scrollHeight - anchor.current.height;
      anchor.current = null;
    } else if (stick.current) el.scrollTop = el.scrollHeight;
    else setBelow(true);
  }, [newest, count, thread?.loaded]);
  useEffect(() => {
    // Pictures and mail frames grow after they are drawn.
    const el = box.current!;
    const seen = new ResizeObserver(() => stick.current && (el.scrollTop = el.scrollHeight));
    seen.observe(el.firstElementChild!);
    seen.observe(el);
    return () => seen.disconnect();
  }, []);
  const older = async () => {
    if (loading) return;
    setLoading(true);
    anchor.current = { height: box.current!.scrollHeight };
    await loadOlder(id).catch(() => (anchor.current = null));
    setLoading(false);
  };
  const scroll = (e: Event) => {
    const el = e.currentTarget as HTMLElement;
    // Only a move upwards lets go of the end: growth below is not the agent's.
    if (el.scrollHeight - el.scrollTop - el.clientHeight < 60) stick.current = true, setBelow(false);
    else if (el.scrollTop < top.current) stick.current = false;
    top.current = el.scrollTop;
    if (el.scrollTop < 80 && thread?.older) void older();
  };
  const list = thread ? items(thread.messages, thread.lines, !thread.older) : [];
  return (
    <div class="timeline-wrap">
      <div ref={box} class="timeline" role="log" aria-label={s.inbox} aria-busy={!thread?.loaded} tabIndex={0} onScroll={scroll}>
        <div class="timeline-in">
          {thread?.older && <button class="link older" disabled={loading} onClick={() => void older()}>{loading ? s.loading : s.older}</button>}
          {!thread?.loaded && <div class="skeleton-thread" aria-hidden="true"><i /><i /><i /></div>}
          {list.map((x, i) => {
            const prev = list[i - 1];
            return (
              <div key={x.key}>
                {(!prev || !sameDay(prev.at, x.at)) && <div class="day"><span>{dayTitle(x.at, now.value)}</span></div>}
                {"m" in x ? <MessageView m={x.m} head={!goesOn(prev, x)} /> : <EventLine line={x.line} s={s} />}
              </div>
            );
          })}
          {pending.map((p) => <PendingView key={p.client_id} p={p} s={s} />)}
        </div>
      </div>
      {below && <button class="new-below" onClick={() => (box.current!.scrollTop = box.current!.scrollHeight)}>↓ {s.newBelow}</button>}
    </div>
  );
}

// What could not go out as free text is given up for a template.
function pickTemplate(p: Pending): void {
  discard(p);
  templatesFor.value = { conversation: p.conversation, channel: p.channel ?? "" };
}

function PendingView({ p, s }: { p: Pending; s: Strings }) {
  return (
    <article class={`msg ${p.kind === "note" ? "note" : "out"} pending ${p.error ? "failed" : ""}`}>
      <div class="bubble">
        <div class="msg-head">
          <strong>{me.value?.name}</strong>
          {p.channel && <span class="msg-channel"><ChannelIcon channel={p.channel} size={12} />{channelName(p.channel)}</span>}
          <time>{clock(p.at)}</time>
        </div>
        <div class="msg-text">{p.text}</div>
        {p.attachments.map((a) => <span key={a.id} class="file"><Icon name="file" />{a.name}</span>)}
        {p.error && p.closed
          ? <div class="trouble doubt" role="alert"><Icon name="clock" size={14} /><span>{p.error}</span><button class="link" onClick={() => pickTemplate(p)}>{s.pickTemplate}</button><button class="link" onClick={() => discard(p)}>{s.discard}</button></div>
          : p.error
          ? <div class="trouble" role="alert"><Icon name="warn" size={14} /><span><b>{s.notSent}.</b> {p.error}</span><button class="link" onClick={() => void retry(p)}>{s.sendAgain}</button><button class="link" onClick={() => discard(p)}>{s.discard}</button></div>
          : <div class="msg-foot">{s.sending}</div>}
      </div>
    </article>
  );
}

const who = (a: Author, s: Strings): string => (a.kind === "agent" ? agentName(a.id) || a.name : a.name) || s.system;

function EventLine({ line, s }: { line: Line; s: Strings }) {
  const d = line.detail;
  const target = agentName(d.assignee) || (d.team && teamName(d.team)) || (d.queue && queueName(d.queue)) || s.nobody;
  const by = who(line.actor, s);
  const words: Record<string, () => string> = {
    "conversation.opened": () => s.lineOpened,
    "conversation.assigned": () => (line.actor.id && line.actor.id === d.assignee ? s.lineTook(by) : d.assignee || d.team ? s.lineAssigned(by, target) : s.lineUnassigned(by)),
    "conversation.transferred": () => s.lineTransferred(by, target),
    "conversation.tagged": () => s.lineTagged(by, [d.added && `+${d.added}`, d.removed && `−${d.removed}`].filter(Boolean).join(" ")),
    "conversation.snoozed": () => s.lineSnoozed(by, d.until ? moment(d.until) : "…"),
    "conversation.woken": () => s.lineWoken,
    "conversation.resolved": () => (d.reason === "visitor-ended" ? s.lineEnded : s.lineResolved(by)),
    "conversation.reopened": () => s.lineReopened(by),
    "conversation.merged": () => s.lineMerged(by),
    "conversation.merge_reversed": () => s.lineSplit(by),
    "contact.merged": () => s.lineContactMerged(by),
    "contact.merge_reversed": () => s.lineSplit(by),
    "contact.merge_suggested": () => s.lineSuggested,
    "contact.order_stated": () => (line.order ? orderLine(line.order, s) : s.orders),
    "contact.erased": () => s.lineErased,
    "callback.requested": () => s.lineCallback(d.number ?? ""),
    "callback.closed": () => s.lineCallbackClosed[d.outcome ?? ""] ?? s.done,
  };
  const text = workLine(line, by) ?? (words[line.fact] ?? (line.fact.startsWith("contact.") ? () => s.linePoint : () => line.fact))();
  if (!text) return null;
  return (
    <div class={`event-line ${line.order ? "order-event" : ""}`} title={[full(line.at), d.reason].filter(Boolean).join("\n")}>
      {line.order && <Icon name="tag" size={12} />}<span>{text}{d.note && <em> — {d.note}</em>}</span>
      <time>{clock(line.at)}</time>
    </div>
  );
}

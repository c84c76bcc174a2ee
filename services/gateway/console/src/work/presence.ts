// How this agent stands, as the router has it. No frame tells of it, so it is
// read again whenever something has happened that may have changed it.
import { computed, effect, signal } from "@preact/signals";
import { explain, toast } from "../core/actions";
import { ApiError } from "../core/api";
import { go } from "../core/route";
import { link, me, mutate, queues, session } from "../core/store";
import type { EventFrame, Queue } from "../core/wire";
import { t } from "../i18n";
import { work } from "./api";
import type { AgentState, Presence } from "./shapes";
import { beat } from "../core/time";

export const presence = signal<Presence | null>(null);
/** Set while a wish is on its way. */
export const wishing = signal(false);

/** The queues that this agent may take from: those of their teams, and those
 * that name none. */
export const myQueues = computed<Queue[]>(() => {
  const mine = me.value?.teams ?? [];
  return queues.value.filter((x) => !x.teams?.length || x.teams.some((team) => mine.includes(team)));
});

/** Reports whether there is a queue that one asks for the next. */
export const pulls = computed(() => myQueues.value.some((x) => x.mode === "pull"));

/** The router's reason for an agent who was made offline after a break. */
export const CUT = "connection lost";

// Grows with each wish: an answer that was asked for before it is old.
let wishes = 0;

/** Asks the router how one stands. after is how one stood before the connection
 * broke off: what became of that is said, for it decides who is given work. */
export async function loadPresence(after?: Presence): Promise<void> {
  const mine = wishes;
  const got = await work.presence().catch((e) => {
    if (e instanceof ApiError) return null; // it is asked again before long
    throw e;
  });
  if (!got || mine !== wishes) return;
  presence.value = got;
  if (!after || after.state === "offline") return;
  if (got.state === "offline") toast(t.value.work.setOffline, { bad: true });
  else if (got.since !== after.since) toast(t.value.work.backAgain(t.value.work.states[got.state]));
}

let soon: ReturnType<typeof setTimeout> | undefined;

/** Reads the presence in a moment; many calls make one request. */
export function lookSoon(delay = 300): void {
  clearTimeout(soon);
  soon = setTimeout(() => session.value === "in" && void loadPresence(), delay);
}

/** How many seconds it is until a time of the clock comes next ("13:30"); undefined for
 * no time. */
export function secondsUntil(time: string, now: Date): number | undefined {
  const [, hours, minutes] = /^(\d{2}):(\d{2})/.exec(time) ?? [];
  if (hours === undefined || minutes === undefined) return undefined;
  const at = new Date(now.getFullYear(), now.getMonth(), now.getDate(), Number(hours), Number(minutes));
  if (at <= now) at.setDate(at.getDate() + 1);
  return Math.min(86_400, Math.ceil((at.getTime() - now.getTime()) / 1_000));
}

/** Says how one stands from now on. seconds ends a wrap-up or an absence by itself. */
export async function stand(state: AgentState, reason?: string, seconds?: number): Promise<void> {
  wishing.value = true;
  const mine = ++wishes;
  try {
    const got = await work.stand(state, reason, seconds);
    if (mine === wishes) presence.value = got;
  } catch (e) {
    toast(explain(e), { bad: true });
  } finally {
    wishing.value = false;
  }
}

/** Takes the first that waits and opens it. */
export async function takeNext(): Promise<void> {
  try {
    const d = await work.next();
    mutate((w) => w.put(d.conversation));
    if (d.conversation) go({ view: { kind: "mine" }, conversation: d.conversation.id });
  } catch (e) {
    if (e instanceof ApiError && e.status === 404) toast(t.value.work.nothingWaits);
    else toast(explain(e), { bad: true });
  }
}

/** Notices what may have changed how one stands: one's own work came or went. */
export function noticePresence(f: EventFrame): void {
  const mine = me.value?.id;
  // What a visitor ended is resolved by nobody of ours, and leaves time to finish it.
  if (f.fact === "conversation.resolved" && f.actor?.kind === "system" && f.conversation?.assignee === mine) lookSoon();
  if (f.actor?.id === mine && (f.fact === "conversation.resolved" || f.fact === "conversation.assigned")) lookSoon();
  if (f.fact === "offer.closed" && f.data?.agent === mine) lookSoon();
}

/** Follows the connection and the end of a wrap-up or an absence; returns what stops it. */
export function followPresence(): () => void {
  const every = setInterval(() => document.visibilityState === "visible" && lookSoon(0), 30_000);
  let was = "";
  let back: ReturnType<typeof setTimeout> | undefined;
  let before: Presence | undefined;
  const stops = [
    effect(() => {
      const { state } = link.value;
      if (state === was) return;
      if (was === "live") before = presence.peek() ?? undefined;
      // The router hears of the new connection a moment after it stands.
      if (state === "live") clearTimeout(back), (back = setTimeout(() => void loadPresence(before), was ? 1_000 : 0));
      was = state;
    }),
    effect(() => {
      const p = presence.value;
      if (p?.until && p.state !== "available" && beat.value >= Date.parse(p.until)) lookSoon(600);
    }),
  ];
  return () => {
    clearInterval(every);
    clearTimeout(back);
    for (const stop of stops) stop();
  };
}

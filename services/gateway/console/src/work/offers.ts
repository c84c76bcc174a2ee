// What this agent is asked to take. The rows tell it: an offer stands while a
// conversation's row says so, and ends with the row or with its time.
import { computed, effect, signal } from "@preact/signals";
import { explain, toast } from "../core/actions";
import { ApiError } from "../core/api";
import { go } from "../core/route";
import { me, mutate, tick, world } from "../core/store";
import type { Conversation } from "../core/wire";
import { t } from "../i18n";
import { work } from "./api";
import { myQueues } from "./presence";
import type { Offer } from "./shapes";
import { beat } from "../core/time";

export interface Asked {
  c: Conversation;
  offer: Offer;
}

/** Offers to an agent that stand at a time, the one that ends first at the head.
 * Pure. */
export function asked(all: Iterable<Conversation>, agent: string, now: number): Asked[] {
  const out: Asked[] = [];
  for (const c of all) if (c.offer && c.offer.agent === agent && Date.parse(c.offer.until) > now) out.push({ c, offer: c.offer });
  return out.sort((a, b) => Date.parse(a.offer.until) - Date.parse(b.offer.until) || (a.offer.id < b.offer.id ? -1 : 1));
}

/** The offers that stand now. */
export const offers = computed<Asked[]>(() => {
  tick.value;
  return me.value ? asked(world.conversations.values(), me.value.id, beat.value) : [];
});

/** Offers whose answer is on its way. */
export const answering = signal<string[]>([]);

/** Takes what is offered and opens it, or lets it go by with a reason. */
export async function answer(a: Asked, accept: boolean, reason?: string): Promise<void> {
  if (answering.value.includes(a.offer.id)) return;
  answering.value = [...answering.value, a.offer.id];
  try {
    const d = await work.answer(a.c.id, a.offer.id, accept, reason);
    mutate((w) => w.put(d.conversation));
    if (accept) go({ view: { kind: "mine" }, conversation: a.c.id });
  } catch (e) {
    if (e instanceof ApiError && e.conflict) {
      mutate((w) => w.put(e.problem.conversation));
      toast(t.value.work.offerGone, { bad: true });
    } else toast(explain(e), { bad: true });
  } finally {
    answering.value = answering.value.filter((id) => id !== a.offer.id);
  }
}

/** Reads what waits in the queues that offer work: an offer that was made before
 * this page was opened may lie outside of what the feed begins with. */
export async function findOffers(): Promise<void> {
  for (const x of myQueues.value.filter((x) => x.mode === "push").slice(0, 20)) {
    const page = await work.waiting(x.id).catch((e) => {
      if (e instanceof ApiError) return null; // the feed tells of the next one
      throw e;
    });
    if (page) mutate((w) => (page.items ?? []).forEach((c) => w.put(c)));
  }
}

const KEY = "tributary.sound";

/** Whether an offer is heard; remembered in this browser. */
export const sound = signal(typeof localStorage !== "undefined" && localStorage.getItem(KEY) === "on");

export function setSound(on: boolean): void {
  sound.value = on;
  localStorage.setItem(KEY, on ? "on" : "off");
  if (on) chime();
}

let audio: AudioContext | undefined;

// Two soft tones, made here: the page loads no file from anywhere.
function chime(): void {
  audio ??= new AudioContext();
  void audio.resume(); // a page that nobody has touched yet is silent until they do
  const start = audio.currentTime;
  for (const [i, pitch] of [660, 880].entries()) {
    const tone = audio.createOscillator(), gain = audio.createGain();
    tone.frequency.value = pitch;
    gain.gain.setValueAtTime(0, start + i * 0.16);
    gain.gain.linearRampToValueAtTime(0.14, start + i * 0.16 + 0.02);
    gain.gain.exponentialRampToValueAtTime(0.001, start + i * 0.16 + 0.4);
    tone.connect(gain).connect(audio.destination);
    tone.start(start + i * 0.16);
    tone.stop(start + i * 0.16 + 0.42);
  }
}

/** Follows the offers: looks for those that stood before, and sounds for each
 * new one. Returns what stops it. */
export function followOffers(): () => void {
  const known = new Set<string>();
  let looked = "";
  const stops = [
    effect(() => {
      const push = myQueues.value.filter((x) => x.mode === "push").map((x) => x.id).join();
      if (push === looked) return;
      looked = push;
      void findOffers();
    }),
    effect(() => {
      let fresh = false;
      for (const a of offers.value) if (!known.has(a.offer.id)) fresh = !!known.add(a.offer.id);
      if (fresh && sound.value) chime();
    }),
  ];
  return () => stops.forEach((stop) => stop());
}

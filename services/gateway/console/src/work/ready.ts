// Macros and canned answers: what is kept ready, and how it is found and used.
import { signal } from "@preact/signals";
import { explain, toast } from "../core/actions";
import { ApiError } from "../core/api";
import { me, mutate } from "../core/store";
import type { Conversation } from "../core/wire";
import { t } from "../i18n";
import { work, type Ran } from "./api";
import type { Canned, Macro } from "./shapes";

export const macros = signal<Macro[]>([]);
export const canned = signal<Canned[]>([]);
let read = 0;

/** How old a list may be before it is read again, in milliseconds. */
const FRESH = 60_000;

// What is kept for teams is for their members.
const mine = (teams: string[] | undefined): boolean => !teams?.length || teams.some((x) => (me.value?.teams ?? []).includes(x));

/** Reads what is kept ready, unless it was read a moment ago. */
export async function loadReady(): Promise<void> {
  if (Date.now() - read < FRESH) return;
  read = Date.now();
  const get = async <T>(p: Promise<{ items: T[] | null }>, into: (v: T[]) => void) => {
    const page = await p.catch((e) => {
      if (e instanceof ApiError) return null; // what was read before stays
      throw e;
    });
    if (page) into(page.items ?? []);
    else read = 0;
  };
  await Promise.all([
    get(work.macros(), (v) => (macros.value = v.filter((x) => mine(x.teams)))),
    get(work.canned(), (v) => (canned.value = v.filter((x) => mine(x.teams)))),
  ]);
}

/** The slash and the word that stand before the caret: where a shortcut is being
 * typed, and what of it. A slash within a word ("and/or", an address) is none. */
export function slash(text: string, caret: number): { from: number; word: string } | null {
  const m = /(?:^|\s)\/([^\s/]*)$/u.exec(text.slice(0, caret));
  return m ? { from: caret - m[1]!.length - 1, word: m[1]! } : null;
}

/** Canned answers for what was typed: those whose shortcut begins with it, then
 * those that have it in their name or shortcut. */
export function matching(all: Canned[], word: string): Canned[] {
  const w = word.toLocaleLowerCase();
  const begins = all.filter((x) => x.shortcut.toLocaleLowerCase().startsWith(w));
  const holds = all.filter((x) => !begins.includes(x) && `${x.name} ${x.shortcut}`.toLocaleLowerCase().includes(w));
  const order = (a: Canned, b: Canned) => a.shortcut.localeCompare(b.shortcut);
  return [...begins.sort(order), ...holds.sort(order)].slice(0, 8);
}

/** A canned answer's text for a conversation, with its variables filled in. */
export async function rendered(conversation: string, id: string): Promise<string | null> {
  try {
    return (await work.render(conversation, id)).text;
  } catch (e) {
    toast(explain(e), { bad: true });
    return null;
  }
}

/** What is to be said of a macro that has run. Pure. */
export function outcomeOf(r: Ran, total: number): { done: number; stopped: string } {
  const done = typeof r.done === "number" ? r.done : Array.isArray(r.actions) ? r.actions.length : r.problem ? 0 : total;
  return { done, stopped: r.problem?.detail ?? r.problem?.title ?? "" };
}

/** Carries a macro out as this agent. */
export async function runMacro(c: Conversation, m: Macro): Promise<void> {
  const s = t.value.work;
  try {
    const r = await work.run(c, m.id);
    mutate((w) => {
      w.put(r.conversation);
      if (r.message) w.message(r.message);
    });
    const { done, stopped } = outcomeOf(r, m.do.length);
    if (stopped) toast(s.macroStopped(m.name, done, m.do.length, stopped), { bad: true });
    else toast(s.macroDone(m.name));
  } catch (e) {
    if (e instanceof ApiError && e.problem.conversation) mutate((w) => w.put(e.problem.conversation));
    toast(explain(e), { bad: true });
  }
}

// The run that is under way, or the last one. It belongs to no page: whoever leaves
// finds it again.
import { signal } from "@preact/signals";
import { explain, toast } from "../core/actions";
import { ApiError, call } from "../core/api";
import { go, route } from "../core/route";
import { me } from "../core/store";
import { serverNow } from "../core/time";
import { homeZone, wallTime } from "../core/zone";
import type { QueueRules } from "../admin/shapes";
import { t } from "../i18n";
import { asToday, bodyOf, dayOf, formatQuestion, parseQuestion, type Change, type Question } from "./question";
import type { Answer } from "./shapes";

export interface Playing {
  /** Who asked; the result is nobody else's. */
  by: string;
  question: Question;
  /** What was changed of which queues, and how they are set today. */
  changes: { queue: QueueRules; change: Change }[];
  zone: string;
  /** Milliseconds since 1970. */
  since: number;
  answer?: Answer;
  error?: string;
}

const playing = signal<Playing | null>(null);
let abort: AbortController | undefined;

/** What was asked last on this page, as its address; "" is nothing. */
let last = "";

/** The run that the one who is signed in may see. */
export const run = (): Playing | null => (playing.value?.by === me.value?.id ? playing.value : null);

/** Goes to a question without playing it. */
export function ask(q: Question, replace = true): void {
  last = formatQuestion(q);
  go({ view: { kind: "all" }, whatif: last }, replace);
}

/** Goes to the page: about the day of a past minute, or to what was asked last. */
export function openWhatIf(minute: number | null, zone: string): void {
  go({ view: { kind: "all" }, whatif: minute === null ? last : formatQuestion({ ...parseQuestion(last), day: wallTime(zone, minute).slice(0, 10), from: "", to: "" }) });
}

/** Plays a question in place of the one that is being played. */
export async function play(q: Question, today: readonly QueueRules[], changes: Playing["changes"]): Promise<void> {
  const zone = homeZone(), now = serverNow();
  const question = { ...q, day: dayOf(q, zone, now), today: asToday(q, today).map((queue) => queue.id) };
  ask(question);
  abort?.abort();
  const mine = (abort = new AbortController());
  const begun: Playing = { by: me.value?.id ?? "", question, changes, zone, since: now };
  playing.value = begun;
  try {
    const answer = await call<Answer>("POST", "/what-if", { body: bodyOf(question, today, zone, now), signal: mine.signal });
    if (abort !== mine) return;
    playing.value = { ...begun, answer };
  } catch (e) {
    if (abort !== mine || mine.signal.aborted) return;
    if (!(e instanceof ApiError)) throw e;
    playing.value = { ...begun, error: e.status === 503 || e.status === 504 ? t.value.whatif.busy : explain(e) };
  }
  if (route.value.whatif === undefined && run()) toast(t.value.whatif.finished, { bad: !playing.value.answer });
}

/** Gives up the run that is under way. */
export function stop(): void {
  abort?.abort();
  abort = undefined;
  playing.value = null;
}

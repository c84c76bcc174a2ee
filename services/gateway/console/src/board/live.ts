// The board on this screen: fed by the socket, or read for a past minute.
import { effect, signal } from "@preact/signals";
import { explain } from "../core/actions";
import { ApiError, call, q } from "../core/api";
import { link, live, me, session } from "../core/store";
import { presence, lookSoon } from "../work/presence";
import { saw, serverNow } from "../core/time";
import { t } from "../i18n";
import type { BoardAnswer, BoardChangeFrame, BoardFrame } from "./shapes";
import { changed } from "./state";

/** The id of the subscription. */
const BOARD = "board";

/** The board as it stands; null until the first frame has come. */
export const board = signal<BoardAnswer | null>(null);

/** The past minute that is looked at, in milliseconds since 1970; null is now. */
export const at = signal<number | null>(null);
export const past = signal<{ answer: BoardAnswer | null; loading: boolean; error: string }>({ answer: null, loading: false, error: "" });

/** Applies a frame of the board. */
export function onBoard(f: BoardFrame | BoardChangeFrame): void {
  if (f.id !== BOARD) return;
  saw(f.at);
  if (f.type === "board") {
    const { type: _, id: __, ...answer } = f;
    board.value = answer;
  } else if (board.value) board.value = changed(board.value, f);
  else return;
  // The board knows of a wrap-up that ended, or of a supervisor's word on us.
  const self = board.value.agents?.find((a) => a.id === me.value?.id);
  if (self && presence.value && (self.state !== presence.value.state || (self.reason ?? "") !== (presence.value.reason ?? ""))) lookSoon();
}

/** Subscribes whenever the socket is there, as long as the page is signed in.
 * Returns what stops it. */
export function followBoard(): () => void {
  return effect(() => {
    if (session.value === "in" && link.value.state === "live") live.send({ type: "subscribe", id: BOARD, view: "board" });
  });
}

let asked = 0;

/** Looks at a past minute; null goes back to now. */
export async function look(minute: number | null): Promise<void> {
  at.value = minute;
  const mine = ++asked;
  if (minute === null) return void (past.value = { answer: null, loading: false, error: "" });
  past.value = { ...past.value, loading: true, error: "" };
  try {
    const answer = await call<BoardAnswer>("GET", q("/board", { at: new Date(minute).toISOString() }));
    if (mine === asked) past.value = { answer, loading: false, error: "" };
  } catch (e) {
    if (!(e instanceof ApiError)) throw e;
    if (mine === asked) past.value = { answer: null, loading: false, error: e.status === 422 ? (minute > serverNow() ? t.value.board.notYet : t.value.board.beforeLog) : explain(e) };
  }
}

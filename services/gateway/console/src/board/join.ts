// Hangs the board onto the core.
import { onFrame, onStart } from "../core/follow";
import { extendView } from "../core/view";
import { effect } from "@preact/signals";
import { loadList } from "../core/store";
import { route } from "../core/route";
import { behind, parseDrill } from "./drill";
import { board, followBoard, onBoard } from "./live";
import type { BoardLine } from "./shapes";
import { linesOf } from "./state";

/** A list behind a number is read again at most this often, in milliseconds. */
const OFTEN = 1_500;

/** Teaches the lists what stands behind a number. Called once. */
export function joinViews(): void {
  extendView("load", (id) => {
    const d = parseDrill(id);
    return d && behind(d);
  });
}

/** Reads the list behind a number again whenever the board says that its line is
 * not as it was. Returns what stops it. */
function followNumber(): () => void {
  let seen: BoardLine | undefined, of = "", timer = 0;
  const stop = effect(() => {
    const { view } = route.value;
    const d = view.kind === "load" ? parseDrill(view.id) : null;
    const line = d && board.value ? linesOf(board.value, d.kind).find((x) => d.kind === "total" || x.id === d.id) : undefined;
    const moved = !!d && of === view.id && line !== seen;
    seen = line;
    of = d ? view.id! : "";
    if (moved && !timer) timer = window.setTimeout(() => ((timer = 0), route.value.view.kind === "load" && void loadList()), OFTEN);
  });
  return () => (stop(), clearTimeout(timer));
}

/** Follows the board from the next session on, and opens its numbers. Called
 * once, before the address is read. */
export function joinBoard(): void {
  joinViews();
  onStart(followBoard);
  onStart(followNumber);
  onFrame("board", onBoard);
  onFrame("board.changed", onBoard);
}

// Hangs the board onto the core.
import { onFrame, onStart } from "../core/follow";
import { extendView } from "../core/view";
import { counts, drillFilter, parseDrill } from "./drill";
import { followBoard, onBoard } from "./live";

/** Teaches the lists what stands behind a number. Called once. */
export function joinViews(): void {
  extendView("load", (id) => {
    const d = parseDrill(id);
    return d && { filter: () => drillFilter(d), has: (c) => counts(d, c) };
  });
}

/** Follows the board from the next session on, and opens its numbers. Called
 * once, before the address is read. */
export function joinBoard(): void {
  joinViews();
  onStart(followBoard);
  onFrame("board", onBoard);
  onFrame("board.changed", onBoard);
}

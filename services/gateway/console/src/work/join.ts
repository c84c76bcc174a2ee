// Hangs an agent's work onto the core.
import { onFrame, onStart } from "../core/follow";
import { followOffers } from "./offers";
import { followPresence, noticePresence } from "./presence";

/** Follows presence and offers from the next session on. Called once. */
export function joinWork(): void {
  onStart(followPresence);
  onStart(followOffers);
  onFrame("event", noticePresence);
}

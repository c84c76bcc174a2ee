// The zone in which a day begins: the house's, so that everybody who looks at a
// report or at the board means the same day.
import { signal } from "@preact/signals";

/** The house's zone by its IANA name, as the server tells it; "" until it has, and
 * where it does not know the name. */
export const houseZone = signal("");

/** The house's zone, or where it is not known that of this browser. */
export const homeZone = (): string => houseZone.value || Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";

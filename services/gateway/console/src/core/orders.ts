// Orders as a screen tells of them.
import { language } from "../i18n";
import type { Order } from "./wire";

/** An amount with its currency as people write it; the shop's own words where
 * they are none, and nothing for nought. */
export function money(amount: string | undefined, currency: string | undefined): string {
  if (!amount || Number(amount) === 0) return "";
  const digits = (amount.split(".")[1] ?? "").replace(/0+$/, "").length;
  try {
    const most = new Intl.NumberFormat(language.value, { style: "currency", currency }).resolvedOptions().maximumFractionDigits ?? 0;
    const format = new Intl.NumberFormat(language.value, { style: "currency", currency, maximumFractionDigits: Math.max(most, digits) });
    // A string keeps every digit; a number would not.
    return Number.isFinite(Number(amount)) ? format.format(amount as Intl.StringNumericLiteral) : `${amount} ${currency}`;
  } catch {
    return [amount, currency].filter(Boolean).join(" ");
  }
}

/** What people call the order. */
export const numberOf = (o: Order): string => o.number || o.id;

/** Where the order stands, as machine words, cancelled first. */
export const statesOf = (o: Order): string[] => [...new Set([o.cancelled_at && "cancelled", o.payment, o.fulfillment].filter((x): x is string => !!x))];

/** Only https: a link that a shop states must never run anything. */
export const safe = (url: string | undefined): string => (url?.startsWith("https://") ? url : "");

// How a number with the change stands to the one without it.
import { t } from "../i18n";
import { Icon } from "../ui/icons";
import type { Verdict } from "./compare";

const signs = { better: "check", worse: "warn", more: "up", less: "down" } as const;

/** A verdict as a shape and a word; silent leaves out the word where it is said
 * beside. */
export function Mark({ v, silent }: { v: Verdict; silent?: boolean }) {
  if (!v) return null;
  return <span class={`verdict ${v}`}>{v !== "same" && <Icon name={signs[v]} size={12} />}{!silent && t.value.whatif.verdicts[v]}</span>;
}

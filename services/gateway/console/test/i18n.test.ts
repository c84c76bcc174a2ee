import { expect, it } from "vitest";
import { languages } from "../src/i18n";

// Names of channels may be left to the server, which has them in two languages.
const partial = new Set(["channelNames"]);

function paths(table: object, at = ""): string[] {
  return Object.entries(table).flatMap(([k, v]) => (v && typeof v === "object" && !partial.has(k) ? paths(v as object, `${at}${k}.`) : [`${at}${k}`])).sort();
}

it("says everything in every language, also in tables of words", () => {
  const want = paths(languages.en);
  for (const [name, table] of Object.entries(languages)) expect(paths(table), name).toEqual(want);
});

it("takes the same values in every language and leaves none empty", () => {
  for (const table of Object.values(languages) as Record<string, unknown>[])
    for (const [k, v] of Object.entries(table)) {
      const other = (languages.en as Record<string, unknown>)[k];
      expect(typeof v, k).toBe(typeof other);
      if (typeof v === "string") expect(v.trim(), k).not.toBe("");
      if (typeof v === "function") expect(v.length, k).toBe((other as () => string).length);
    }
});

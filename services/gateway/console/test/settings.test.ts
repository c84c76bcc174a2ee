import { describe, expect, it } from "vitest";
import { settingsOf, shown, typedOf, Unreadable } from "../src/core/settings";
import type { Field } from "../src/core/wire";

const label = { ko: "", en: "" };
const fields: Field[] = [
  { name: "address", label, required: true },
  { name: "source", label, type: "choice", choices: ["smtp", "imap"], default: "smtp" },
  { name: "imap.host", label, when: { field: "source", in: ["imap"] } },
  { name: "imap.port", label, type: "number", when: { field: "source", in: ["imap"] } },
  { name: "imap_password", label, secret: true, when: { field: "source", in: ["imap"] } },
  { name: "aliases", label, type: "lines" },
  { name: "demo", label, type: "switch" },
  { name: "mapping", label, type: "json" },
];

describe("settings of an inbox", () => {
  it("writes what is typed and reads it back", () => {
    const typed = { address: " a@b.c ", source: "imap", "imap.host": "mx", "imap.port": "993", imap_password: "x", aliases: "one\n\n two ", demo: "on", mapping: '{"a":[1]}' };
    const s = settingsOf(fields, typed, null);
    expect(s).toEqual({ address: "a@b.c", source: "imap", imap: { host: "mx", port: 993 }, imap_password: "x", aliases: ["one", "two"], demo: true, mapping: { a: [1] } });
    const again = typedOf(fields, s);
    expect(again.imap_password).toBe("");
    expect(settingsOf(fields, again, s)).toEqual({ ...s, imap_password: undefined });
  });
  it("keeps what no field names, drops what is emptied, and leaves a secret that is not typed alone", () => {
    const before = { address: "a@b.c", other: { deep: 1 }, aliases: ["x"], imap: { host: "mx" } };
    const s = settingsOf(fields, { ...typedOf(fields, before), aliases: "" }, before);
    expect(s).toEqual({ address: "a@b.c", other: { deep: 1 } });
    expect("imap_password" in s).toBe(false);
    expect(before.aliases).toEqual(["x"]);
  });
  it("begins a new inbox with the defaults and shows what belongs to them", () => {
    const typed = typedOf(fields, null);
    expect(typed.source).toBe("smtp");
    expect(shown(fields[2]!, typed, fields)).toBe(false);
    expect(shown(fields[2]!, { ...typed, source: "imap" }, fields)).toBe(true);
    const deep: Field = { name: "z", label, when: { field: "imap.host", in: ["mx"] } };
    expect(shown(deep, { "imap.host": "mx", source: "smtp" }, [...fields, deep])).toBe(false);
  });
  it("refuses what cannot be read, and says where", () => {
    expect(() => settingsOf(fields, { mapping: "{" }, null)).toThrow(Unreadable);
    expect(() => settingsOf(fields, { source: "imap", "imap.port": "many" }, null)).toThrow("imap.port");
    expect(() => settingsOf([{ name: "", label, type: "json" }], { "": "[1]" }, null)).toThrow(Unreadable);
    expect(settingsOf([{ name: "", label, type: "json" }], { "": '{"a":1}' }, { b: 2 })).toEqual({ a: 1, b: 2 });
  });
});

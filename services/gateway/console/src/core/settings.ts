// How a form of the administration becomes the settings of an inbox, and back.
// A field's name may lead into an object ("relay.host"); a field without a name
// holds the whole object as JSON.
import type { Field } from "./wire";

/** What is typed, by the name of the field. A switch is "on" or "". */
export type Typed = Record<string, string>;

/** A value that cannot be read, and where. */
export class Unreadable extends Error {
  constructor(readonly field: Field) {
    super(field.name);
  }
}

function at(settings: Record<string, unknown>, name: string): unknown {
  return name.split(".").reduce<unknown>((o, k) => (o && typeof o === "object" ? (o as Record<string, unknown>)[k] : undefined), settings);
}

function put(settings: Record<string, unknown>, name: string, value: unknown): void {
  const path = name.split(".");
  const last = path.pop()!;
  let o = settings;
  for (const k of path) {
    if (!o[k] || typeof o[k] !== "object") {
      if (value === undefined) return;
      o[k] = {};
    }
    o = o[k] as Record<string, unknown>;
  }
  if (value === undefined) delete o[last];
  else o[last] = value;
}

/** What stands in the settings, as it would be typed; a new inbox begins with
 * the defaults. Secrets are never read back. */
export function typedOf(fields: Field[], settings: Record<string, unknown> | null): Typed {
  const out: Typed = {};
  for (const f of fields) {
    const v = f.secret || !settings ? undefined : f.name ? at(settings, f.name) : settings;
    if (v === undefined || v === null) out[f.name] = settings ? "" : (f.default ?? "");
    else if (f.type === "switch") out[f.name] = v === true ? "on" : "";
    else if (f.type === "lines") out[f.name] = Array.isArray(v) ? v.join("\n") : String(v);
    else if (f.type === "json" || typeof v === "object") out[f.name] = JSON.stringify(v, null, 2);
    else out[f.name] = String(v);
  }
  return out;
}

/** Reports whether a field is shown beside what else is typed. A field that
 * hangs on one that is not shown is not shown either. */
export function shown(f: Field, typed: Typed, fields: Field[]): boolean {
  if (!f.when) return true;
  const other = fields.find((x) => x.name === f.when!.field);
  return f.when.in.includes(typed[f.when.field] || other?.default || "") && (!other || shown(other, typed, fields));
}

/** The settings that were typed, on top of those that stand: what no field names
 * stays as it is. A secret that is left empty is left out, which keeps it. */
export function settingsOf(fields: Field[], typed: Typed, before: Record<string, unknown> | null): Record<string, unknown> {
  const out = structuredClone(before ?? {});
  for (const f of fields) {
    const text = shown(f, typed, fields) ? (typed[f.name] ?? "").trim() : "";
    const value = text === "" ? undefined : read(f, text);
    if (f.name) put(out, f.name, value);
    else Object.assign(out, value);
  }
  for (const [k, v] of Object.entries(out)) if (v && typeof v === "object" && !Array.isArray(v) && !Object.keys(v).length) delete out[k];
  return out;
}

function read(f: Field, text: string): unknown {
  switch (f.type) {
    case "switch": return true;
    case "lines": return text.split("\n").map((x) => x.trim()).filter(Boolean);
    case "number": {
      const n = Number(text);
      if (!Number.isFinite(n)) throw new Unreadable(f);
      return n;
    }
    case "json":
      try {
        const v: unknown = JSON.parse(text);
        if (f.name || (v && typeof v === "object" && !Array.isArray(v))) return v;
      } catch {
        // falls through to the refusal
      }
      throw new Unreadable(f);
    default: return text;
  }
}

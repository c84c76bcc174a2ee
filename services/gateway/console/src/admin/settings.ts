// Where settings are read and written. Those that are replaced whole carry a
// revision, so that nobody writes over what they have not seen; those that are
// changed in part are sent only what is changed.
import { call, exchange } from "../core/api";
import type { Page } from "../core/wire";
import type { AgentWork, Alarm, Canned, Hours, Macro, Named, Policy, QueueRules, Route, Rule, Segment, Skill, Survey, Workload } from "./shapes";

/** A setting and the revision it was read with; "" where there is none. */
export interface Seen<T> { value: T; tag: string }

export interface Store<T extends Named> {
  list: () => Promise<T[]>;
  read: (id: string) => Promise<Seen<T>>;
  make: (v: T) => Promise<T>;
  /** Writes v in the place of what was seen; without a tag, whatever is there. */
  put: (v: T, was: Seen<T>) => Promise<T>;
  /** Absent where nothing is taken away. */
  remove?: (id: string) => Promise<void>;
}

const at = (path: string, id: string) => `${path}/${encodeURIComponent(id)}`;

// The server gives the id.
const unnamed = <T extends Named>(v: T): Omit<T, "id"> => {
  const { id: _, ...rest } = v;
  return rest;
};

const list = async <T>(path: string): Promise<T[]> => (await call<Page<T>>("GET", path)).items ?? [];

function whole<T extends Named>(path: string): Store<T> {
  return {
    list: () => list<T>(path),
    read: async (id) => {
      const got = await exchange<T>("GET", at(path, id));
      return { value: got.body, tag: got.tag };
    },
    make: (v) => call<T>("POST", path, { body: unnamed(v) }),
    put: (v, was) => call<T>("PUT", at(path, v.id), { body: v, match: was.tag }),
    remove: (id) => call<void>("DELETE", at(path, id)),
  };
}

/** The fields of v that are other than they were; one that was emptied is sent as
 * an empty value, because what PATCH does not name stays. */
export function changed<T extends object>(v: T, was: T): Partial<T> {
  const out: Record<string, unknown> = {};
  const before = was as Record<string, unknown>, after = v as Record<string, unknown>, blank = blankOf(before);
  for (const k of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const now = after[k] ?? blank[k];
    if (now !== undefined && JSON.stringify(now) !== JSON.stringify(before[k] ?? blank[k])) out[k] = now;
  }
  return out as Partial<T>;
}

// What a field is that was emptied, by what it was.
function blankOf(was: Record<string, unknown>): Record<string, unknown> {
  const empty = (x: unknown) => (Array.isArray(x) ? [] : typeof x === "object" ? {} : typeof x === "number" ? 0 : typeof x === "boolean" ? false : "");
  return Object.fromEntries(Object.entries(was).map(([k, x]) => [k, empty(x)]));
}

function patched<T extends Named>(path: string, removes: boolean): Store<T> {
  return {
    list: () => list<T>(path),
    read: async (id) => {
      const found = (await list<T>(path)).find((v) => v.id === id);
      if (!found) return exchange<T>("GET", at(path, id)).then((got) => ({ value: got.body, tag: "" }));
      return { value: found, tag: "" };
    },
    make: (v) => call<T>("POST", path, { body: unnamed(v) }),
    put: (v, was) => call<T>("PATCH", at(path, v.id), { body: changed(unnamed(v), unnamed(was.value)) }),
    remove: removes ? (id) => call<void>("DELETE", at(path, id)) : undefined,
  };
}

export const settings = {
  skills: whole<Skill>("/skills"),
  hours: whole<Hours>("/hours"),
  policies: whole<Policy>("/policies"),
  routes: whole<Route>("/routes"),
  rules: whole<Rule>("/rules"),
  macros: whole<Macro>("/macros"),
  canned: whole<Canned>("/canned"),
  segments: whole<Segment>("/segments"),
  surveys: whole<Survey>("/surveys"),
  alarms: whole<Alarm>("/alarms"),
  queues: patched<QueueRules>("/queues", true),
  teams: patched<Named>("/teams", true),
  agents: patched<AgentWork>("/agents", false),
};

export const workload = {
  read: () => call<Workload>("GET", "/workload"),
  put: (w: Workload) => call<Workload>("PUT", "/workload", { body: w }),
};

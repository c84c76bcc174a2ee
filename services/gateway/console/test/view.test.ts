import { expect, it } from "vitest";
import { once } from "../src/core/again";
import { ApiError } from "../src/core/api";
import { formatRoute, parseRoute, type Route } from "../src/core/route";
import { presets } from "../src/core/snooze";
import { matches, rows } from "../src/core/view";
import type { Conversation } from "../src/core/wire";

const c = (id: string, minute: number, o: Partial<Conversation> = {}): Conversation => ({
  id, version: 1, status: "open", contact: { id: "ct", name: "" }, queue: "", assignee: "", channels: ["email"], inboxes: [], tags: [], last_message: null,
  unread: 0, waiting_since: null, created_at: "", updated_at: `2026-01-01T00:${String(minute).padStart(2, "0")}:00Z`, ...o,
});

it("shows newest first and nothing below the last row that the server gave", () => {
  const all = [c("a", 1), c("b", 5), c("c", 9), c("d", 3), c("gone", 8, { status: "resolved" })];
  expect(rows({ kind: "all" }, all, "me", "updated").map((x) => x.id)).toEqual(["c", "b", "d", "a"]);
  expect(rows({ kind: "all" }, all, "me", "updated", all[3]).map((x) => x.id)).toEqual(["c", "b", "d"]);
});

it("puts who waits longest first and who waits for nothing last", () => {
  const all = [c("none", 9), c("short", 1, { waiting_since: "2026-01-01T00:50:00Z" }), c("long", 2, { waiting_since: "2026-01-01T00:10:00Z" })];
  expect(rows({ kind: "all" }, all, "me", "waiting").map((x) => x.id)).toEqual(["long", "short", "none"]);
});

it("moves a conversation between views as its state changes", () => {
  const mine = c("a", 1, { assignee: "me" });
  expect(matches({ kind: "mine" }, mine, "me")).toBe(true);
  expect(matches({ kind: "unassigned" }, mine, "me")).toBe(false);
  expect(matches({ kind: "mine" }, { ...mine, status: "snoozed" }, "me")).toBe(false);
  expect(matches({ kind: "snoozed" }, { ...mine, status: "snoozed" }, "me")).toBe(true);
});

it("reads every link that it writes", () => {
  const links: Route[] = [
    { view: { kind: "all" } }, { view: { kind: "tag", id: "a/b c?&#한" } }, { view: { kind: "search", id: "50% off" } },
    { view: { kind: "all" }, conversation: "cv1" }, { view: { kind: "tag", id: "a/b c?&#한" }, conversation: "cv/1" }, { view: { kind: "all" }, admin: "books" }, { view: { kind: "all" }, admin: "inboxes" }, { view: { kind: "all" }, admin: "inboxes", item: "in/1 ?" }, { view: { kind: "all" }, admin: "queues", item: "new" }, { view: { kind: "all" }, reports: "" }, { view: { kind: "all" }, reports: "metric=opened&by=day" },
  ];
  for (const r of links) expect(parseRoute(formatRoute(r))).toEqual(r);
  for (const bad of ["", "#", "#/v/%E0%A4%A", "#/nowhere", "#/admin/x", "#/v/evil/1"]) expect(parseRoute(bad).view.kind).toBeTruthy();
});

it("offers snooze times that lie ahead, on every day of the week", () => {
  for (let d = 1; d <= 7; d++) {
    const now = new Date(2026, 10, d, 23, 30);
    const p = presets(now);
    for (const x of p) expect(x.at.getTime()).toBeGreaterThan(now.getTime());
    expect(p[3]!.at.getDay()).toBe(1);
  }
});

it("tries a stale command again only when nothing the agent saw has changed", async () => {
  const refused = (now: Conversation) => {
    const tried: number[] = [];
    const run = once(c("a", 1, { version: 3 }), async (x) => {
      tried.push(x.version);
      if (x.version === 3) throw new ApiError(412, { status: 412, conversation: now });
      return x.version;
    });
    return { tried, run };
  };
  const harmless = refused(c("a", 2, { version: 5, tags: ["new"], unread: 1 }));
  expect(await harmless.run).toBe(5);
  for (const now of [c("a", 1, { version: 5, assignee: "ag2" }), c("a", 1, { version: 5, status: "resolved" }), c("a", 1, { version: 3 })]) {
    const real = refused(now);
    await expect(real.run).rejects.toBeInstanceOf(ApiError);
    expect(real.tried).toEqual([3]);
  }
});

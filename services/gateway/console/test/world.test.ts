import { describe, expect, it } from "vitest";
import { compareTime } from "../src/core/order";
import type { Conversation, EventFrame, Message, SnapshotFrame } from "../src/core/wire";
import { World } from "../src/core/world";

const conversation = (version: number, o: Partial<Conversation> = {}): Conversation => ({
  id: "cv1", version, status: "open", contact: { id: "ct1", name: "Ada" }, queue: "", assignee: "", channels: ["email"], inboxes: ["ib1"], tags: [],
  last_message: null, unread: 0, waiting_since: null, created_at: "2026-01-01T00:00:00Z", updated_at: "2026-01-01T00:00:00Z", ...o,
});
const message = (id: string, second: number, o: Partial<Message> = {}): Message => {
  const at = `2026-01-01T00:00:${String(second).padStart(2, "0")}Z`;
  return {
    id, conversation_id: "cv1", contact_id: "ct1", direction: "in", kind: "message", channel: "email", inbox_id: "ib1", provider_id: id,
    author: { kind: "contact", id: "ct1" }, text: id, attachments: [], status: "received", occurred_at: at, received_at: at, ...o,
  };
};
const event = (cursor: string, o: Partial<EventFrame>): EventFrame => ({ type: "event", id: "all", cursor, fact: "message.added", conversation: null, ...o });
const ids = (w: World) => w.threads.get("cv1")!.messages.map((m) => m.id);

describe("events", () => {
  it("leaves the same state when a resume repeats every event", () => {
    const frames = [
      event("1", { conversation: conversation(1), message: message("a", 1) }),
      event("2", { conversation: conversation(2, { assignee: "ag1" }), fact: "conversation.assigned", data: { assignee: "ag1" } }),
      event("3", { conversation: conversation(3), message: message("b", 2, { direction: "out", status: "queued", client_id: "k" }) }),
      event("4", { conversation: conversation(4), fact: "message.status_changed", data: { conversation: "cv1", message: "b", status: "delivered" } }),
    ];
    const w = new World();
    w.page("cv1", [], "", true);
    for (const f of frames) w.event(f);
    const once = structuredClone({ c: w.conversations, t: w.threads });
    for (const f of frames.slice(1)) w.event(f);
    for (const f of frames) w.event(f);
    expect({ c: w.conversations, t: w.threads }).toEqual(once);
    expect(ids(w)).toEqual(["a", "b"]);
    expect(w.threads.get("cv1")!.messages[1]!.status).toBe("delivered");
    expect(w.cursor).toBe("4");
  });

  it("shows what a channel says of a message later", () => {
    const w = new World();
    const file = { id: "f", name: "a.png", type: "", url: "media:1" };
    const call = { direction: "in" as const, outcome: "answered", ring_s: 1, talk_s: 2, ended_at: "2026-01-01T00:00:09Z" };
    w.page("cv1", [message("a", 1, { attachments: [file] }), message("k", 2, { kind: "call", call })], "", true);
    const about = (fact: string, message: string, data: Record<string, unknown>) => w.event(event("5", { conversation: conversation(2), fact, data: { conversation: "cv1", message, ...data } }));
    about("message.reacted", "a", { emoji: "👍" });
    about("message.attachment_settled", "a", { attachment: { ...file, hash: "ab", type: "image/png" } });
    about("call.amended", "k", { call: { ...call, recording: "r" }, attachments: [{ id: "r", name: "r.mp3", type: "audio/mpeg", url: "media:2" }] });
    about("call.amended", "k", { call: { ...call, recording: "r" }, attachments: [{ id: "r", name: "r.mp3", type: "audio/mpeg", url: "media:2" }] });
    const [a, k] = w.threads.get("cv1")!.messages;
    expect(a).toMatchObject({ reaction: "👍", attachments: [{ id: "f", hash: "ab", type: "image/png" }] });
    expect(k).toMatchObject({ call: { recording: "r" }, attachments: [{ id: "r" }] });
    expect(k!.attachments).toHaveLength(1);
    about("message.reacted", "a", { emoji: "" });
    expect(w.threads.get("cv1")!.messages[0]!.reaction).toBe("");
    expect(w.threads.get("cv1")!.lines).toEqual([]);
  });

  it("tells orders and callbacks by their own parts", () => {
    const w = new World();
    w.page("cv1", [], "", true);
    w.event(event("6", { conversation: conversation(2), fact: "callback.requested", data: { conversation: "cv1", callback: { id: "cb", number: "+8221", reason: "missed" } } }));
    const stated = event("7", { place: "7.0", conversation: conversation(3), fact: "contact.order_stated", data: { inbox: "ib1", order: { id: "9", refunds: [{ id: "r" }] } } });
    expect(w.event(stated)).toMatchObject({ contact: "ct1", seq: 7 });
    const order = { id: "9", number: "#9", total: "5.00", placed_at: "2026-01-01T00:00:00Z", updated_at: "2026-01-01T00:00:00Z" };
    w.history("cv1", [{ seq: 7, at: "2025-12-31T00:00:00Z", fact: "contact.order_stated", actor: { kind: "system" }, order }]);
    const [told, callback] = w.threads.get("cv1")!.lines;
    expect(callback!.detail).toMatchObject({ number: "+8221", reason: "missed" });
    expect(told!.order).toEqual(order);
  });

  it("tells a line once, whether the feed or the timeline has it first", () => {
    const w = new World();
    w.page("cv1", [], "", true);
    const fact = "conversation.tagged";
    const live = (place: string) => w.event(event(place, { place, at: "2026-01-01T00:00:00Z", conversation: conversation(Number.parseInt(place, 10)), fact, data: { conversation: "cv1", added: [place] } }));
    const read = (upTo: number, ...seqs: number[]) => w.history("cv1", seqs.map((seq) => ({ seq, at: "2026-01-01T00:00:00Z", fact, conversation_id: "cv1", actor: { kind: "system" as const } })), upTo);
    const keys = () => w.threads.get("cv1")!.lines.map((l) => l.key);
    live("3.0");
    live("5.0");
    read(3, 3); // the page is behind the feed
    expect(keys()).toEqual(["3/conversation.tagged", "live/5.0"]);
    read(8, 8, 5, 3); // and ahead of it
    live("8.0");
    live("8.1");
    expect(keys()).toEqual(["3/conversation.tagged", "5/conversation.tagged", "8/conversation.tagged"]);
    live("9.0");
    live("9.0");
    w.page("cv1", [], "", true);
    live("8.0");
    expect(keys()).toEqual(["3/conversation.tagged", "5/conversation.tagged", "8/conversation.tagged", "live/9.0"]);
  });

  it("keeps when an answer got where, and what a message said before", () => {
    const w = new World();
    w.page("cv1", [message("a", 1), message("b", 2, { direction: "out", status: "queued" })], "", true);
    const about = (fact: string, message: string, at: string, data: Record<string, unknown>) => w.event(event("5", { conversation: conversation(2), fact, at, data: { conversation: "cv1", message, ...data } }));
    const edit = () => about("message.edited", "a", "2026-01-01T00:01:00Z", { text: "a, corrected" });
    edit(), edit();
    about("message.status_changed", "b", "2026-01-01T00:02:00Z", { status: "sending" });
    for (const [status, at] of [["sent", "2026-01-01T00:02:01Z"], ["read", "2026-01-01T00:02:03Z"], ["delivered", "2026-01-01T00:02:04Z"], ["sent", "2026-01-01T00:02:01Z"]]) about("message.status_changed", "b", at!, { status });
    const [a, b] = w.threads.get("cv1")!.messages;
    expect(a).toMatchObject({ text: "a, corrected", former: [{ text: "a", at: "2026-01-01T00:01:00Z" }] });
    expect(a!.former).toHaveLength(1);
    expect(b!.status).toBe("read");
    expect(b!.steps!.map((x) => [x.status, x.at])).toEqual([["sent", "2026-01-01T00:02:01Z"], ["read", "2026-01-01T00:02:03Z"]]);
    about("message.removed", "a", "2026-01-01T00:03:00Z", {});
    expect(w.threads.get("cv1")!.messages[0]!.former).toEqual([]);
  });

  it("never lets an older state of a conversation win", () => {
    const w = new World();
    w.put(conversation(5, { assignee: "ag2" }));
    expect(w.put(conversation(4, { assignee: "ag1" }))).toBe(false);
    w.event(event("9", { conversation: conversation(3), message: message("late", 1) }));
    expect(w.conversations.get("cv1")).toMatchObject({ version: 5, assignee: "ag2" });
  });

  it("moves the cursor only as the frames say, so that half a decision is sent again", () => {
    const w = new World();
    w.snapshot({ type: "snapshot", id: "all", cursor: "10", items: [] });
    w.event(event("10", { conversation: conversation(1), fact: "conversation.opened" }));
    expect(w.cursor).toBe("10");
    w.event(event("11", { conversation: conversation(1), message: message("a", 1) }));
    expect(w.cursor).toBe("11");
  });

  it("says what must be read again after a merge, and drops what is hidden", () => {
    const w = new World();
    w.page("cv1", [message("a", 1)], "", true);
    const e = w.event(event("1", { conversation: conversation(2), fact: "conversation.merged", data: { from: "cv2", into: "cv1" } }));
    expect(e.reload).toEqual(["cv1"]);
    const gone = w.event(event("2", { conversation: conversation(3), fact: "conversation.hidden" }));
    expect(gone.hidden).toBe("cv1");
    expect(w.conversations.size + w.threads.size).toBe(0);
  });
});

describe("messages", () => {
  it("asks for the whole of a message that came in part", () => {
    const w = new World();
    w.page("cv1", [], "", true);
    expect(w.event(event("1", { conversation: conversation(1), message: message("a", 1), partial: true })).reload).toEqual(["cv1"]);
    expect(w.event(event("2", { conversation: { ...conversation(1), id: "cv2" }, partial: true })).reload).toEqual([]);
  });

  it("keeps what the feed brought while the page was being read", () => {
    const w = new World();
    w.event(event("1", { conversation: conversation(1), message: message("new", 9) }));
    w.page("cv1", [message("a", 1), message("b", 2)], "older", true);
    expect(ids(w)).toEqual(["a", "b", "new"]);
    w.page("cv1", [message("x", 8), message("y", 0)], "", false); // the server's order stands, whatever the clocks say
    expect(ids(w)).toEqual(["x", "y", "a", "b", "new"]);
  });

  it("puts a late inbound message in its place, and never a reply above its question", () => {
    const w = new World();
    w.page("cv1", [message("a", 1), message("c", 30)], "", true);
    w.message(message("b", 20, { received_at: "2026-01-01T00:00:40Z" }));
    expect(ids(w)).toEqual(["a", "b", "c"]);
    // The provider's clock runs ahead: our answer occurred "before" the question.
    w.message(message("question", 50, { received_at: "2026-01-01T00:00:41Z" }));
    w.message(message("answer", 45, { direction: "out", status: "queued" }));
    expect(ids(w)).toEqual(["a", "b", "c", "question", "answer"]);
  });

  it("moves a status only forward, but for a person's word in the feed", () => {
    const w = new World();
    const out = (status: Message["status"]) => message("o", 1, { direction: "out", status });
    const status = () => w.threads.get("cv1")!.messages[0]!.status;
    const told = (s: string) => w.event(event("1", { conversation: conversation(1), fact: "message.status_changed", data: { conversation: "cv1", message: "o", status: s } }));
    w.page("cv1", [out("read")], "", true);
    told("sent");
    expect(status()).toBe("read");
    w.page("cv1", [out("unknown")], "", true);
    w.message(out("queued"));
    expect(status()).toBe("read");
    const x = new World();
    x.page("cv1", [out("unknown")], "", true);
    x.message(out("queued"));
    expect(x.threads.get("cv1")!.messages[0]!.status).toBe("unknown");
    x.event(event("1", { conversation: conversation(1), fact: "message.status_changed", data: { conversation: "cv1", message: "o", status: "queued" } }));
    expect(x.threads.get("cv1")!.messages[0]!.status).toBe("queued");
  });
});

describe("what this screen sends", () => {
  const pending = { client_id: "k1", conversation: "cv1", kind: "message" as const, text: "hi", attachments: [], at: "2026-01-01T00:00:00Z" };

  it("is replaced by its event, and by its answer, whichever comes first", () => {
    for (const eventFirst of [true, false]) {
      const w = new World();
      w.page("cv1", [], "", true);
      w.sending(pending);
      const m = message("m1", 1, { direction: "out", status: "queued", client_id: "k1" });
      const byEvent = () => w.event(event("1", { conversation: conversation(1), message: m }));
      if (eventFirst) byEvent();
      w.message(m);
      if (!eventFirst) byEvent();
      expect(w.pending.size).toBe(0);
      expect(ids(w)).toEqual(["m1"]);
    }
  });

  it("stays with its reason when it failed, and not when it had arrived after all", () => {
    const w = new World();
    w.sending(pending);
    w.failed("k1", "unreachable");
    expect(w.pending.get("k1")!.error).toBe("unreachable");
    w.event(event("1", { conversation: conversation(1), message: message("m1", 1, { client_id: "k1" }) }));
    expect(w.pending.size).toBe(0);
    w.failed("k1", "timeout");
    expect(w.pending.size).toBe(0);
  });
});

describe("an undone merge", () => {
  it("takes messages to where they stand, also those that the feed brought lately", () => {
    const w = new World();
    w.put(conversation(1));
    w.page("cv1", [message("ms1", 1), message("ms2", 2)], "", true);
    w.message(message("ms3", 3));
    const e = w.event({ type: "event", fact: "contact.merge_reversed", cursor: "9", conversation: conversation(2), data: { from: "ct2", into: "ct1", moved: [{ from: "cv1", into: "cv9", messages: ["ms2", "ms3"] }] } } as never);
    expect(w.threads.get("cv1")!.messages.map((m) => m.id)).toEqual(["ms1"]);
    expect(e.reload).toContain("cv1");
    w.page("cv1", [message("ms1", 1)], "", true);
    expect(w.threads.get("cv1")!.messages.map((m) => m.id)).toEqual(["ms1"]);
  });
});

describe("snapshots", () => {
  const snapshot = (o: Partial<SnapshotFrame>): SnapshotFrame => ({ type: "snapshot", id: "all", cursor: "7", items: [conversation(2)], ...o });

  it("tells a resume from a new beginning, and keeps newer states", () => {
    const w = new World();
    w.put(conversation(3, { assignee: "ag1" }));
    expect(w.snapshot(snapshot({ resumed: true }))).toBe(false);
    expect(w.snapshot(snapshot({}))).toBe(true);
    expect(w.cursor).toBe("7");
    expect(w.conversations.get("cv1")!.version).toBe(3);
  });
});

describe("times", () => {
  it("are compared by value although the server trims zeros", () => {
    expect(compareTime("2026-01-01T00:00:00Z", "2026-01-01T00:00:00.5Z")).toBeLessThan(0);
    expect(compareTime("2026-01-01T00:00:00.12Z", "2026-01-01T00:00:00.119999999Z")).toBeGreaterThan(0);
    expect(compareTime("2026-01-01T00:00:00.5Z", "2026-01-01T00:00:00.500Z")).toBe(0);
  });
});

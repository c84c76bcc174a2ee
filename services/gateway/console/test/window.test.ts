import { describe, expect, it } from "vitest";
import { address, pointOf } from "../src/core/address";
import { newestOrders } from "../src/core/orders";
import { readReport } from "../src/core/report";
import { filled, openUntil, places } from "../src/core/window";
import type { ChannelKind, Inbox, Message } from "../src/core/wire";

const kind = { kind: "whatsapp", limits: { window_s: 86_400, agent_window_s: 604_800 } } as ChannelKind;
const said = (at: string, o: Partial<Message> = {}) => ({ channel: "whatsapp", direction: "in", kind: "message", occurred_at: at, ...o }) as Message;

describe("the window for free text", () => {
  it("is counted from what the customer last wrote on that channel", () => {
    const list = [said("2026-01-01T00:00:00Z"), said("2026-01-02T00:00:00Z", { direction: "out" }), said("2026-01-03T00:00:00Z", { channel: "email" }), said("2026-01-03T00:00:00Z", { kind: "note" })];
    expect(openUntil(kind, undefined, "whatsapp", list)).toBe(Date.parse("2026-01-02T00:00:00Z"));
    expect(openUntil(kind, { settings: { human_agent: true } } as unknown as Inbox, "whatsapp", list)).toBe(Date.parse("2026-01-08T00:00:00Z"));
  });
  it("is not known where the customer never wrote, and never closes where there is none", () => {
    expect(openUntil(kind, undefined, "whatsapp", [])).toBeNull();
    expect(openUntil({ ...kind, limits: {} }, undefined, "whatsapp", [said("2026-01-01T00:00:00Z")])).toBeNull();
  });
});

it("fills in templates of either kind and leaves what has no value", () => {
  const text = "{{1}}님, 주문 #{주문번호} {{ 1 }} {{name}}";
  expect(places(text, { "2": "" })).toEqual(["1", "주문번호", "name", "2"]);
  expect(filled(text, { "1": "$& Kim", 주문번호: "7" })).toBe("$& Kim님, 주문 7 $& Kim {{name}}");
});

it("calls somebody without a name by the address people know", () => {
  const p = (kind: string, value: string, trust: "claimed" | "proved" = "proved") => ({ kind, value, trust });
  expect(address([p("whatsapp", "8210"), p("email", "a@b"), p("phone", "+82")])).toBe("+82");
  expect(address([p("visitor", "v", "claimed"), p("telegram", "77")])).toBe("77");
  expect(address([])).toBe("");
  expect(address(null)).toBe("");
});

it("tells a number from an address and from anything else", () => {
  expect(pointOf(" a@b.c ")).toEqual({ kind: "email", value: "a@b.c" });
  expect(pointOf("010-2345-6789").kind).toBe("phone");
  expect(pointOf("+82 10 2345 6789").kind).toBe("phone");
  expect(pointOf("customer 12").kind).toBe("external");
});

it("shows each order once, as it was stated last", () => {
  const line = (at: string, detail: Record<string, string>) => ({ key: at, at, fact: "contact.order_stated", actor: { kind: "system" }, detail });
  const orders = newestOrders([
    line("2026-01-03T00:00:00Z", { id: "1", number: "#1", total: "10.00", currency: "KRW", refunded: "0.00", payment: "paid", url: "https://shop.example/1" }),
    line("2026-01-01T00:00:00Z", { id: "1", number: "#1", total: "10.00", payment: "pending" }),
    line("2026-01-04T00:00:00Z", { id: "2", number: "#2", refunded: "3.50", currency: "USD", url: "javascript:alert(1)" }),
    { ...line("2026-01-05T00:00:00Z", { id: "3" }), fact: "contact.updated" },
  ]);
  expect(orders.map((o) => [o.number, o.total, o.refunded, o.states.join(), o.url])).toEqual([["#2", "", "3.50 USD", "", ""], ["#1", "10.00 KRW", "", "paid", "https://shop.example/1"]]);
});

it("reads an import's report whatever its parts are called", () => {
  expect(readReport({ rows: 5, stored: 3, rejected: [{ line: 2, reason: "no date" }, { row: 4, error: "odd" }, "line 9"] })).toEqual({
    figures: [["rows", 5], ["stored", 3]], rejected: [{ line: 2, reason: "no date" }, { line: 4, reason: "odd" }, { line: undefined, reason: "line 9" }],
  });
  expect(readReport({})).toEqual({ figures: [], rejected: [] });
});

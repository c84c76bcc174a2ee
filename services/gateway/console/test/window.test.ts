import { describe, expect, it } from "vitest";
import { address, pointOf } from "../src/core/address";
import { money, numberOf, safe, statesOf } from "../src/core/orders";
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

it("names strangers by what tells them apart, and hides what the caller hid", () => {
  const p = (kind: string, value: string) => ({ kind, value, trust: "proved" as const });
  expect(address([{ kind: "withheld", value: "CA00000000000000000000000000000007", trust: "claimed" }])).toBe("Withheld number");
  expect(address([p("line", "Ua573e22188e30fa19a0ac6db2e6d34f5")])).toBe("…2e6d34f5");
  expect(address([p("slack", "U4EC8C502AC")])).toBe("U4EC8C502AC");
  expect(address([p("email", "a-rather-long-address@example.com")])).toBe("a-rather-long-address@example.com");
});

it("writes amounts as people do and loses no digit", () => {
  expect(money("40300", "KRW")).toBe("₩40,300");
  expect(money("40300.00", "KRW")).toBe("₩40,300");
  expect(money("12.5", "USD")).toBe("$12.50");
  expect(money("0.125", "USD")).toBe("$0.125");
  expect(money("9007199254740993.01", "USD")).toBe("$9,007,199,254,740,993.01");
  expect(money("12", "not a currency")).toBe("12 not a currency");
  expect(money("12", undefined)).toBe("12");
  expect(money("a lot", "KRW")).toBe("a lot KRW");
  expect([money("0.00", "KRW"), money(undefined, "KRW"), money("", "KRW")]).toEqual(["", "", ""]);
});

it("tells of an order what it is by now, and follows no link that could run anything", () => {
  const o = { id: "1", placed_at: "", updated_at: "", payment: "refunded", fulfillment: "refunded", cancelled_at: "2026-01-01T00:00:00Z" };
  expect(statesOf(o)).toEqual(["cancelled", "refunded"]);
  expect([numberOf(o), numberOf({ ...o, number: "#9" })]).toEqual(["1", "#9"]);
  expect([safe("https://shop.example/1"), safe("javascript:alert(1)"), safe("http://shop.example"), safe(undefined)]).toEqual(["https://shop.example/1", "", "", ""]);
});

it("reads an import's report whatever its parts are called", () => {
  expect(readReport({ rows: 5, stored: 3, rejected: [{ line: 2, reason: "no date" }, { row: 4, error: "odd" }, "line 9"] })).toEqual({
    figures: [["rows", 5], ["stored", 3]], rejected: [{ line: 2, reason: "no date" }, { line: 4, reason: "odd" }, { line: undefined, reason: "line 9" }],
  });
  expect(readReport({})).toEqual({ figures: [], rejected: [] });
});

import { afterEach, expect, it, vi } from "vitest";
import { csvURL, readBehind, readCustomers, readReport } from "../src/reports/client";
import { parseQuestion } from "../src/reports/question";

afterEach(() => vi.unstubAllGlobals());

function answers(body: unknown): URL[] {
  const asked: URL[] = [];
  vi.stubGlobal("fetch", (url: string) => {
    asked.push(new URL(url, "http://desk"));
    return Promise.resolve(new Response(JSON.stringify(body)));
  });
  return asked;
}

const q = parseQuestion("range=custom&from=2026-11-01&to=2026-11-07&zone=Asia/Seoul&by=queue&n=opened,first_response&time=business&only.tag=vip");

it("asks for the table and for the whole of it, in the time that is wanted", async () => {
  const asked = answers({ by: [], numbers: [], rows: [{ keys: [], from: "", to: "", counts: { opened: 7 }, spreads: {}, shares: {} }], zone: "Asia/Seoul", formula: 1, as_of: 1 });
  const got = await readReport(q, 0);
  expect(got.whole?.counts?.opened).toBe(7);
  expect(asked.map((u) => u.searchParams.get("by"))).toEqual(["queue", null]);
  for (const u of asked) expect(Object.fromEntries(u.searchParams)).toMatchObject({ metric: "opened,first_response_business", from: "2026-11-01", to: "2026-11-08", zone: "Asia/Seoul", tag: "vip" });
  expect(csvURL(q, 0)).toMatch(/^\/api\/v1\/reports\?.*by=queue.*format=csv/);
});

it("opens a row to what stands behind it: within its step, and under its keys alone", async () => {
  const asked = answers({ items: [], hidden: 0, total: 0, next_cursor: "" });
  const row = { keys: ["2026-11-03", ""], from: "2026-11-02T15:00:00Z", to: "2026-11-03T15:00:00Z", counts: {}, spreads: {}, shares: {} };
  await readBehind(q, ["day", "queue"], row, "first_response_business", undefined, "next");
  expect(asked[0]!.pathname).toBe("/api/v1/reports/first_response_business/conversations");
  expect(Object.fromEntries(asked[0]!.searchParams)).toEqual({ from: row.from, to: row.to, zone: "Asia/Seoul", tag: "vip", queue: "none", cursor: "next", limit: "50" });
  await readBehind(q, [], row, "service_level", "above");
  expect(Object.fromEntries(asked[1]!.searchParams)).toMatchObject({ part: "above", tag: "vip" });
});

it("asks for the customers behind a figure of retention", async () => {
  const asked = answers({ items: [], hidden: 0, total: 0, next_cursor: "" });
  const customers = { ...q, customers: true, segment: "sg1" };
  await readCustomers(customers, 0, { cohort: "2026-03", month: 0 });
  await readCustomers(customers, 0, { repeating: true }, "next");
  expect(asked.map((u) => [u.pathname, Object.fromEntries(u.searchParams)])).toEqual([
    ["/api/v1/retention/customers", { from: "2026-11-01", to: "2026-11-08", zone: "Asia/Seoul", segment: "sg1", cohort: "2026-03", month: "0", limit: "50" }],
    ["/api/v1/retention/customers", { from: "2026-11-01", to: "2026-11-08", zone: "Asia/Seoul", segment: "sg1", repeating: "true", cursor: "next", limit: "50" }],
  ]);
});

import { describe, expect, it } from "vitest";
import { metricsOf } from "../src/admin/Alarms";
import { offsetOf } from "../src/admin/Expression";
import { unknownInWords } from "../src/admin/DryRun";
import { clockOf, week } from "../src/admin/Hours";
import { inOrder, moved } from "../src/admin/Kept";
import { fit, raised } from "../src/admin/Policies";
import { changed } from "../src/admin/settings";
import { formatSpan, parseSpan } from "../src/core/span";
import { languages } from "../src/i18n";

describe("lengths of time", () => {
  it("reads what people write", () => {
    const cases: [string, number | null][] = [
      ["", 0], ["20", 1200], ["1h 30m", 5400], ["1h30m", 5400], ["90s", 90], ["1.5h", 5400], ["1,5 h", 5400], ["2 days", 172_800], ["1시간 30분", 5400], ["1時間30分", 5400], ["3일", 259_200],
      ["soon", null], ["1x", null], ["1h and a bit", null], ["-5m", null], ["1h 30", null], ["1e99h", null], ["99999999d", null],
    ];
    for (const [typed, want] of cases) expect(parseSpan(typed), typed).toBe(want);
  });
  it("reads back what it writes, in every language", () => {
    for (const language of ["en", "ko", "ja"])
      for (const n of [1, 59, 60, 61, 3599, 3600, 5400, 86_399, 86_400, 93_784, 31_622_400]) expect(parseSpan(formatSpan(n, language)), `${n} ${language}`).toBe(n);
    expect(formatSpan(0)).toBe("");
    expect(formatSpan(undefined)).toBe("");
  });
});

describe("settings", () => {
  it("sends of a change only what is changed, and empties what was emptied", () => {
    const was = { name: "First", teams: ["t1"], mode: "push", policy: "po1", away: true, offer_for: 30 };
    expect(changed({ ...was }, was)).toEqual({});
    expect(changed({ ...was, teams: ["t2"] }, was)).toEqual({ teams: ["t2"] });
    expect(changed({ ...was, policy: "", away: false }, was)).toEqual({ policy: "", away: false });
    const { policy: _p, offer_for: _o, teams: _t, ...less } = was;
    expect(changed(less as typeof was, was)).toEqual({ policy: "", offer_for: 0, teams: [] });
    expect(changed({ ...was, hours: "hr1" } as typeof was, was)).toEqual({ hours: "hr1" });
    expect(changed({ ...was, hours: undefined } as typeof was, was)).toEqual({});
  });
  it("moves one by one, also where positions are the same", () => {
    const all = ["a", "b", "c"].map((id) => ({ id, name: id, position: 0 }));
    const apply = (list: typeof all, changes: typeof all) => inOrder(list.map((v) => changes.find((c) => c.id === v.id) ?? v), true).map((v) => v.id).join("");
    expect(apply(all, moved(all, "c", -1))).toBe("acb");
    expect(apply(all, moved(all, "a", 1))).toBe("bac");
    expect(moved(all, "a", -1)).toEqual([]);
    expect(moved(all, "c", 1)).toEqual([]);
    const spaced = all.map((v, i) => ({ ...v, position: (i + 1) * 10 }));
    expect(moved(spaced, "c", -1).map((v) => v.id).sort()).toEqual(["b", "c"]); // a stays untouched
  });
  it("offers an alarm only what its line has", () => {
    expect(metricsOf("channel")).not.toContain("occupancy");
    expect(metricsOf("inbox")).toContain("rejected");
    expect(metricsOf("queue")).not.toContain("rejected");
    expect(metricsOf("total")).toEqual(expect.arrayContaining(["rejected", "occupancy", "longest_wait"]));
  });
});

it("finds the place of a fault in an expression", () => {
  const text = 'a ==\n  "한글" &&\nb';
  expect(text.slice(offsetOf(text, 1, 3))).toBe('==\n  "한글" &&\nb');
  expect(text.slice(offsetOf(text, 2, 8))).toBe("&&\nb");
  expect(text.slice(offsetOf(text, 3, 1))).toBe("b");
  expect(offsetOf(text, 9, 1)).toBe(text.length);
  expect(offsetOf("🙂x", 1, 2)).toBe(2);
});

it("takes times of day as people type them", () => {
  for (const [typed, want] of [["9", "09:00"], ["930", "09:30"], ["0930", "09:30"], ["9:30", "09:30"], ["24:00", "24:00"], ["noon", "noon"]] as const) expect(clockOf(typed), typed).toBe(want);
});

it("says a week in short", () => {
  const nine = [{ from: "09:00", to: "12:00" }, { from: "13:00", to: "18:00" }];
  expect(week({ id: "", name: "", zone: "UTC", week: { monday: nine, tuesday: nine, thursday: nine, saturday: [{ from: "10:00", to: "24:00" }] } })).toBe("Mon–Tue 09:00–12:00, 13:00–18:00; Thu 09:00–12:00, 13:00–18:00; Sat 10:00–24:00");
});

describe("service levels", () => {
  const policy = { id: "po", name: "Fast", targets: [{ priority: 5, first_response: 60 }, { priority: 0, first_response: 600 }] };
  it("sends how far it puts forward, and nothing where it does not", () => {
    expect(fit({ ...policy, raise: { warned: 1, missed: 3 } }).raise).toEqual({ warned: 1, missed: 3 });
    expect(fit({ ...policy, raise: { warned: 0, missed: 2 } }).raise).toEqual({ warned: 0, missed: 2 });
    expect(JSON.parse(JSON.stringify(fit({ ...policy, raise: { warned: 0, missed: 0 } })))).not.toHaveProperty("raise");
    expect(fit(policy).targets.map((x) => x.priority)).toEqual([0, 5]);
  });
  it("says it in the list", () => {
    expect(raised({ ...policy, raise: { missed: 3 } })).toBe(languages.en.manage.raisedBy(0, 3));
    expect(raised(policy)).toBe("");
    for (const words of Object.values(languages)) expect(words.manage.raisedBy(2, 7)).toMatch(/2.*7/);
  });
});

describe("a dry run", () => {
  it("says in every language what is not known any more, and by which name", () => {
    const until = "2026-11-20T09:00:00Z", names = { hours: [{ id: "ho1", name: "Winter" }] };
    for (const words of Object.values(languages)) {
      const say = (what: string, id?: string) => unknownInWords({ what, id, until, facts: 37 }, words, names);
      expect(say("hours", "ho1")).toMatch(/Winter/);
      expect(say("hours", "ho2")).toContain(words.manage.hours);
      expect(say("queue", "qu1")).toContain(words.queue);
      const all = [say("hours", "ho1"), say("hours", "ho2"), say("queue"), say("agent"), say("customers"), say("erased")];
      expect(new Set(all).size).toBe(all.length);
      for (const one of all) expect(one).toContain("37");
    }
  });
});

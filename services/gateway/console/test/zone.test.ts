// The suite runs in Asia/Seoul (package.json): every other zone here is another than
// the browser's own.
import { beforeEach, expect, it } from "vitest";
import { clock, full, moment } from "../src/core/format";
import { homeZone, houseZone, momentOf, wallTime } from "../src/core/zone";

beforeEach(() => void (houseZone.value = ""));

const at = (iso: string): number => Date.parse(iso);
const zones = ["UTC", "Asia/Seoul", "Asia/Kathmandu", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Pacific/Kiritimati", "Pacific/Niue", "Africa/Casablanca"];

it("takes the house's zone, and this browser's where the house has none", () => {
  expect(homeZone()).toBe("Asia/Seoul");
  houseZone.value = "Europe/Berlin";
  expect(homeZone()).toBe("Europe/Berlin");
});

it("reads every minute that it writes", () => {
  for (const zone of zones) {
    for (let ms = at("2026-01-01T00:00:00Z"); ms < at("2027-01-01T00:00:00Z"); ms += 41 * 3_600_000 + 11 * 60_000) {
      const wall = wallTime(zone, ms), back = momentOf(zone, wall);
      expect(wallTime(zone, back), `${zone} ${wall}`).toBe(wall);
      // In an hour that comes twice the first is meant.
      expect(ms - back === 0 || (ms - back > 0 && ms - back <= 3_600_000), `${zone} ${wall}`).toBe(true);
    }
  }
});

it("knows midnight, and minutes of half a zone", () => {
  expect(wallTime("Asia/Seoul", at("2026-11-22T15:00:59Z"))).toBe("2026-11-23T00:00");
  expect(momentOf("Asia/Seoul", "2026-11-23T00:00")).toBe(at("2026-11-22T15:00:00Z"));
  expect(momentOf("Asia/Kathmandu", "2026-11-23T00:15")).toBe(at("2026-11-22T18:30:00Z"));
});

it("takes the first of an hour that comes twice, and goes past one that is left out", () => {
  expect(momentOf("America/New_York", "2026-11-01T01:30")).toBe(at("2026-11-01T05:30:00Z"));
  expect(momentOf("America/New_York", "2026-11-01T02:30")).toBe(at("2026-11-01T07:30:00Z"));
  expect(momentOf("America/New_York", "2026-03-08T02:30")).toBe(at("2026-03-08T07:30:00Z"));
  expect(wallTime("America/New_York", momentOf("America/New_York", "2026-03-08T02:30"))).toBe("2026-03-08T03:30");
});

it("says of no time that it is none", () => {
  for (const bad of ["", "yesterday", "2026-13-01T00:00"]) expect(momentOf("UTC", bad)).toBeNaN();
});

it("tells times in the zone that is named, and midnight as nought", () => {
  const iso = "2026-11-22T15:00:00Z";
  expect([clock(iso), clock(iso, "Europe/Berlin"), clock(iso, "America/New_York")]).toEqual(["00:00", "16:00", "10:00"]);
  expect(moment(iso, "America/New_York")).toContain("10:00");
  expect(full(iso, "America/New_York")).toContain("Sunday, November 22, 2026");
});

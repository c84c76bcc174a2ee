import { afterEach, expect, it, vi } from "vitest";
import { call } from "../src/core/api";
import { language, t } from "../src/i18n";
import { isolated } from "../src/i18n/isolate";

afterEach(() => {
  vi.unstubAllGlobals();
  language.value = "en";
});

// To see it fail, give `t` the strings as they are.
it("keeps a name in a sentence from turning the sentence", () => {
  expect(isolated("Anna Kim")).toBe("Anna Kim");
  expect(isolated("김서준")).toBe("김서준");
  expect(isolated("دانا")).toBe("\u2068دانا\u2069");
  expect(isolated("\u202egnp.exe\u2069")).toBe("\u2068gnp.exe\u2069");
  expect(t.value.assignedToast("\u202eanna")).toBe("Assigned to \u2068anna\u2069");
  language.value = "ko";
  expect(t.value.assignedToast("\u202eanna")).toContain("\u2068anna\u2069");
  expect(t.value.unread(3)).toContain("3");
});

// To see it fail, leave Accept-Language to the browser.
it("asks the server to speak the language of the screen", async () => {
  const asked: string[] = [];
  vi.stubGlobal("fetch", async (_: string, o: RequestInit) => {
    asked.push(new Headers(o.headers).get("Accept-Language") ?? "");
    return new Response(JSON.stringify({ title: "충돌", status: 409, detail: "이 팀에 소속된 상담원이 있습니다." }), { status: 409 });
  });
  for (const l of ["en", "ko", "ja"] as const) {
    language.value = l;
    await expect(call("DELETE", "/teams/x")).rejects.toThrow("이 팀에 소속된 상담원이 있습니다.");
  }
  expect(asked).toEqual(["en", "ko", "ja"]);
});

import { expect, it } from "vitest";

const sources = import.meta.glob<string>("../src/**/*.{ts,tsx}", { query: "?raw", import: "default", eager: true });

// The files that one imports; types are told apart, for nothing of them is left
// in what runs.
function imports(file: string): { to: string; types: boolean }[] {
  return [...sources[file]!.matchAll(/^(?:import|export)\s+(type\s)?(?:[^;"]*?\sfrom\s+)?"(\.[^"]*)"/gm)].flatMap(([, types, path]) => {
    const base = `..${new URL(path!, `file://${file.slice(2)}`).pathname}`.replace(/\/$/, "");
    const to = [`${base}.ts`, `${base}.tsx`, `${base}/index.ts`].find((x) => x in sources);
    return to ? [{ to, types: !!types }] : [];
  });
}

const graph = new Map(Object.keys(sources).map((file) => [file, imports(file)]));

it("finds the imports", () => {
  expect(graph.get("../src/main.tsx")!.map((x) => x.to)).toContain("../src/core/store.ts");
  expect(graph.get("../src/core/store.ts")!.length).toBeGreaterThan(5);
});

it("goes round in no circle, not even with types", () => {
  const done = new Set<string>(), way: string[] = [];
  const circles: string[] = [];
  const walk = (file: string) => {
    if (way.includes(file)) return void circles.push([...way.slice(way.indexOf(file)), file].join(" > "));
    if (done.has(file)) return;
    way.push(file);
    for (const { to } of graph.get(file)!) walk(to);
    way.pop();
    done.add(file);
  };
  for (const file of graph.keys()) walk(file);
  expect(circles).toEqual([]);
});

it("has a core that stands by itself: of other folders it takes words and shapes", () => {
  const out = [...graph].filter(([file]) => file.startsWith("../src/core/")).flatMap(([file, all]) => all.filter((x) => !x.types && !/^\.\.\/src\/(core|i18n)\//.test(x.to)).map((x) => `${file} > ${x.to}`));
  expect(out).toEqual([]);
});

// Lengths of time as people write them: "1h 30m", "90s", "2d", "1시간 30분".

const units: [string, number][] = [["d", 86_400], ["h", 3_600], ["m", 60], ["s", 1]];
const words: Record<string, number> = {
  d: 86_400, day: 86_400, days: 86_400, 일: 86_400, 日: 86_400,
  h: 3_600, hour: 3_600, hours: 3_600, hr: 3_600, 시간: 3_600, 時間: 3_600,
  m: 60, min: 60, mins: 60, minute: 60, minutes: 60, 분: 60, 分: 60,
  s: 1, sec: 1, secs: 1, second: 1, seconds: 1, 초: 1, 秒: 1,
};
const names: Record<string, readonly [string, string, string, string]> = { ko: ["일", "시간", "분", "초"], ja: ["日", "時間", "分", "秒"] };

/** Seconds in what was typed, or null where it cannot be read. A number without
 * a unit is minutes; nothing at all is nought. */
export function parseSpan(typed: string): number | null {
  const text = typed.trim().toLowerCase();
  if (!text) return 0;
  if (/^\d+([.,]\d+)?$/.test(text)) return whole(Number(text.replace(",", ".")) * 60);
  const part = /(\d+(?:[.,]\d+)?)\s*([a-z]+|[가-힣]+|[\u4e00-\u9fff]+)\s*/gy;
  let sum = 0, end = 0;
  for (let m; (m = part.exec(text)); end = part.lastIndex) {
    const unit = words[m[2]!];
    if (!unit) return null;
    sum += Number(m[1]!.replace(",", ".")) * unit;
  }
  return end === text.length ? whole(sum) : null;
}

const whole = (n: number): number | null => (Number.isFinite(n) && n < 1e9 ? Math.round(n) : null);

/** Seconds in words that parseSpan reads back; "" for nought. */
export function formatSpan(seconds: number | undefined, language = "en"): string {
  let left = Math.round(seconds ?? 0);
  const out: string[] = [];
  units.forEach(([short, size], i) => {
    const n = Math.floor(left / size);
    left -= n * size;
    if (n) out.push(`${n}${names[language]?.[i] ?? short}`);
  });
  return out.join(" ");
}

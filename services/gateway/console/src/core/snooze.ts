/** The times that are offered; mornings begin at nine, local time. */
export function presets(now: Date): { key: "inOneHour" | "inThreeHours" | "tomorrow" | "nextWeek"; at: Date }[] {
  const later = (h: number) => new Date(now.getTime() + h * 3_600_000);
  const morning = (days: number) => new Date(now.getFullYear(), now.getMonth(), now.getDate() + days, 9);
  return [
    { key: "inOneHour", at: later(1) },
    { key: "inThreeHours", at: later(3) },
    { key: "tomorrow", at: morning(1) },
    { key: "nextWeek", at: morning((8 - now.getDay()) % 7 || 7) },
  ];
}

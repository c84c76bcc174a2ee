// Words of the what-if page in Japanese.
import type { whatif as en } from "./en";

export const whatif: typeof en = {
  title: "もしも", open: "もしも…", lead: "過去の一日を別の人数や規則で再現し、実際と並べて示します。実際の設定は何も変わりません。", onlySupervisors: "この画面はスーパーバイザーと管理者用です。",
  when: "いつ", day: "日付", from: "開始", to: "終了", hoursHint: "空欄なら一日全体です。", nextDay: "翌日に終わります。", zone: (zone) => `${zone} の時刻`, target: "時間内の基準（担当が付くまで）",
  people: "人数", agents: "担当者の増減", agentsHint: "2 は 2 人増、−2 は 2 人減です。増えた人は、最も長くいた担当者と同じ時間に働きます。", team: "どのチームから", everyTeam: "すべてのチーム", capacity: "全員の容量", capacityHint: "作業単位で、通常は 100 です。空欄なら当日のままです。",
  skills: "スキル", withoutHint: "不要とみなすスキルです。キューが求めても、ルーティングが求めても外します。", withoutWords: (what) => `不要：${what}`, noDifference: "変えても、待った人には違いがありません。",
  rules: "キューの規則", pickQueue: "キューを変える", rulesHint: "各欄は今日の設定です。ここで変えたものだけを変えて再現し、ほかは当日のままにします。", wasToday: (value) => `今日：${value}`, noQueues: "順番に仕事を配るキューがありません。",
  asToday: "当日の設定でなく、今日の設定で", asTodayWords: (queue) => `${queue}：今日の設定`, order: "誰が先か", orderStep: (span) => `待ち時間と優先度、一段階を${span}の待ちと数える`, orders: { "1": "最も長く待つ人、優先度はほぼ無視", "86400": "優先度、一段階を一日の待ちと数える" }, advanced: "打診と後処理",
  play: "再現する", playing: "その日を再現しています…", seconds: (n) => `${n} 秒`, leave: "ほかの画面へ移っても構いません。結果はここに残ります。", stop: "中止", finished: "もしも：結果が出ました。", busy: "時間内に再現できないか、ほかの人の依頼が先です。少し待つか、時間を短くしてください。",
  nothing: "まず人数、容量、キューの規則のどれかを変えてください。", future: "まだ来ていない時間です。", stale: "その後、質問が変わりました。もう一度再現すると反映されます。",
  hint: "日付を選び、何かを変えて再現してください。待ち時間、サービスレベル、あきらめた人、待ち件数が実際と並びます。",
  changes: "変えたもの", agentsBy: (n, team) => `担当者 ${n} 人、${team}`, capacityTo: (n) => `全員の容量：${n}`, ruleTo: (queue, rule, now, today) => `${queue}、${rule}：${now}（今日は ${today}）`,
  number: "数値", was: "実際", again: "再現", changed: "変えた場合", difference: "差", against: "差は、そのまま再現した日と、変えて再現した日の差です。",
  verdicts: { better: "改善", worse: "悪化", more: "増加", less: "減少", same: "同じ" }, points: (n) => `${n} ポイント`, instead: (what, now, before, verdict) => `${what}：${before} でなく ${now}、${verdict}。`,
  measures: { in_time: "時間内", median_ms: "待ち時間の中央値", p90_ms: "90% の待ち時間", longest_ms: "最長の待ち", arrivals: "待ち始めた件数", taken: "担当者が対応", abandoned: "あきらめた", otherwise: "別の方法で対応", waiting: "終了時に待ち", most: "同時に待った最大", agents: "対応可能な人数の平均", occupancy: "担当者の稼働率" },
  inTime: (span) => `${span}以内に担当`, result: "結果", shown: "キュー", all: "すべてのキュー", each: "キューごと", eachHint: "再現 → 変えた場合。キューを押すと上に詳しく出ます。", show: (queue) => `${queue} を上に表示`,
  chart: (where) => `待ち件数：${where}`, chartMost: (line, n, at) => `${line}：${at} に最大 ${n} 件。`, chartNone: (line) => `${line}：なし。`, beganHere: "どこで担当が付いても、待ち始めたキューで数えます。",
  good: "何も変えずに再現した日は実際に近く、差は変更によるものです。", poor: "何も変えずに再現した日が実際と違います。規則にない事情があったため、差は大きさでなく向きとして見てください。",
  partial: (at) => `記録が多く、時間内に読み切れませんでした。区間は ${at} に終わります。`, empty: "この時間にキューで待ち始めた人はいません。", span: (from, to) => `${from} – ${to}`,
  assumptions: "前提",
  assumed: {
    patience: "あきらめた顧客の我慢は当日と同じです。対応された顧客はいつまでも待ったとみなします。",
    work: "対応にかかる時間は、誰がしても当日と同じです。誰も対応しなかったものは、そのキューの中央値とします。",
    offers: "会話ごとの打診は、誰に出しても当日と同じ回数だけ見送られます。",
    presence: "担当者の状態とキュー以外の仕事は当日と同じです。後処理は再現した対応に従います。",
    pull: "「次へ」で受け取るキューでは、余裕ができ次第すぐ受け取るとみなします。",
    settings: "担当者、チーム、スキル、キュー、営業時間、サービスレベルは当時のもので、変えられた時に変わります。その後 64 回を超えて変えられた設定は、残る最も古い値を使います。",
  },
};

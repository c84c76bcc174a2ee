import type { reports as en } from "./en";

export const reports: typeof en = {
  title: "レポート", numbers: "指標", by: "区分", then: "さらに", nothingElse: "なし", whole: "期間全体", from: "から", to: "まで", zone: "タイムゾーン", basis: "時間", calendar: "暦の時間", business: "営業時間", csv: "CSVをダウンロード", show: "表示", range: "期間",
  ranges: { today: "今日", week: "7日", month: "30日", quarter: "90日", custom: "指定" },
  bys: { hour: "時", day: "日", week: "週", month: "月", channel: "チャネル", inbox: "受信箱", queue: "キュー", team: "チーム", agent: "担当者", tag: "タグ", segment: "セグメント", priority: "優先度" },
  sheets: { volume: "件数", speed: "速さ", promises: "サービスレベル", rates: "率", satisfaction: "満足度", callbacks: "折り返し", customers: "顧客" },
  names: {
    busy_time: "対応時間", available_time: "対応可能時間",
    opened: "開始", reopened: "再開", resolved: "解決", backlog: "期末の残り", received: "受信", sent: "送信", taken: "引き受け", abandoned: "放棄", first_response_met: "期限内の初回回答", first_response_missed: "遅れた初回回答", next_response_met: "期限内の次回回答", next_response_missed: "遅れた次回回答", resolution_met: "期限内の解決", resolution_missed: "遅れた解決",
    callbacks_asked: "折り返し依頼", callbacks_reached: "折り返し成功", callbacks_in_vain: "折り返し断念", csat_asked: "CSAT質問", csat_answered: "CSAT回答", csat_good: "CSAT満足", csat_poor: "CSAT不満", nps_asked: "NPS質問", nps_answered: "NPS回答", nps_promoters: "推奨者", nps_detractors: "批判者", ces_asked: "CES質問", ces_answered: "CES回答", ces_good: "CES容易", ces_poor: "CES困難",
    first_response: "初回回答", next_response: "次回回答", resolution_time: "解決", handle_time: "対応", queue_time: "キュー待ち", callback_time: "折り返しまで",
    reopen_rate: "再開率", resolution_rate: "解決率", abandonment_rate: "放棄率", service_level: "サービスレベル", next_response_level: "次回回答の遵守率", resolution_level: "解決の遵守率", occupancy: "稼働率", csat_score: "CSATスコア", csat_rate: "CSAT満足率", csat_response_rate: "CSAT回答率", nps_score: "NPS", nps_response_rate: "NPS回答率", ces_score: "CESスコア", ces_rate: "CES容易率", ces_response_rate: "CES回答率",
  },
  minutes: "分", average: "平均", median: "中央値", p90: "p90", unmeasured: (k) => `営業時間のない${k}件は含みません`, without: "（なし）", empty: "この期間には何もありませんでした。", total: "期間全体",
  parts: { below: "全体", above: "該当分のみ" }, noneBehind: "表示できるものはありません。", foundCustomers: (k) => `顧客 ${k} 人`, occupancyHint: "稼働率は担当者・チーム・時間ごとにだけ示します。担当者はすべてのキューを同時に受け持つためです。",
  opens: (what, where) => `${where} ${what}の会話`, found: (k) => `会話${k}件`, more: "さらに表示", backTo: "レポートへ", narrowed: "絞り込み", drop: (what) => `${what}の絞り込みを解除`, narrow: (what) => `${what}だけ表示`,
  cohortRevenue: (currency) => `各月の顧客の売上（${currency}）`, customers: "顧客", repeating: "再購入", repeatRate: "再購入率", firstOrder: "初回注文の月", retention: "継続", retentionHint: "その月の顧客のうち、以後の各月に買った人数です。", lifetime: "顧客生涯価値", currency: "通貨", orders: "注文", revenue: "売上", perCustomer: "顧客あたり平均", segment: "セグメント", everySegment: "すべての顧客", afterMonths: (k) => `+${k}`, noOrders: "この期間に注文を知らせた店舗はありません。", hidden: (k) => `ほか${k}件は今は見られません。`, chart: (what) => `${what}のグラフ`, formula: (k) => `定義バージョン${k}`,
};

// Japanese strings of agents' work and of the board.
import type { board as boardStrings, work as workStrings } from "./en";

export const work: typeof workStrings = {
  serviceLevel: "サービスレベル", dueIn: (t) => `残り ${t}`, lateBy: (t) => `${t} 超過`, paused: (t) => `停止中、残り ${t}`,
  clockNames: { first_response: "初回応答", next_response: "次の応答", resolution: "解決" },

  presence: "自分の状態", states: { available: "対応可能", "wrap-up": "後処理", away: "離席", offline: "オフライン" },
  reasons: { lunch: "食事", break: "休憩", meeting: "会議", training: "研修" },
  backAt: "戻る時刻", untilTime: (at) => `${at}まで`,
  otherReason: "その他の理由", minutes: (k) => `${k}分`, sinceTime: (at) => `${at}から`, sound: "依頼を音で知らせる",
  cut: "接続が切れました", cutHint: (state) => `${state}でした。まもなく再接続できない場合はオフラインになり、新しい対応は割り当てられません。`,
  setOffline: "接続が切れている間にオフラインになりました。対応を再開するには対応可能にしてください。",
  backAgain: (state) => `接続が切れている間オフラインでした。現在は${state}です。始めていない対応はキューに戻りました。`,
  next: "次を受け取る", nothingWaits: "受け取れる待ちはありません。",

  offers: "対応依頼", offeredTo: (who, channel) => `新しい依頼: ${who}、${channel}`, offerEnds: (t) => `あと ${t}`, moreOffers: (k) => `ほか ${k} 件`,
  accept: "受ける", decline: "断る", declineWhy: "断る理由", noReason: "理由なし", waits: (t) => `${t} 待ち`, knowsYou: "以前の担当", offerGone: "この依頼はすでに終わっています。",
  declineReasons: { busy: "他の対応中", skill: "担当外", language: "別の言語", break: "まもなく休憩" },
  passedHow: { declined: "辞退", expired: "応答なし", withdrawn: "取り消し" }, passedBy: (who, how) => `${who} ${how}`,

  waitingIn: (queue, t) => `${queue}で${t}待っています`, placeSince: (at) => `順番の基準 ${at}`, needs: (skill, level) => `${skill} ${level} が必要`, prefers: (who) => `${who} を優先`,
  offeredNow: (who, t) => `${who} に依頼中、${t}`, goesBack: "担当者が始める前に離れると元の順番に戻ります。",
  givenByHand: (who) => `${who} さんに手動で割り当てられました`, becauseByHand: "人またはルールが選びました。割り当て可能だった担当者は次のとおりです。",
  why: "理由", whyTitle: (who, at) => `${who} が選ばれた理由（${at}）`, hadWaited: (queue, t) => `${queue}で${t}待っていました。`,
  becauseKnows: "以前この顧客に対応した担当者です。", becauseOnly: "他に受けられる人がいませんでした。", becauseFirst: "受けられる人のうち、負荷が最も少なく、最も長く空いていたためです。",
  candidate: "担当者", load: "負荷", idleSince: "最後の割り当て", knows: "以前の担当", notAsked: "対象外:", unfit: { away: "離席", full: "余裕なし", skill: "スキル不足", passed: "見送り済み", team: "別チーム" },

  segment: "顧客セグメント", priority: "優先度", priorityIs: (p) => `優先度 ${p > 0 ? "+" : ""}${p}`, priorities: { "10": "最優先", "5": "緊急", "2": "高め", "0": "通常", "-5": "低め" },
  moods: { good: "良い", poor: "悪い" }, surveyScored: (kind, score, mood) => [kind, score, mood].filter(Boolean).join(" · "), surveyAsked: (kind) => `${kind}: 依頼済み、未回答`,

  macros: "マクロ", runMacro: "マクロを実行", noMacros: "使えるマクロがありません。", macroDone: (m) => `${m}: 完了`, macroStopped: (m, k, all, why) => `${m}: ${all} 件中 ${k} 件で停止。${why}`, canned: "定型文",
  actions: { tag: "タグ追加", untag: "タグ削除", assign: "割り当て", transfer: "転送", prioritise: "優先度", snooze: "スヌーズ", resolve: "解決", reopen: "再開", note: "メモ", reply: "返信" },

  lineQueued: (queue) => `${queue} で待っています`, lineOffered: (who) => `${who} さんに依頼しました`, linePriority: (who, p) => `${who} さんが優先度を ${p} にしました`,
  lineClosed: { accepted: (who) => `${who} さんが受けました`, declined: (who) => `${who} さんが断りました`, expired: (who) => `${who} さんは応答しませんでした`, withdrawn: (who) => `${who} さんへの依頼は取り消されました` },
  lineWarned: (clock) => `${clock}: 期限が近づいています`, lineBreached: (clock) => `${clock}: 期限を過ぎました`, lineGiven: (who, queue, t) => `${queue} で ${t} 待った後、${who} さんに割り当てられました`,
  lineAsked: (kind) => `顧客にアンケートを送りました（${kind}）`, lineScored: (kind, score) => `顧客の評価: ${kind} ${score}`, lineCommented: (text) => `顧客のコメント: ${text}`,
};

export const board: typeof boardStrings = {
  title: "ボード", live: "ライブ", notLive: "接続がなく止まっています", waitForBoard: "読み込み中…",
  tabs: { queue: "キュー", team: "チーム", channel: "チャネル", inbox: "受信箱" }, total: "全体", noLines: "表示するものがありません。",
  open: "対応中", snoozed: "スヌーズ", waiting: "待ち", longest: "最長待ち", expected: "予想待ち", offered: "依頼中", inWork: "作業中", atRisk: "期限間近", breached: "超過", callbacksDue: "折り返し",
  serviceNow: "サービスレベル（30分）", serviceToday: "サービスレベル（今日）", occupancy: "稼働率", arrivals: "流入（5分）", moved: "到着／離脱（5 分）", departures: "流出（5分）", abandoned: "今日の放棄", resolvedToday: "今日の解決",
  books: "帳簿", balanced: "一致", offBy: (k) => `${k} 件の差`, available: "対応可能", free: "余裕あり", agents: "担当者", lost: "接続なし",
  openList: (what, where) => `${where} ${what}: 会話を表示`, openLongest: "最も長く待っている会話を開く",
  alarms: "アラーム", alarm: (name, metric, value, where) => `${name}: ${where} ${metric} ${value}`, alarmSince: (t) => `${t}間`,
  metrics: { open: "対応中", waiting: "待ち", offered: "依頼中", in_work: "作業中", longest_wait: "最長待ち", expected_wait: "予想待ち", at_risk: "期限間近", breached: "超過", late: "目標超過・未返信", callbacks_due: "折り返し", arrivals: "流入", departures: "流出", service_now: "サービスレベル", service_today: "今日のサービスレベル", abandoned_today: "放棄", available: "対応可能", free: "余裕", occupancy: "稼働率", rejected: "拒否" },
  chart: (where) => `直近 1 時間: ${where}`, chartText: (waiting, most) => `現在 ${waiting} 件待ち、1 時間の最大 ${most} 件。`, zone: (zone) => `${zone} の時刻`, chartPast: (waiting, most) => `その時点で ${waiting} 件待ち、直前 1 時間の最大 ${most} 件。`, chartThen: (where) => `直前の 1 時間: ${where}`, zoneHint: "ボードの時刻はすべてこのタイムゾーンのもので、一日はその午前 0 時に始まります。", waitingLine: "待ち", arrivalsLine: "毎分の流入", departuresLine: "毎分の流出", showChart: (where) => `グラフ: ${where}`,
  beforeLog: "その時点の記録はありません。記録はその後に始まっています。", notYet: "まだ来ていない時点です。",
  travel: "過去の時点", travelIn: (zone) => `過去の時点（${zone} の時刻）`, now: "現在", back: (k) => `${k} 分前へ`, forward: (k) => `${k} 分後へ`, pastNotice: (at) => `${at} の状態です。`, inWorkOf: (k) => `作業中 ${k}`, loadOf: (load, capacity) => `負荷 ${capacity} 中 ${load}`,
  strip: "自分のキュー", stripEntry: (queue, k, t) => `${queue}: ${k} 件待ち${t ? `、最長 ${t}` : ""}`, inState: (k, state) => `${state} ${k}`, setPresence: (who) => `${who} の状態を変更`,
};

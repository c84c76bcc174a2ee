import { formatSpan } from "../../core/span";
import type { manage as en } from "./en";

export const manage: typeof en = {
  areas: { channels: "チャネル", people: "人", work: "業務", automation: "自動化", watch: "点検" },
  skills: "スキル", workload: "作業量", hours: "営業時間", policies: "サービスレベル", routes: "ルーティング", alarms: "アラーム", rules: "ルール", macros: "マクロ", canned: "定型文", segments: "セグメント", surveys: "アンケート",
  backToList: "一覧へ", takeAway: "削除", takeAwayAsk: (name) => `「${name}」を削除しますか？`, takenAway: "削除しました", up: "上へ", down: "下へ",
  leaveAsk: "入力した内容は保存されていません。離れますか？", stale: "その間に他の人が変更しました。", takeTheirs: "相手の内容を見て自分の分は捨てる", writeOver: "自分の内容で上書き",
  badSpan: "90秒、20分、1時間30分のように書いてください。", atOnce: "すぐに", nothing: "なし", everybody: "全員", always: "24時間", spanOf: (n) => formatSpan(n, "ja"),
  tagsHint: "カンマ区切り", variables: "変数を入れる",
  variableNames: { "contact.name": "顧客名", "contact.first_name": "名", "agent.name": "担当者名", "conversation.id": "会話番号", "order.id": "注文番号", link: "アンケートのリンク" },

  usually: (d) => `通常${d}`,
  queuesHint: "誰かが引き受けるまで会話が待つ場所です。", mode: "割り当て方", modes: { manual: "手動", pull: "要求時", push: "自動" },
  modeHints: { manual: "担当者が一覧から選びます。", pull: "「次へ」を押すと順番に受け取ります。", push: "最も合う担当者に提案します。" },
  queueTeamsHint: "このキューから取れるチーム。なければ全員。", policy: "サービスレベル", policyHint: "ここで待つ顧客への約束です。", noPolicy: "約束なし", closed: "営業時間外は", closedModes: { on: "いつも通り", hold: "開くまで保つ", move: "別のキューへ移す" }, closedTo: "移動先",
  offers: "提案", offerFor: "提案への回答時間", offerForHint: "空なら尋ねずに割り当てます。", passFor: "辞退後の間隔", passForHint: "この間は同じ担当者に尋ねません。", preferFor: "同じ担当者を待つ", preferForHint: "この間は顧客を知る担当者を優先します。", away: "提案を逃した担当者を離席にする", awayHint: "本人が対応可能に戻します。",
  wrapUp: "後処理時間", wrapUpHint: "解決後この間は新しい会話を受けません。", boost: "優先度一段の重み", boostHint: "一段をこれだけ待ったものと見なします。", needs: "必要なスキル", needsHint: "ここの会話すべてに必要です。", addNeed: "スキルを追加", noSkills: "まだスキルがありません。", level: "レベル", levelOf: (n) => `レベル${n}`,
  relax: "緩和", relaxHint: "永遠に待たないよう、待つにつれてレベルを下げます。", relaxAfter: "経過後", relaxBy: "下げるレベル", addStep: "段階を追加", overflowTo: "あふれた時の行き先", overflowAfter: "あふれるまで", stays: "ここに残す",

  teamsHint: "一緒に働く担当者の集まりです。", skillsHint: "回答に必要なもの：言語、商品、権限など。", newSkill: "新しいスキル", whoCan: "持つ人", addSkill: "スキルを追加", capacity: "容量", capacityHint: "作業単位で、通常は100です。「作業量」を参照。", passwordHint: "空ならそのままです。", mayWork: "サインインして働ける",
  workloadHint: "会話一つが担当者の容量をどれだけ取るか。中断できる仕事は、待てない仕事を妨げません。", units: "単位", interruptible: "中断可", atOnceOf: "容量100で同時に",

  hoursHint: "答える人がいる時間です。サービスレベルはこの時間で数えます。", newHours: "新しい営業時間", zone: "タイムゾーン", zoneHint: "その土地の時計で、夏時間に従います。", open: "営業", holidays: "休日", week: "週", weekHint: "一日に複数の時間帯を置けます。真夜中を越えるものは二つに分け、最初は24:00までです。", closedDay: "休み", from: "開始", to: "終了", addBlock: "時間を追加", sameAsMonday: "火〜金を月曜と同じに", clockHint: "09:00のように。一日の終わりは24:00",
  holidaysHint: "休日は曜日の代わりになります。時間がなければ休みです。", date: "日付", yearly: "毎年", addHoliday: "休日を追加",

  policiesHint: "優先度ごとの顧客への約束です。", newPolicy: "新しいサービスレベル", priority: "優先度", priorityFrom: "優先度から", firstResponse: "最初の回答", nextResponse: "次の回答", resolution: "解決", countedIn: "数える時間", warnBefore: "残りがこの割合で警告（%）", warnHint: "0なら警告しません。",
  targets: "目標", targetsHint: "それぞれその優先度から次の目標の前まで。空なら約束しません。", addTarget: "優先度を追加", raise: "繰り上げ", raiseHint: "待っている他の顧客より優先度で何段先にするか（0～10）。違反は危険以上にします。表示される優先度は変わりません。", raiseWarned: "危険になったら（段）", raiseMissed: "違反したら（段）", raisedBy: (warned, missed) => `危険 +${warned}、違反 +${missed}`, pauses: "解決の時計を止める時", pausesHint: "回答の時計は止まりません。", pauseSnoozed: "会話がスヌーズ中", pauseWaiting: "顧客の返事待ち",

  routesHint: "会話が開く時に上から確かめ、最初に合うものが行き先を決めます。", newRoute: "新しいルーティング", when: "条件", whenHint: "真か偽になる式です。", whereTo: "行き先", asInbox: "受信箱の設定どおり", switchedOn: "有効", switchedOff: "無効", stopped: "停止", stoppedHint: "有効にして保存すると再び動きます。",
  reads: "読める式です。", place: (line, column) => `${line}行${column}列`, fields: "使える名前",

  rulesHint: "何かが起きると自ら処理します。", newRule: "新しいルール", happens: "これが起きたら", factsHint: "いずれか一つ。", ifHolds: "条件", ifHint: "空なら常に。", switchHint: "まず過去一週間で試してください。", actions: "実行", actionOf: (n) => `動作${n}`, addAction: "動作を追加", takeFrom: "なし：担当を外す", forHowLong: "期間",
  verbs: { tag: "タグを付ける", untag: "タグを外す", assign: "担当を決める", transfer: "引き継ぐ", prioritise: "優先度を決める", snooze: "スヌーズ", resolve: "解決", reopen: "再開", note: "メモを書く", reply: "顧客に返信" },
  facts: {
    "conversation.opened": "会話が開く", "message.added": "メッセージやメモが加わる", "conversation.reopened": "会話が再開する", "conversation.resolved": "会話が解決する", "conversation.assigned": "担当が決まる", "conversation.transferred": "引き継がれる", "conversation.queued": "キューで待ち始める", "conversation.tagged": "タグが変わる", "conversation.prioritised": "優先度が変わる", "conversation.snoozed": "スヌーズされる", "conversation.woken": "スヌーズから戻る",
    "clock.warned": "サービスレベルが危うい", "clock.breached": "サービスレベルを逃す", "callback.requested": "電話を約束する", "callback.closed": "折り返しが終わる", "message.status_changed": "メッセージの到着・既読・失敗", "message.reacted": "顧客が絵文字で反応", "survey.answered": "アンケートに回答", "survey.commented": "アンケートに意見", "contact.order_stated": "店舗が注文を知らせる", "contact.segmented": "セグメントが変わる", "contact.updated": "顧客情報が変わる", "contact.created": "新しい顧客",
  },
  acted: "実行回数", failedTimes: (k) => `${k}件失敗`, heldTimes: (k) => `返信${k}件保留`,
  dryRun: "試し実行", dryHint: "今の入力のルールが過去に何をしたかを、その時の顧客と設定のまま示します。実際には何もしません。", tryIt: "試す", since: "から", until: "まで", dryActed: (times, conversations) => `${conversations}件の会話で${times}回動いたはずです。`, dryNone: "何もしなかったはずです。", dryRead: (k) => `${k}件を調べました。`, dryPartial: (at) => `時間が足りず、${at}までです。`, dryStopped: (why) => `ループ防止が止めたはずです：${why}`, dryFailed: (k, why) => `式が${k}回失敗しました：${why}`, dryFirst: (k) => `最初の${k}件を示します。`, dryHeld: "返信は保留されたはずです", dryRefused: { queue: "拒否：その時そのキューはもうありませんでした", agent: "拒否：その時その担当者はもういませんでした" }, dryUnsure: "確実ではありません：上をご覧ください",
  dryUnknown: { customers: (k, at) => `${at}より前の顧客の状態はもう残っていません。それ以前の${k}件はその時点の状態で判断しました。`, erased: (k) => `その後、顧客の情報の一部が消去されました。${k}件はそれなしで判断しました。`, setting: (what, k, at) => `${what}：${at}より前の設定はもう残っていません。それ以前の${k}件はその時点の設定で判断しました。` },
  happened: "起きたこと", wouldDo: "したはずのこと",

  macrosHint: "一度押すだけで複数の動作をします。", newMacro: "新しいマクロ", whoHas: "使える人", whoHint: "選ばなければ全員。", cannedHint: "用意された回答です。/ と短縮語を入力します。", newCanned: "新しい定型文", shortcut: "短縮語", shortcutHint: "空白と / のない一語。", texts: "本文", textsHint: "顧客の言語があればそれを使います。", addLanguage: "言語を追加",
  segmentsHint: "顧客の集まりです。誰が属するかは自動で判断します。", newSegment: "新しいセグメント", whoBelongs: "属する条件", segmentWhen: "顧客、注文、時刻についての式です。",
  surveysHint: "会話が解決した後に自ら尋ねます。", newSurvey: "新しいアンケート", kind: "種類", surveyKinds: { csat: "満足度（CSAT）", nps: "推奨度（NPS）", ces: "容易さ（CES）" }, kindHints: { csat: "どのくらい満足しましたか？ 1–5", nps: "私たちを薦めますか？ 0–10", ces: "どのくらい簡単でしたか？ 1–5" }, askAfter: "尋ねる時", askAfterHint: "この時間の後も解決のままなら。", askEvery: "最短の間隔", askEveryHint: "一人の顧客にこの間に一度だけ。", everyTime: "毎回", countsFor: "回答の有効期間（日）", onlyIf: "条件", onlyIfHint: "空なら常に。", question: "質問", questionHint: "本文がなければ通常の質問です。", preview: "プレビュー", ownQuestion: "この種類の通常の質問", otherRoads: "使った経路で尋ねられなければ別の経路で尋ねる", otherRoadsHint: "電話や期限切れの後は、本人のものと証明された宛先にだけメールやSMSで尋ねます。",

  alarmsHint: "数値が基準を外れている間、ボードに示されます。", newAlarm: "新しいアラーム", raisedWhen: "鳴る条件", scope: "対象", scopes: { total: "全体", queue: "キュー", team: "チーム", channel: "チャネル", inbox: "受信箱" }, metric: "数値", compare: "比較", above: "超える", below: "下回る", threshold: "基準値", heldFor: "続く時間", heldHint: "より短いものは鳴りません。",
  metrics: { open: "未解決", waiting: "待機", offered: "提案中", in_work: "対応中", longest_wait: "最長待ち", expected_wait: "予想待ち", at_risk: "危険", breached: "違反", callbacks_due: "折り返し予定", arrivals: "5分間の到着", departures: "5分間の退出", service_now: "現在のサービスレベル", service_today: "今日のサービスレベル", abandoned_today: "今日の放棄", available: "対応可能", free: "余裕あり", occupancy: "稼働率", rejected: "拒否" },
};

// Japanese strings.
import type { Strings } from "./en";
import { manage } from "./manage/ja";
import { reports } from "./reports/ja";
import { whatif } from "./whatif/ja";
import { board, work } from "./work/ja";

export const ja: Strings = {
  name: "日本語",
  signIn: "サインイン", email: "メール", password: "パスワード", signOut: "サインアウト", badSignIn: "メールまたはパスワードが違います。",
  changePassword: "パスワードの変更", currentPassword: "現在のパスワード", newPassword: "新しいパスワード", repeatPassword: "新しいパスワード（確認）", passwordsDiffer: "新しいパスワードが一致しません。", wrongPassword: "現在のパスワードが違います。", passwordChanged: "パスワードを変更しました", otherSessionsEnd: "この画面はサインインしたままで、ほかの場所ではサインアウトされます。",
  tooMany: "試行回数が多すぎます。しばらくお待ちください。", unreachable: "サーバーに接続できません。",
  sessionEnded: "セッションが終了しました。もう一度サインインしてください。",
  tagline: "すべてのチャネルを、ひとつの会話に",

  all: "すべて", mine: "自分の担当", unassigned: "未割り当て", snoozed: "スヌーズ", resolved: "解決済み", open: "対応中", merged: "統合済み",
  channels: "チャネル", tags: "タグ", teams: "チーム", queues: "キュー", search: "検索", searchHint: "メッセージ・顧客・件名を検索",
  admin: "管理", inbox: "受信箱", views: "ビュー",
  newest: "新しい順", longest: "待ち時間の長い順", results: (q) => `「${q}」の検索結果`,
  emptyList: "何もありません。お疲れさまです。", emptySearch: "見つかりませんでした。", pickOne: "会話を選んでください",
  pickHint: "j と k で移動、Enter で開きます。? でキー一覧を表示します。", loading: "読み込み中…", retry: "再試行",
  loadFailed: "読み込めませんでした。", goneTitle: "この会話は表示できません", goneHint: "存在しないか、別のチームに移りました。",
  waiting: (t) => `${t}待ち`, unread: (k) => `未読 ${k} 件`,

  connLive: "ライブ", connConnecting: "接続中…", connWaiting: (s) => `オフライン。${s} 秒後に再試行`, connRefused: "切断されました。再読み込みしてください。",
  tryNow: "今すぐ試す",

  noName: "名前なし", nobody: "なし", system: "Tributary",
  assign: "割り当て", assignMe: "自分に割り当て", assignTo: "担当者を選ぶ…", unassign: "割り当て解除", transfer: "転送", transferTo: "転送先…",
  team: "チーム", queue: "キュー", agent: "担当者", noteOptional: "引き継ぎメモ（任意）",
  snooze: "スヌーズ", snoozeUntil: (t) => `${t} までスヌーズ`, resolve: "解決", reopen: "再開", wake: "スヌーズ解除", addTag: "タグを追加", removeTag: (t) => `タグ ${t} を外す`,
  inOneHour: "1 時間後", inThreeHours: "3 時間後", tomorrow: "明日の朝", nextWeek: "次の月曜日", pickDate: "日時を選ぶ", set: "設定",
  copyLink: "リンクをコピー", copied: "リンクをコピーしました", close: "閉じる", cancel: "キャンセル", save: "保存", add: "追加", remove: "削除", 

  reply: "返信", note: "メモ", send: "送信", addNote: "メモを残す", attach: "ファイルを添付", removeFile: (f) => `${f} を外す`,
  replyHint: (to) => `${to} さんに返信`, noteHint: "チーム内だけに表示されます", via: "経由", sendKey: "Ctrl+Enter で送信",
  uploadFailed: (f) => `${f} をアップロードできませんでした`, uploading: "アップロード中…", dropHere: "ここにドロップして添付", noRoad: "返信できるチャネルがありません",
  sending: "送信中…", notSent: "未送信", sendAgain: "再送", discard: "破棄",

  unverified: "未確認の送信者", unverifiedHint: "アドレスは証明されていません。返信はアドレスの持ち主に届きます。",
  replyToDiffers: "Reply-To が送信者と異なります。返信は送信者に届きます。", automatic: "自動送信", edited: "編集済み", removed: "取り消されたメッセージです。",
  idReused: "同じ ID で別の内容が届きました。", charsetGuessed: "文字コードを推定しました。", 
  showQuoted: "引用を表示", hideQuoted: "引用を隠す", showImages: "画像を表示", imagesBlocked: "外部画像をブロックしました。",
  showHtml: "原文を表示", showText: "テキストを表示", download: "ダウンロード", notFetched: "ファイルはまだ取得されていません",
  stQueued: "待機中", stSent: "送信済み", stDelivered: "配達済み", stRead: "既読", stFailed: "失敗", stUnknown: "結果不明",
  unknownHint: "届いたかどうか、プロバイダーから回答がありません。確認して判断してください。", arrived: "届いた", giveUp: "あきらめる",
  confirmAgain: "二重に届く可能性があります。再送しますか？",
  call: "通話", callIn: "着信", callOut: "発信", ring: "呼出", talk: "通話", transcript: "文字起こし",
  outcomes: { answered: "応答", missed: "不在", abandoned: "放棄", voicemail: "留守電", busy: "話し中", failed: "失敗", rejected: "拒否" },
  channelNames: { email: "メール", webchat: "ウェブチャット", sms: "SMS", phone: "電話", webhook: "Webhook", visit: "来店" },
  today: "今日", yesterday: "昨日", older: "以前のメッセージ",
  typing: (who) => `${who} さんが入力中…`, viewing: (who) => `${who} さんが閲覧中`,
  newBelow: "新着メッセージ",

  lineTook: (who) => `${who} さんが担当になりました`, lineOpened: "会話を開始", lineAssigned: (who, to) => `${who} さんが ${to} に割り当て`, lineUnassigned: (who) => `${who} さんが割り当てを解除`,
  lineTransferred: (who, to) => `${who} さんが ${to} に転送`, lineTagged: (who, t) => `${who} さんがタグを変更: ${t}`,
  lineSnoozed: (who, t) => `${who} さんが ${t} までスヌーズ`, lineWoken: "スヌーズ終了", lineResolved: (who) => `${who} さんが解決`, lineEnded: "訪問者がチャットを終了したため解決", visitorEnded: "訪問者がチャットを終了しました", customerLeft: "顧客がチャットから退出しました",
  lineReopened: (who) => `${who} さんが再開`, lineMerged: (who) => `${who} さんが会話を統合`, lineSplit: (who) => `${who} さんが統合を取り消し`,
  lineContactMerged: (who) => `${who} さんが顧客を統合`, linePoint: "連絡先が変わりました", lineSuggested: "別の顧客と同一人物かもしれません",

  contact: "顧客", points: "連絡先", attributes: "情報", others: "他の会話", suggestions: "同一人物かもしれません", mergedContacts: "統合した顧客",
  proved: "証明済み", stated: "申告", claimed: "自称", merge: "統合", dismiss: "別人", undoMerge: "統合を取り消す", automaticMerge: "自動",
  addPoint: "連絡先を追加", attributeName: "項目", attributeValue: "値", rename: "名前を変更", noOthers: "他の会話はありません", since: (t) => `${t} から`,
  mergeAsk: (name) => `${name} をこの顧客に統合しますか？ 取り消せます。`, showPanel: "顧客情報を表示", hidePanel: "顧客情報を隠す",

  firstAssigned: (who) => `先に処理されました。現在の担当: ${who}`, firstStatus: (s) => `先に処理されました。現在の状態: ${s}`,
  firstOther: "その間に変更されました。もう一度確認してください。", failed: "処理できませんでした。", notAllowed: "権限がありません。", done: "完了",
  resolvedToast: "解決しました", reopenedToast: "再開しました", snoozedToast: "スヌーズしました", assignedToast: (who) => `${who} に割り当てました`, transferredToast: "転送しました", undo: "元に戻す",

  keys: "キーボード", palette: "コマンド", paletteHint: "コマンド・ビュー・人を入力", noCommand: "該当なし",
  kNext: "次の会話", kPrev: "前の会話", kOpen: "開く", kBack: "一覧へ戻る", language: "言語", goTo: "移動", 

  inboxes: "受信箱", agents: "担当者", deadLetters: "処理不能", books: "帳簿", backToInbox: "会話へ戻る",
  newInbox: "新しい受信箱", newAgent: "新しい担当者", newTeam: "新しいチーム", newQueue: "新しいキュー", create: "作成", label: "名前", channel: "チャネル", status: "状態",
  address: "アドレス", profile: "プロファイル", auth: "認証", secretHint: "一度だけ保存され、再表示されません。", demo: "デモページ", demoOn: "デモページを提供",
  paused: "停止中", active: "稼働中", pause: "停止", resume: "再開", copy: "コピー", moreSettings: "その他の設定 (JSON)", badJson: "JSON オブジェクトではありません。",
  role: "役割", roleAgent: "担当者", roleSupervisor: "スーパーバイザー", roleAdministrator: "管理者", disabled: "無効", disable: "無効にする", enable: "有効にする",
  received: "受信", stored: "保存", duplicate: "重複", rejected: "拒否", underWay: "処理中", balance: "収支", balances: "一致", off: (k) => `${k} 件の差`,
  booksHint: "受信 = 保存 + 重複 + 拒否。差が残る場合は、何かが失われています。", reason: "理由", attempts: "試行", time: "時刻", redrive: "再実行", redriven: "再実行を依頼しました",
  deadEmpty: "処理不能はありません。", none: "まだありません。", onlyAdmin: "管理者だけが開けます。", refresh: "更新", worker: "ワーカー",

  copiedText: "コピーしました", test: "テスト", testOK: "プロバイダーが認証情報を受け入れました。", connect: "接続", connected: "プロバイダーはこの受信箱に送ります。", suspended: "送信停止", suspendedHint: (why) => `送信が止まっています: ${why}`, sendAgainInbox: "送信を再開",
  lastError: "最後のエラー", hookURL: "Webhook アドレス", hookHint: "プロバイダーにこのアドレスを登録してください。", eventKind: "イベント", newestEvents: "最新のイベント", firstEvent: "最初のイベントを待っています…", notUnderstood: "原文を保存", asItCame: "原文を見る", onlyBeginning: "先頭のみ表示しています", openInbox: "開く", settings: "設定", editSettings: "設定を変更",
  keepSecret: "変更なし", advanced: "詳細", pickChannel: "どのチャネルですか？", importFile: "ファイルを読み込む", importHint: "一行に一件の通話などを書いたファイル（CSV）。既にあるものは変わりません。", importing: "読み込み中…", rejectedLines: "拒否された行", line: "行",
  groups: { mail: "メール", chat: "メッセンジャー", text: "SMS", phone: "電話", shop: "ショップ", other: "その他" }, deleteInbox: "削除", deleteAsk: (name) => `受信箱 ${name} を削除しますか？ 受信した内容は残ります。`, on: "オン", oneWay: "受信のみ",
  callBack: (to) => `${to} に折り返し`, callbackFor: { missed: "不在着信", voicemail: "留守電", asked: "電話の希望" }, callbackWanted: (at) => `希望 ${at}`, callbackTried: (k) => `${k} 回試行`,
  reached: "つながった", notReached: "つながらない", callbackCancel: "不要になった", requestCallback: "折り返しを約束", number: "番号", wantedAt: "希望日時", noteShort: "メモ",
  newEntry: "来店・通話を入力", whatHappened: "内容", directionIn: "来店・着信", directionOut: "こちらから発信", occurredAt: "日時", ringS: "呼出（秒）", talkS: "通話（秒）", outcome: "結果", saved: "保存しました", whom: "電話番号かメール",
  wordsReused: "別のメッセージと ID が重なったため送信していません。もう一度送信してください。",
  windowClosed: "このチャネルで自由に返信できる時間を過ぎました。", windowTemplates: "承認済みテンプレートは送れます。", pickTemplate: "テンプレートを選ぶ", noTemplates: "承認済みテンプレートがありません。", sendTemplate: "テンプレートを送る", templateValue: (k) => `${k} の値`,
  fileFetching: "取得中", fileFailed: (why) => `取得できません: ${why}`, recording: "録音", waitingS: "待ち", answeredBy: (who) => `${who} が応答`, reacted: (emoji) => `顧客のリアクション: ${emoji}`,
  value: "顧客価値", boughtFor: "購入額", perOrder: "1 件あたり", firstOrder: "最初の注文", lastOrder: "最後の注文",
  orders: "注文", order: (no) => `注文 ${no}`, refunded: (amount) => `返金 ${amount}`, lineErased: "依頼によりデータを削除しました", lineCallback: (to) => `${to} への折り返しが必要です`, template: "テンプレート", offered: "ボタンとして提示（対応チャネルのみ）", pressed: "ボタンで回答",
  lineCallbackClosed: { reached: "折り返しがつながりました", cancelled: "折り返しは不要になりました", "in-vain": "折り返しをあきらめました" },

  callback: "折り返し", withheld: "番号非通知", text: "内容", filter: "絞り込み", templates: "テンプレート", showTemplates: "テンプレートを表示", pausedHint: "停止中: 届いたものは保管され、再開するまで何も送られません。",
  editedAt: (at) => `${at} に編集`, saidBefore: "編集前の内容", until: (at) => `${at} まで`, erased: "顧客の依頼により削除されました。", legs: (k) => `${k} 区間`,
  noRoadHint: "この顧客に返信できる受信箱がありません。", windowWait: "顧客がまた書くと開きます。", noFilesHere: "このチャネルではファイルを送れません。", fileTooLarge: (name, most) => `${name} は ${most} を超えています。`,
  openOrder: "ショップで開く", parcel: "荷物",
  refusals: { "window-closed": "自由に返信できる時間を過ぎました。", "opted-out": "顧客が受信を拒否しています。", "bad-address": "存在しないか、届かない宛先です。", "bad-template": "承認されていないか、値が合わないテンプレートです。", "bad-media": "このチャネルでは送れないファイルです。", "too-long": "文章が長すぎます。", quota: "アカウントの上限に達しました。" },
  fileFails: { "the provider has it no more": "プロバイダーにはもうありません", "no way to fetch": "取得する方法がありません", "the file's address is not public": "公開されていないアドレスです", "the provider did not give it": "プロバイダーから取得できませんでした", larger: "大きすぎます" },
  orderStates: { cancelled: "キャンセル", pending: "保留", authorized: "承認済み", paid: "支払い済み", partially_paid: "一部支払い", refunded: "返金済み", partially_refunded: "一部返金", voided: "無効", fulfilled: "発送済み", partial: "一部発送", unfulfilled: "未発送", restocked: "再入荷", in_transit: "配送中", out_for_delivery: "配達中", delivered: "配達済み", success: "引き渡し済み", failure: "失敗" },
  eventNames: { "message.received": "メッセージ", "message.edited": "編集", "message.removed": "取り消し", "message.reacted": "リアクション", "delivery.reported": "配達報告", "call.logged": "通話", "call.amended": "通話の補足", "callback.wanted": "折り返し希望", "order.stated": "注文", "contact.stated": "顧客情報", "contact.erased": "削除依頼", "chat.ended": "チャット終了" },
  previews: { sent: "送信済み", delivered: "到着", read: "既読", failed: "失敗", answered: "応答", missed: "不在", abandoned: "放棄", voicemail: "留守電", busy: "話中", rejected: "拒否" },

  work, board, manage, reports, whatif,
};

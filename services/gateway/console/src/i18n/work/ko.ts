// Korean strings of agents' work and of the board.
import type { board as boardStrings, work as workStrings } from "./en";

export const work: typeof workStrings = {
  serviceLevel: "서비스 수준", dueIn: (t) => `${t} 남음`, lateBy: (t) => `${t} 초과`, paused: (t) => `멈춤, ${t} 남음`,
  clockNames: { first_response: "첫 응답", next_response: "다음 응답", resolution: "해결" },

  presence: "내 상태", states: { available: "상담 가능", "wrap-up": "후처리", away: "자리 비움", offline: "오프라인" },
  reasons: { lunch: "식사", break: "휴식", meeting: "회의", training: "교육" },
  backAt: "돌아올 시각", untilTime: (at) => `${at}까지`,
  otherReason: "다른 사유", minutes: (k) => `${k}분`, sinceTime: (at) => `${at}부터`, sound: "제안이 오면 소리로 알림",
  cut: "연결 끊김", cutHint: (state) => `${state} 상태였습니다. 곧 다시 연결되지 않으면 오프라인으로 처리되어 새 상담이 배정되지 않습니다.`,
  setOffline: "연결이 끊긴 동안 오프라인으로 바뀌었습니다. 다시 상담을 받으려면 상담 가능으로 바꾸세요.",
  backAgain: (state) => `연결이 끊긴 동안 오프라인이었고 다시 ${state} 상태입니다. 시작하지 않은 상담은 대기열로 돌아갔습니다.`,
  next: "다음 상담 받기", nothingWaits: "지금 받을 수 있는 대기 상담이 없습니다.",

  offers: "상담 제안", offeredTo: (who, channel) => `새 상담 제안: ${who}, ${channel}`, offerEnds: (t) => `${t} 후 만료`, moreOffers: (k) => `외 ${k}건`,
  accept: "수락", decline: "거절", declineWhy: "거절 사유를 선택하세요", noReason: "사유 없음", waits: (t) => `${t} 대기`, knowsYou: "이전 담당", offerGone: "이미 끝난 제안입니다.",
  declineReasons: { busy: "다른 상담 중", skill: "담당 분야 아님", language: "다른 언어", break: "곧 휴식" },
  passedHow: { declined: "거절", expired: "무응답", withdrawn: "철회" }, passedBy: (who, how) => `${who} ${how}`,

  waitingIn: (queue, t) => `${queue}에서 ${t}째 대기 중`, placeSince: (at) => `순번 기준 ${at}`, needs: (skill, level) => `${skill} ${level} 필요`, prefers: (who) => `${who} 우선`,
  offeredNow: (who, t) => `${who}에게 제안 중, ${t}`, goesBack: "담당자가 시작 전에 나가면 원래 순번으로 돌아갑니다.",
  givenByHand: (who) => `${who} 님에게 직접 배정되었습니다`, becauseByHand: "사람이나 규칙이 정했습니다. 배정할 수 있던 상담원은 다음과 같습니다.",
  why: "배정 이유", whyTitle: (who, at) => `${who}에게 배정된 이유 (${at})`, hadWaited: (queue, t) => `${queue}에서 ${t} 기다렸습니다.`,
  becauseKnows: "이전에 이 고객을 응대한 상담원입니다.", becauseOnly: "받을 수 있는 다른 상담원이 없었습니다.", becauseFirst: "받을 수 있는 상담원 가운데 업무량이 가장 적고 가장 오래 쉬고 있어 먼저 선택되었습니다.",
  candidate: "상담원", load: "업무량", idleSince: "마지막 배정", knows: "이전 담당", notAsked: "제외됨:", unfit: { away: "자리 비움", full: "여유 없음", skill: "스킬 부족", passed: "이미 넘김", team: "다른 팀" },

  segment: "고객 세그먼트", priority: "우선순위", priorityIs: (p) => `우선순위 ${p > 0 ? "+" : ""}${p}`, priorities: { "10": "최우선", "5": "긴급", "2": "높음", "0": "보통", "-5": "낮음" },
  moods: { good: "좋음", poor: "나쁨" }, surveyScored: (kind, score, mood) => [kind, score, mood].filter(Boolean).join(" · "), surveyAsked: (kind) => `${kind}: 요청함, 아직 응답 없음`,

  macros: "매크로", runMacro: "매크로 실행", noMacros: "사용할 수 있는 매크로가 없습니다.", macroDone: (m) => `${m}: 완료`, macroStopped: (m, k, all, why) => `${m}: ${all}개 중 ${k}개 후 중단됨. ${why}`, canned: "상용구",
  actions: { tag: "태그 추가", untag: "태그 제거", assign: "배정", transfer: "이관", prioritise: "우선순위", snooze: "보류", resolve: "해결", reopen: "다시 열기", note: "메모", reply: "답장" },

  lineQueued: (queue) => `${queue} 대기열에 들어갔습니다`, lineOffered: (who) => `${who} 님에게 제안했습니다`, linePriority: (who, p) => `${who} 님이 우선순위를 ${p}(으)로 바꿨습니다`,
  lineClosed: { accepted: (who) => `${who} 님이 수락했습니다`, declined: (who) => `${who} 님이 거절했습니다`, expired: (who) => `${who} 님이 제안에 답하지 않았습니다`, withdrawn: (who) => `${who} 님에게 한 제안이 철회되었습니다` },
  lineWarned: (clock) => `${clock}: 기한이 다가옵니다`, lineBreached: (clock) => `${clock}: 기한을 넘겼습니다`, lineGiven: (who, queue, t) => `${queue}에서 ${t} 대기 후 ${who} 님에게 배정되었습니다`,
  lineAsked: (kind) => `고객에게 설문을 보냈습니다 (${kind})`, lineScored: (kind, score) => `고객 평가: ${kind} ${score}`, lineCommented: (text) => `고객 의견: ${text}`,
};

export const board: typeof boardStrings = {
  title: "현황판", live: "실시간", notLive: "연결이 끊겨 멈춰 있습니다", waitForBoard: "현황을 읽는 중…",
  tabs: { queue: "대기열", team: "팀", channel: "채널", inbox: "인박스" }, total: "전체", noLines: "표시할 내용이 없습니다.",
  open: "진행 중", snoozed: "보류", waiting: "대기", longest: "최장 대기", expected: "예상 대기", offered: "제안 중", inWork: "상담 중", atRisk: "임박", breached: "초과", callbacksDue: "회신 전화",
  serviceNow: "서비스 수준(30분)", serviceToday: "서비스 수준(오늘)", occupancy: "점유율", arrivals: "유입(5분)", moved: "유입/이탈(5분)", departures: "이탈(5분)", abandoned: "오늘 포기", resolvedToday: "오늘 해결",
  books: "장부", balanced: "일치", offBy: (k) => `${k}건 차이`, available: "상담 가능", free: "여유 있음", agents: "상담원", lost: "연결 끊김",
  openList: (what, where) => `${where} ${what}: 대화 보기`, openLongest: "가장 오래 기다린 대화 열기",
  alarms: "알람", alarm: (name, metric, value, where) => `${name}: ${where} ${metric} ${value}`, alarmSince: (t) => `${t}째`,
  metrics: { open: "진행 중", waiting: "대기", offered: "제안 중", in_work: "상담 중", longest_wait: "최장 대기", expected_wait: "예상 대기", at_risk: "임박", breached: "초과", late: "목표 초과 미응답", callbacks_due: "회신 전화", arrivals: "유입", departures: "이탈", service_now: "서비스 수준", service_today: "오늘 서비스 수준", abandoned_today: "포기", available: "상담 가능", free: "여유", occupancy: "점유율", rejected: "거부" },
  chart: (where) => `최근 1시간: ${where}`, chartText: (waiting, most) => `현재 대기 ${waiting}건, 1시간 내 최대 ${most}건.`, zone: (zone) => `${zone} 시간 기준`, chartPast: (waiting, most) => `당시 대기 ${waiting}건, 그 전 1시간 내 최대 ${most}건.`, chartThen: (where) => `그 전 1시간: ${where}`, zoneHint: "현황판의 모든 시각은 이 시간대이며, 하루는 이 시간대의 자정에 시작합니다.", waitingLine: "대기", arrivalsLine: "분당 유입", departuresLine: "분당 이탈", showChart: (where) => `그래프: ${where}`,
  beforeLog: "그때의 기록은 없습니다. 기록은 그 뒤에 시작되었습니다.", notYet: "아직 오지 않은 시점입니다.",
  travel: "지난 시점 보기", travelIn: (zone) => `지난 시점 보기 (${zone} 시간)`, now: "현재", back: (k) => `${k}분 전으로`, forward: (k) => `${k}분 뒤로`, pastNotice: (at) => `${at}의 현황입니다.`, inWorkOf: (k) => `상담 ${k}건`, loadOf: (load, capacity) => `업무량 ${capacity} 중 ${load}`,
  strip: "내 대기열", stripEntry: (queue, k, t) => `${queue}: ${k}건 대기${t ? `, 최장 ${t}` : ""}`, inState: (k, state) => `${state} ${k}`, setPresence: (who) => `${who} 상태 변경`,
};

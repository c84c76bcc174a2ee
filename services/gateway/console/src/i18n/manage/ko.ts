import { formatSpan } from "../../core/span";
import type { manage as en } from "./en";

export const manage: typeof en = {
  areas: { channels: "채널", people: "사람", work: "업무", automation: "자동화", watch: "점검" },
  skills: "스킬", workload: "업무량", hours: "영업시간", policies: "서비스 수준", routes: "라우팅", alarms: "알람", rules: "규칙", macros: "매크로", canned: "상용구", segments: "세그먼트", surveys: "설문",
  backToList: "목록으로", takeAway: "삭제", takeAwayAsk: (name) => `“${name}” 항목을 삭제할까요?`, takenAway: "삭제했습니다", up: "위로", down: "아래로",
  leaveAsk: "입력한 내용이 저장되지 않았습니다. 나갈까요?", stale: "그사이 다른 사람이 변경했습니다.", takeTheirs: "상대 내용을 보고 내 것은 버리기", writeOver: "내 내용으로 덮어쓰기",
  badSpan: "90초, 20분, 1시간 30분처럼 길이를 쓰세요.", atOnce: "바로", nothing: "없음", everybody: "모두", always: "하루 종일", spanOf: (n) => formatSpan(n, "ko"),
  tagsHint: "쉼표로 구분", variables: "변수 넣기",
  variableNames: { "contact.name": "고객 이름", "contact.first_name": "이름만", "agent.name": "상담원 이름", "conversation.id": "대화 번호", "order.id": "주문 번호", link: "설문 링크" },

  usually: (d) => `보통 ${d}`,
  queuesHint: "누군가 맡을 때까지 대화가 기다리는 곳입니다.", mode: "배정 방식", modes: { manual: "직접 선택", pull: "요청하면 배정", push: "자동 배정" },
  modeHints: { manual: "상담원이 목록에서 골라 맡습니다.", pull: "상담원이 ‘다음’을 누르면 순서대로 받습니다.", push: "가장 알맞은 상담원에게 제안합니다." },
  queueTeamsHint: "이 대기열에서 가져갈 수 있는 팀. 없으면 모두 가능합니다.", policy: "서비스 수준", policyHint: "여기서 기다리는 고객에게 하는 약속입니다.", noPolicy: "약속 없음", closed: "영업시간 외에는", closedModes: { on: "평소처럼 계속", hold: "열릴 때까지 보관", move: "다른 대기열로 이동" }, closedTo: "이동할 대기열",
  offers: "제안", offerFor: "제안 응답 시간", offerForHint: "비워 두면 묻지 않고 배정합니다.", passFor: "거절 후 쉬는 시간", passForHint: "이 시간 동안 같은 상담원에게 다시 묻지 않습니다.", preferFor: "같은 상담원 기다리기", preferForHint: "이 시간 동안 고객을 아는 상담원을 우선합니다.", away: "제안을 놓친 상담원을 자리 비움으로", awayHint: "본인이 다시 상담 가능으로 바꿉니다.",
  wrapUp: "후처리 시간", wrapUpHint: "해결 후 이 시간 동안 새 대화를 받지 않습니다.", boost: "우선순위 한 단계의 값", boostHint: "한 단계를 이만큼 기다린 것으로 봅니다.", needs: "필요한 스킬", needsHint: "여기의 모든 대화에 필요합니다.", addNeed: "스킬 추가", noSkills: "아직 스킬이 없습니다.", level: "수준", levelOf: (n) => `${n}수준`,
  relax: "완화", relaxHint: "끝없이 기다리지 않도록 대기 시간에 따라 수준을 낮춥니다.", relaxAfter: "다음 시간 후", relaxBy: "낮출 수준", addStep: "단계 추가", overflowTo: "넘칠 때 보낼 대기열", overflowAfter: "넘기는 시점", stays: "여기에 둠",

  teamsHint: "함께 일하는 상담원 모임입니다.", skillsHint: "답하는 데 필요한 것: 언어, 상품, 권한 등.", newSkill: "새 스킬", whoCan: "가진 사람", addSkill: "스킬 추가", capacity: "처리 용량", capacityHint: "업무 단위이며 보통 100입니다. ‘업무량’을 보세요.", passwordHint: "비워 두면 그대로입니다.", mayWork: "로그인하고 일할 수 있음",
  workloadHint: "대화 하나가 상담원 용량을 얼마나 차지하는지 정합니다. 중단 가능한 일은 기다릴 수 없는 일을 막지 않습니다.", units: "단위", interruptible: "중단 가능", atOnceOf: "용량 100에 동시 처리",

  hoursHint: "답할 사람이 있는 시간입니다. 서비스 수준은 이 시간으로 셉니다.", newHours: "새 영업시간", zone: "시간대", zoneHint: "그곳의 벽시계 기준이며 서머타임을 따릅니다.", open: "여는 시간", holidays: "휴일", week: "한 주", weekHint: "하루에 여러 구간을 둘 수 있습니다. 자정을 넘기면 두 구간으로 나누고 첫 구간은 24:00까지입니다.", closedDay: "쉼", from: "시작", to: "끝", addBlock: "시간 추가", sameAsMonday: "화–금을 월요일과 같게", clockHint: "09:00처럼 쓰고, 하루의 끝은 24:00입니다",
  holidaysHint: "휴일은 요일 대신 적용됩니다. 시간이 없으면 쉽니다.", date: "날짜", yearly: "매년", addHoliday: "휴일 추가",

  policiesHint: "우선순위별로 고객에게 하는 약속입니다.", newPolicy: "새 서비스 수준", priority: "우선순위", priorityFrom: "우선순위부터", firstResponse: "첫 응답", nextResponse: "다음 응답", resolution: "해결", countedIn: "세는 시간", warnBefore: "남은 비율이 이만큼이면 경고(%)", warnHint: "0이면 경고하지 않습니다.",
  targets: "목표", targetsHint: "각 목표는 그 우선순위부터 다음 목표 전까지 적용됩니다. 비워 두면 약속하지 않습니다.", addTarget: "우선순위 추가", raise: "앞당기기", raiseHint: "기다리는 다른 고객보다 우선순위 몇 단계만큼 앞세웁니다(0~10). 초과는 임박 이상이어야 합니다. 표시되는 우선순위는 그대로입니다.", raiseWarned: "임박하면(단계)", raiseMissed: "초과하면(단계)", raisedBy: (warned, missed) => `임박 +${warned}, 초과 +${missed}`, pauses: "해결 시계를 멈추는 때", pausesHint: "응답 시계는 멈추지 않습니다.", pauseSnoozed: "대화를 보류한 동안", pauseWaiting: "고객의 답을 기다리는 동안",

  routesHint: "대화가 열릴 때 위에서부터 확인하고, 처음 맞는 것이 갈 곳을 정합니다.", newRoute: "새 라우팅", when: "조건", whenHint: "참 또는 거짓이 되는 식입니다.", whereTo: "갈 곳", asInbox: "인박스 설정대로", switchedOn: "켜짐", switchedOff: "꺼짐", stopped: "중단됨", stoppedHint: "켠 상태로 저장하면 다시 실행됩니다.",
  reads: "읽을 수 있는 식입니다.", place: (line, column) => `${line}행 ${column}열`, fields: "쓸 수 있는 이름",

  rulesHint: "어떤 일이 일어나면 스스로 처리합니다.", newRule: "새 규칙", happens: "이 일이 일어나면", factsHint: "이 가운데 하나라도.", ifHolds: "조건", ifHint: "비워 두면 언제나.", switchHint: "먼저 지난 한 주로 시험해 보세요.", actions: "할 일", actionOf: (n) => `${n}번째 동작`, addAction: "동작 추가", takeFrom: "없음: 담당 해제", forHowLong: "얼마 동안",
  verbs: { tag: "태그 추가", untag: "태그 제거", assign: "담당자 지정", transfer: "이관", prioritise: "우선순위 지정", snooze: "보류", resolve: "해결", reopen: "다시 열기", note: "메모 쓰기", reply: "고객에게 답장" },
  facts: {
    "conversation.opened": "대화가 열림", "message.added": "메시지나 메모가 더해짐", "conversation.reopened": "대화가 다시 열림", "conversation.resolved": "대화가 해결됨", "conversation.assigned": "담당자가 바뀜", "conversation.transferred": "이관됨", "conversation.queued": "대기열에서 기다리기 시작함", "conversation.tagged": "태그가 바뀜", "conversation.prioritised": "우선순위가 바뀜", "conversation.snoozed": "보류됨", "conversation.woken": "보류가 끝남",
    "clock.warned": "서비스 수준 기한이 임박함", "clock.breached": "서비스 수준 기한을 넘김", "callback.requested": "전화를 약속함", "callback.closed": "회신 전화가 끝남", "message.status_changed": "메시지가 도착·읽힘·실패", "message.reacted": "고객이 이모지로 반응함", "survey.answered": "설문에 답함", "survey.commented": "설문에 의견을 남김", "contact.order_stated": "쇼핑몰이 주문을 알림", "contact.segmented": "세그먼트가 바뀜", "contact.updated": "고객 정보가 바뀜", "contact.created": "새 고객",
  },
  acted: "실행 횟수", failedTimes: (k) => `${k}건 실패`, heldTimes: (k) => `답장 ${k}건 보류`,
  dryRun: "모의 실행", dryHint: "지금 양식에 있는 규칙이 과거에 무엇을 했을지 그때의 고객과 설정대로 보여 줍니다. 실제로 실행하지 않습니다.", tryIt: "시험해 보기", since: "부터", until: "까지", dryActed: (times, conversations) => `대화 ${conversations}개에서 ${times}번 실행했을 것입니다.`, dryNone: "아무것도 하지 않았을 것입니다.", dryRead: (k) => `${k}건을 살펴보았습니다.`, dryPartial: (at) => `시간이 모자라 ${at}까지만 보았습니다.`, dryStopped: (why) => `반복 방지 장치가 멈추었을 것입니다: ${why}`, dryFailed: (k, why) => `식이 ${k}번 실패했습니다: ${why}`, dryFirst: (k) => `처음 ${k}건을 보여 줍니다.`, dryHeld: "답장 하나는 보류되었을 것입니다", dryRefused: { queue: "거부: 그때는 그 대기열이 이미 없었습니다", agent: "거부: 그때는 그 상담원이 이미 없었습니다" }, dryUnsure: "확실하지 않음: 위를 보세요",
  dryUnknown: { customers: (k, at) => `${at} 이전에 고객이 어땠는지는 더 이상 보관되어 있지 않습니다. 그 전 ${k}건은 그 시점의 상태로 판단했습니다.`, erased: (k) => `그 뒤로 고객 정보의 일부가 삭제되었습니다. ${k}건은 그 정보 없이 판단했습니다.`, setting: (what, k, at) => `${what}: ${at} 이전의 설정은 더 이상 보관되어 있지 않습니다. 그 전 ${k}건은 그 시점의 설정으로 판단했습니다.` },
  happened: "일어난 일", wouldDo: "했을 일",

  macrosHint: "한 번 눌러 여러 동작을 합니다.", newMacro: "새 매크로", whoHas: "쓸 수 있는 사람", whoHint: "고르지 않으면 모두.", cannedHint: "미리 준비한 답변입니다. 상담원은 /와 단축어를 입력합니다.", newCanned: "새 상용구", shortcut: "단축어", shortcutHint: "공백과 / 없이 한 단어.", texts: "내용", textsHint: "고객의 언어가 있으면 그것을 씁니다.", addLanguage: "언어 추가",
  segmentsHint: "고객 모임입니다. 누가 속하는지는 스스로 판단합니다.", newSegment: "새 세그먼트", whoBelongs: "속하는 조건", segmentWhen: "고객, 주문, 시간에 대한 식입니다.",
  surveysHint: "대화가 해결된 뒤 스스로 묻습니다.", newSurvey: "새 설문", kind: "종류", surveyKinds: { csat: "만족도(CSAT)", nps: "추천 의향(NPS)", ces: "편의성(CES)" }, kindHints: { csat: "얼마나 만족하셨나요? 1–5", nps: "저희를 추천하시겠어요? 0–10", ces: "얼마나 쉬웠나요? 1–5" }, askAfter: "묻는 시점", askAfterHint: "이 시간 뒤에도 해결 상태이면 묻습니다.", askEvery: "최소 간격", askEveryHint: "한 고객에게 이 기간에 한 번만 묻습니다.", everyTime: "매번", countsFor: "응답 유효 기간(일)", onlyIf: "조건", onlyIfHint: "비워 두면 언제나.", question: "질문", questionHint: "내용이 없으면 기본 질문을 씁니다.", preview: "미리보기", ownQuestion: "이 종류의 기본 질문", otherRoads: "쓰던 채널로 물을 수 없으면 다른 길로 묻기", otherRoadsHint: "전화나 답장 기한이 지난 뒤에는 본인 것으로 증명된 주소에만 메일이나 문자로 묻습니다.",

  alarmsHint: "수치가 기준을 벗어난 동안 현황판에 표시됩니다.", newAlarm: "새 알람", raisedWhen: "울리는 조건", scope: "대상", scopes: { total: "전체", queue: "대기열", team: "팀", channel: "채널", inbox: "인박스" }, metric: "수치", compare: "비교", above: "초과", below: "미만", threshold: "기준값", heldFor: "지속 시간", heldHint: "더 짧게 벗어나면 울리지 않습니다.",
  metrics: { open: "열린 대화", waiting: "대기", offered: "제안 중", in_work: "상담 중", longest_wait: "최장 대기", expected_wait: "예상 대기", at_risk: "임박", breached: "초과", callbacks_due: "걸어야 할 회신 전화", arrivals: "5분간 유입", departures: "5분간 이탈", service_now: "현재 서비스 수준", service_today: "오늘 서비스 수준", abandoned_today: "오늘 포기", available: "상담 가능 인원", free: "여유 있는 인원", occupancy: "점유율", rejected: "거부됨" },
};

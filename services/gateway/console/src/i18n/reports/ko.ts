import type { reports as en } from "./en";

export const reports: typeof en = {
  title: "보고서", numbers: "지표", by: "기준", then: "그리고", nothingElse: "없음", whole: "전체 기간", from: "부터", to: "까지", zone: "시간대", basis: "시간", calendar: "달력 시간", business: "영업시간", csv: "CSV 받기", show: "보기", range: "기간",
  ranges: { today: "오늘", week: "7일", month: "30일", quarter: "90일", custom: "직접 지정" },
  bys: { hour: "시간", day: "일", week: "주", month: "월", channel: "채널", inbox: "인박스", queue: "대기열", team: "팀", agent: "상담원", tag: "태그", segment: "세그먼트", priority: "우선순위" },
  sheets: { volume: "물량", speed: "속도", promises: "서비스 수준", rates: "비율", satisfaction: "만족도", callbacks: "회신 전화", customers: "고객" },
  names: {
    busy_time: "상담 시간", available_time: "상담 가능 시간",
    opened: "열림", reopened: "다시 열림", resolved: "해결", backlog: "기간 말 잔여", received: "받은 메시지", sent: "보낸 메시지", taken: "맡음", abandoned: "포기", first_response_met: "제때 첫 응답", first_response_missed: "늦은 첫 응답", next_response_met: "제때 다음 응답", next_response_missed: "늦은 다음 응답", resolution_met: "제때 해결", resolution_missed: "늦은 해결",
    callbacks_asked: "회신 요청", callbacks_reached: "회신 연결", callbacks_in_vain: "회신 실패", csat_asked: "CSAT 질문", csat_answered: "CSAT 응답", csat_good: "CSAT 만족", csat_poor: "CSAT 불만", nps_asked: "NPS 질문", nps_answered: "NPS 응답", nps_promoters: "추천 고객", nps_detractors: "비추천 고객", ces_asked: "CES 질문", ces_answered: "CES 응답", ces_good: "CES 쉬움", ces_poor: "CES 어려움",
    first_response: "첫 응답", next_response: "다음 응답", resolution_time: "해결", handle_time: "처리", queue_time: "대기열 대기", callback_time: "회신까지",
    reopen_rate: "재오픈율", resolution_rate: "해결률", abandonment_rate: "포기율", service_level: "서비스 수준", next_response_level: "다음 응답 준수율", resolution_level: "해결 준수율", occupancy: "점유율", csat_score: "CSAT 점수", csat_rate: "CSAT 만족률", csat_response_rate: "CSAT 응답률", nps_score: "NPS", nps_response_rate: "NPS 응답률", ces_score: "CES 점수", ces_rate: "CES 쉬움 비율", ces_response_rate: "CES 응답률",
  },
  minutes: "분", average: "평균", median: "중앙값", p90: "p90", unmeasured: (k) => `영업시간이 없는 ${k}건은 빠졌습니다`, without: "(없음)", empty: "이 기간에는 아무 일도 없었습니다.", total: "전체 기간",
  parts: { below: "전체", above: "해당 건만" }, noneBehind: "볼 수 있는 내용이 없습니다.", foundCustomers: (k) => `고객 ${k}명`, occupancyHint: "점유율은 상담원·팀·시간별로만 볼 수 있습니다. 상담원은 자신의 모든 대기열을 동시에 맡기 때문입니다.",
  opens: (what, where) => `${where} ${what}의 대화`, found: (k) => `대화 ${k}개`, more: "더 보기", backTo: "보고서로", narrowed: "좁히기", drop: (what) => `${what} 좁히기 해제`, narrow: (what) => `${what}만 보기`,
  cohortRevenue: (currency) => `월별 고객의 매출(${currency})`, customers: "고객", repeating: "재구매 고객", repeatRate: "재구매율", firstOrder: "첫 주문 월", retention: "재구매 유지", retentionHint: "그 달에 처음 산 고객 가운데 이후 각 달에 다시 산 사람 수입니다.", lifetime: "고객 생애 가치", currency: "통화", orders: "주문", revenue: "매출", perCustomer: "고객당 평균", segment: "세그먼트", everySegment: "모든 고객", afterMonths: (k) => `+${k}`, noOrders: "이 기간에 주문을 알린 쇼핑몰이 없습니다.", hidden: (k) => `${k}건은 이제 볼 수 없는 대화입니다.`, chart: (what) => `${what} 그래프`, formula: (k) => `정의 버전 ${k}`,
};

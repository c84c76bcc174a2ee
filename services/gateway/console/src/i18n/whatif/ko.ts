// Words of the what-if page in Korean.
import type { whatif as en } from "./en";

export const whatif: typeof en = {
  title: "만약에", open: "만약에…", lead: "지난 하루를 다른 인원이나 규칙으로 다시 돌려 실제와 나란히 보여 줍니다. 실제로 바뀌는 것은 없습니다.", onlySupervisors: "이 화면은 슈퍼바이저와 관리자만 볼 수 있습니다.",
  when: "언제", day: "날짜", from: "시작", to: "끝", hoursHint: "비우면 하루 전체입니다.", nextDay: "다음 날에 끝납니다.", zone: (zone) => `${zone} 시간`, target: "제때의 기준(배정까지)",
  people: "인원", agents: "상담원 증감", agentsHint: "2는 두 명 추가, −2는 두 명 감소입니다. 추가된 상담원은 가장 오래 있던 상담원과 같은 시간에 일합니다.", team: "어느 팀에서", everyTeam: "모든 팀", capacity: "모두의 처리 용량", capacityHint: "업무 단위이며 보통 100입니다. 비우면 그날 그대로입니다.",
  skills: "스킬", withoutHint: "그날 요구하지 않았다고 볼 스킬입니다. 대기열이 요구하든 라우팅이 요구하든 모두 뺍니다.", withoutWords: (what) => `요구하지 않음: ${what}`, noDifference: "바꾸었더라도 기다린 고객에게는 차이가 없습니다.",
  rules: "대기열 규칙", pickQueue: "대기열 바꾸기", rulesHint: "각 칸은 오늘의 설정입니다. 여기서 바꾼 것만 다르게 돌리고, 나머지는 그날 그대로 둡니다.", wasToday: (value) => `오늘: ${value}`, noQueues: "순서대로 일을 나누는 대기열이 없습니다.",
  asToday: "그날의 설정 대신 오늘의 설정으로", asTodayWords: (queue) => `${queue}: 오늘 설정 그대로`, order: "누가 먼저", orderStep: (span) => `대기 시간과 우선순위, 한 단계를 ${span} 대기로 계산`, orders: { "1": "가장 오래 기다린 고객, 우선순위는 거의 무시", "86400": "우선순위, 한 단계를 하루 대기로 계산" }, advanced: "제안과 후처리",
  play: "돌려 보기", playing: "그날을 다시 돌리는 중입니다…", seconds: (n) => `${n}초`, leave: "다른 화면으로 가도 됩니다. 결과는 여기에 남습니다.", stop: "중지", finished: "만약에: 결과가 나왔습니다.", busy: "제시간에 돌리지 못했거나 다른 요청이 먼저입니다. 잠시 후 다시 하거나 시간을 줄여 보세요.",
  nothing: "먼저 인원, 처리 용량, 대기열 규칙 가운데 하나를 바꾸세요.", future: "아직 오지 않은 시간입니다.", stale: "그 뒤로 질문이 바뀌었습니다. 다시 돌려야 결과에 반영됩니다.",
  hint: "날짜를 고르고 무언가를 바꾼 뒤 돌려 보세요. 대기 시간, 서비스 수준, 포기, 대기 건수가 실제와 나란히 나옵니다.",
  changes: "바꾼 것", agentsBy: (n, team) => `상담원 ${n}명, ${team}`, capacityTo: (n) => `모두의 처리 용량: ${n}`, ruleTo: (queue, rule, now, today) => `${queue}, ${rule}: ${now} (오늘은 ${today})`,
  number: "지표", was: "실제", again: "다시 돌린 결과", changed: "바꾸었다면", difference: "차이", against: "차이는 그대로 다시 돌린 하루와 바꾸어 돌린 하루의 차이입니다.",
  verdicts: { better: "나아짐", worse: "나빠짐", more: "늘어남", less: "줄어듦", same: "같음" }, points: (n) => `${n}%p`, instead: (what, now, before, verdict) => `${what}: ${before} 대신 ${now}, ${verdict}.`,
  measures: { in_time: "제때 배정", median_ms: "대기 중앙값", p90_ms: "90%가 기다린 시간", longest_ms: "가장 긴 대기", arrivals: "대기 시작", taken: "상담원에게 배정", abandoned: "포기", otherwise: "다른 방법으로 처리", waiting: "끝날 때 대기", most: "가장 많이 기다린 때", agents: "평균 상담 가능 인원", occupancy: "상담원 점유율" },
  inTime: (span) => `${span} 안에 배정`, result: "결과", shown: "대기열", all: "모든 대기열", each: "대기열별", eachHint: "다시 돌린 결과 → 바꾸었다면. 대기열을 누르면 위에 자세히 나옵니다.", show: (queue) => `${queue} 자세히 보기`,
  chart: (where) => `대기 건수: ${where}`, chartMost: (line, n, at) => `${line}: ${at}에 최대 ${n}건.`, chartNone: (line) => `${line}: 없음.`, beganHere: "어디에서 배정되었든 처음 기다리기 시작한 대기열로 셉니다.",
  good: "바꾸지 않고 다시 돌린 하루가 실제와 비슷합니다. 차이는 바꾼 것에서 나온 것입니다.", poor: "바꾸지 않고 다시 돌린 하루가 실제와 다릅니다. 규칙에 없는 무언가가 작용했으니 차이는 크기보다 방향으로 보세요.",
  partial: (at) => `기록이 많아 제시간에 다 읽지 못했습니다. 구간은 ${at}에 끝납니다.`, empty: "이 시간에는 대기열에서 기다리기 시작한 고객이 없습니다.", span: (from, to) => `${from} – ${to}`,
  assumptions: "이렇게 가정합니다",
  assumed: {
    patience: "포기한 고객은 그날만큼만 기다립니다. 응대받은 고객은 끝까지 기다렸을 것으로 봅니다.",
    work: "상담에 걸리는 시간은 누가 맡든 그날과 같습니다. 아무도 맡지 않은 대화는 그 대기열의 중앙값으로 봅니다.",
    offers: "한 대화의 제안은 누구에게 가든 그날 넘긴 횟수만큼 넘어갑니다.",
    presence: "상담원의 상태와 대기열 밖의 일은 그날과 같습니다. 후처리는 다시 돌린 상담에 따라 정해집니다.",
    pull: "‘다음’을 눌러 받는 대기열에서는 여유가 생기자마자 받는 것으로 봅니다.",
    settings: "상담원, 팀, 스킬, 대기열, 영업시간, 서비스 수준은 그때의 것이며 바뀐 시각에 바뀝니다. 그 뒤 64번 넘게 바뀐 설정은 남아 있는 가장 오래된 값을 씁니다.",
  },
};

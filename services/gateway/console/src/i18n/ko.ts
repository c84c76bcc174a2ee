// Korean strings.
import type { Strings } from "./en";
import { manage } from "./manage/ko";
import { reports } from "./reports/ko";
import { whatif } from "./whatif/ko";
import { board, work } from "./work/ko";

export const ko: Strings = {
  name: "한국어",
  signIn: "로그인", email: "이메일", password: "비밀번호", signOut: "로그아웃", badSignIn: "이메일 또는 비밀번호가 올바르지 않습니다.",
  changePassword: "비밀번호 변경", currentPassword: "현재 비밀번호", newPassword: "새 비밀번호", repeatPassword: "새 비밀번호 확인", passwordsDiffer: "새 비밀번호가 서로 다릅니다.", wrongPassword: "현재 비밀번호가 올바르지 않습니다.", passwordChanged: "비밀번호를 변경했습니다", otherSessionsEnd: "이 화면은 로그인이 유지되며, 다른 곳에서는 모두 로그아웃됩니다.",
  tooMany: "시도가 너무 많습니다. 잠시 후 다시 시도하세요.", unreachable: "서버에 연결할 수 없습니다.",
  sessionEnded: "세션이 만료되었습니다. 다시 로그인하세요.",
  tagline: "모든 채널을 하나의 대화로",

  all: "전체", mine: "내 담당", unassigned: "미배정", snoozed: "보류", resolved: "해결됨", open: "진행 중", merged: "병합됨",
  channels: "채널", tags: "태그", teams: "팀", queues: "대기열", search: "검색", searchHint: "메시지, 고객, 제목 검색",
  admin: "관리", inbox: "인박스", views: "보기",
  newest: "최신순", longest: "오래 기다린 순", results: (q) => `“${q}” 검색 결과`,
  emptyList: "비어 있습니다. 수고하셨어요.", emptySearch: "검색 결과가 없습니다.", pickOne: "대화를 선택하세요",
  pickHint: "j, k로 이동하고 Enter로 엽니다. ? 를 누르면 단축키가 보입니다.", loading: "불러오는 중…", retry: "다시 시도",
  loadFailed: "불러오지 못했습니다.", goneTitle: "볼 수 없는 대화입니다", goneHint: "존재하지 않거나 다른 팀으로 이관되었습니다.",
  waiting: (t) => `${t} 대기`, unread: (k) => `읽지 않은 메시지 ${k}개`,

  connLive: "실시간", connConnecting: "연결 중…", connWaiting: (s) => `오프라인. ${s}초 후 재시도`, connRefused: "연결이 끊겼습니다. 새로고침하세요.",
  tryNow: "지금 시도",

  noName: "이름 없음", nobody: "없음", system: "Tributary",
  assign: "배정", assignMe: "나에게 배정", assignTo: "담당자 배정…", unassign: "배정 해제", transfer: "이관", transferTo: "이관 대상…",
  team: "팀", queue: "대기열", agent: "상담원", noteOptional: "받는 사람에게 남길 메모 (선택)",
  snooze: "보류", snoozeUntil: (t) => `${t}까지 보류`, resolve: "해결", reopen: "다시 열기", wake: "보류 해제", addTag: "태그 추가", removeTag: (t) => `태그 ${t} 제거`,
  inOneHour: "1시간 후", inThreeHours: "3시간 후", tomorrow: "내일 오전", nextWeek: "다음 월요일", pickDate: "날짜와 시간 선택", set: "설정",
  copyLink: "링크 복사", copied: "링크를 복사했습니다", close: "닫기", cancel: "취소", save: "저장", add: "추가", remove: "제거", 

  reply: "답장", note: "메모", send: "보내기", addNote: "메모 남기기", attach: "파일 첨부", removeFile: (f) => `${f} 제거`,
  replyHint: (to) => `${to}에게 답장`, noteHint: "팀에게만 보입니다", via: "채널", sendKey: "Ctrl+Enter로 보내기",
  uploadFailed: (f) => `${f} 업로드에 실패했습니다`, uploading: "업로드 중…", dropHere: "파일을 놓아 첨부하세요", noRoad: "답장할 채널이 없습니다",
  sending: "보내는 중…", notSent: "보내지 못함", sendAgain: "다시 보내기", discard: "버리기",

  unverified: "미확인 발신자", unverifiedHint: "주소가 증명되지 않았습니다. 답장은 주소의 실제 소유자에게 갑니다.",
  replyToDiffers: "회신 주소(Reply-To)가 발신자와 다릅니다. 답장은 발신자에게 갑니다.", automatic: "자동 발송", edited: "수정됨", removed: "회수된 메시지입니다.",
  idReused: "같은 ID로 다른 내용이 다시 왔습니다.", charsetGuessed: "문자 집합을 추정했습니다.", 
  showQuoted: "인용문 보기", hideQuoted: "인용문 숨기기", showImages: "이미지 표시", imagesBlocked: "외부 이미지가 차단되었습니다.",
  showHtml: "원본 보기", showText: "텍스트 보기", download: "내려받기", notFetched: "아직 가져오지 않은 파일입니다",
  stQueued: "대기 중", stSent: "보냄", stDelivered: "도착", stRead: "읽음", stFailed: "실패", stUnknown: "결과 알 수 없음",
  unknownHint: "제공자가 이 메시지의 수신 여부를 알려 주지 않았습니다. 확인 후 결정하세요.", arrived: "도착했음", giveUp: "포기",
  confirmAgain: "고객이 두 번 받을 수 있습니다. 다시 보낼까요?",
  call: "통화", callIn: "수신 통화", callOut: "발신 통화", ring: "울림", talk: "통화", transcript: "녹취록",
  outcomes: { answered: "응답", missed: "부재중", abandoned: "포기", voicemail: "음성사서함", busy: "통화 중", failed: "실패", rejected: "거절" },
  channelNames: { email: "이메일", webchat: "웹 채팅", sms: "문자", phone: "전화", webhook: "웹훅", visit: "방문", kakao: "카카오톡", line: "라인", navertalk: "네이버 톡톡" },
  today: "오늘", yesterday: "어제", older: "이전 메시지",
  typing: (who) => `${who} 님이 입력 중…`, viewing: (who) => `${who} 님이 보고 있습니다`,
  newBelow: "새 메시지",

  lineTook: (who) => `${who} 님이 맡았습니다`, lineOpened: "대화 시작", lineAssigned: (who, to) => `${who} 님이 ${to}에게 배정했습니다`, lineUnassigned: (who) => `${who} 님이 배정을 해제했습니다`,
  lineTransferred: (who, to) => `${who} 님이 ${to}(으)로 이관했습니다`, lineTagged: (who, t) => `${who} 님이 태그를 변경했습니다: ${t}`,
  lineSnoozed: (who, t) => `${who} 님이 ${t}까지 보류했습니다`, lineWoken: "보류가 끝났습니다", lineResolved: (who) => `${who} 님이 해결 처리했습니다`, lineEnded: "방문자가 채팅을 종료하여 해결 처리되었습니다", visitorEnded: "방문자가 채팅을 종료했습니다", customerLeft: "고객이 채팅방을 나갔습니다",
  lineReopened: (who) => `${who} 님이 다시 열었습니다`, lineMerged: (who) => `${who} 님이 대화를 병합했습니다`, lineSplit: (who) => `${who} 님이 병합을 취소했습니다`,
  lineContactMerged: (who) => `${who} 님이 고객을 병합했습니다`, linePoint: "연락처가 변경되었습니다", lineSuggested: "다른 고객과 같은 사람일 수 있습니다",

  contact: "고객", points: "연락처", attributes: "정보", others: "다른 대화", suggestions: "같은 사람일 수 있음", mergedContacts: "병합된 고객",
  proved: "증명됨", stated: "전달됨", claimed: "본인 주장", merge: "병합", dismiss: "다른 사람", undoMerge: "병합 취소", automaticMerge: "자동",
  addPoint: "연락처 추가", attributeName: "이름", attributeValue: "값", rename: "이름 변경", noOthers: "다른 대화가 없습니다", since: (t) => `${t}부터 고객`,
  mergeAsk: (name) => `${name} 고객을 이 고객으로 병합할까요? 취소할 수 있습니다.`, showPanel: "고객 정보 보기", hidePanel: "고객 정보 숨기기",

  firstAssigned: (who) => `다른 사람이 먼저 처리했습니다. 현재 담당: ${who}`, firstStatus: (s) => `다른 사람이 먼저 처리했습니다. 현재 상태: ${s}`,
  firstOther: "그사이 변경되었습니다. 다시 확인하세요.", failed: "처리하지 못했습니다.", notAllowed: "권한이 없습니다.", done: "완료",
  resolvedToast: "해결됨", reopenedToast: "다시 열림", snoozedToast: "보류됨", assignedToast: (who) => `${who}에게 배정됨`, transferredToast: "이관됨", undo: "실행 취소",

  keys: "단축키", palette: "명령", paletteHint: "명령, 보기, 사람 입력", noCommand: "해당 명령이 없습니다",
  kNext: "다음 대화", kPrev: "이전 대화", kOpen: "열기", kBack: "목록으로", language: "언어", goTo: "이동", 

  inboxes: "인박스", agents: "상담원", deadLetters: "처리 실패", books: "장부", backToInbox: "대화로 돌아가기",
  newInbox: "새 인박스", newAgent: "새 상담원", newTeam: "새 팀", newQueue: "새 대기열", create: "만들기", label: "이름", channel: "채널", status: "상태",
  address: "주소", profile: "프로필", auth: "인증", secretHint: "한 번만 저장되며 다시 표시되지 않습니다.", demo: "데모 페이지", demoOn: "데모 페이지 제공",
  paused: "중지됨", active: "사용 중", pause: "중지", resume: "재개", copy: "복사", moreSettings: "추가 설정 (JSON)", badJson: "JSON 객체가 아닙니다.",
  role: "역할", roleAgent: "상담원", roleSupervisor: "슈퍼바이저", roleAdministrator: "관리자", disabled: "비활성", disable: "비활성화", enable: "활성화",
  received: "수신", stored: "저장", duplicate: "중복", rejected: "거부", underWay: "처리 중", balance: "정산", balances: "일치", off: (k) => `${k}건 차이`,
  booksHint: "수신 = 저장 + 중복 + 거부. 차이가 계속 남으면 유실된 것이 있다는 뜻입니다.", reason: "사유", attempts: "시도", time: "시각", redrive: "다시 처리", redriven: "다시 맡겼습니다",
  deadEmpty: "처리 실패가 없습니다.", none: "아직 없습니다.", onlyAdmin: "관리자만 볼 수 있습니다.", refresh: "새로고침", worker: "작업자",

  copiedText: "복사했습니다", test: "테스트", testOK: "제공자가 인증 정보를 받아들였습니다.", connect: "연결", connected: "이제 제공자가 이 인박스로 보냅니다.", suspended: "발송 정지", suspendedHint: (why) => `발송이 멈췄습니다: ${why}`, sendAgainInbox: "발송 재개",
  lastError: "마지막 오류", hookURL: "웹훅 주소", hookHint: "제공자 설정에 이 주소를 입력하세요.", eventKind: "이벤트", newestEvents: "최근 이벤트", firstEvent: "첫 이벤트를 기다리는 중…", notUnderstood: "원문 보관", asItCame: "원문 보기", onlyBeginning: "앞부분만 표시됩니다", openInbox: "열기", settings: "설정", editSettings: "설정 변경",
  keepSecret: "변경 없음", advanced: "고급", pickChannel: "어떤 채널인가요?", importFile: "파일 가져오기", importHint: "한 줄에 통화나 이벤트 하나가 있는 파일(CSV). 이미 있는 것은 바뀌지 않습니다.", importing: "읽는 중…", rejectedLines: "거부된 줄", line: "줄",
  groups: { mail: "메일", chat: "메신저", text: "문자", phone: "전화", shop: "쇼핑몰", other: "기타" }, deleteInbox: "삭제", deleteAsk: (name) => `인박스 ${name}을(를) 삭제할까요? 받은 내용은 남습니다.`, on: "켬", oneWay: "수신 전용",
  callBack: (to) => `${to} 회신 전화`, callbackFor: { missed: "부재중 전화", voicemail: "음성사서함", asked: "전화 요청" }, callbackWanted: (at) => `${at} 희망`, callbackTried: (k) => `${k}회 시도`,
  reached: "통화함", notReached: "연결 안 됨", callbackCancel: "필요 없음", requestCallback: "회신 전화 약속", number: "번호", wantedAt: "희망 시각", noteShort: "메모",
  newEntry: "방문·통화 직접 입력", whatHappened: "내용", directionIn: "고객이 방문·전화", directionOut: "우리가 전화", occurredAt: "일시", ringS: "울림(초)", talkS: "통화(초)", outcome: "결과", saved: "저장했습니다", whom: "전화번호 또는 이메일",
  wordsReused: "다른 메시지의 ID와 겹쳐 보내지 못했습니다. 다시 보내 주세요.",
  windowClosed: "이 채널의 자유 답장 가능 시간이 지났습니다.", windowTemplates: "승인된 템플릿은 보낼 수 있습니다.", pickTemplate: "템플릿 선택", noTemplates: "승인된 템플릿이 없습니다.", sendTemplate: "템플릿 보내기", templateValue: (k) => `${k} 값`,
  fileFetching: "가져오는 중", fileFailed: (why) => `가져오지 못함: ${why}`, recording: "녹음", waitingS: "대기", answeredBy: (who) => `${who} 응답`, reacted: (emoji) => `고객 반응: ${emoji}`,
  value: "고객 가치", boughtFor: "구매 금액", perOrder: "주문당 평균", firstOrder: "첫 주문", lastOrder: "마지막 주문",
  orders: "주문", order: (no) => `주문 ${no}`, refunded: (amount) => `환불 ${amount}`, lineErased: "요청에 따라 데이터를 삭제했습니다", lineCallback: (to) => `${to} 회신 전화가 필요합니다`, template: "템플릿", offered: "버튼으로 제공한 답변 (지원하는 채널에서만)", pressed: "버튼으로 답변",
  lineCallbackClosed: { reached: "회신 전화가 연결되었습니다", cancelled: "회신 전화가 더 이상 필요 없습니다", "in-vain": "회신 전화를 포기했습니다" },

  callback: "회신 전화", withheld: "발신번호 표시제한", text: "내용", filter: "찾기", templates: "템플릿", showTemplates: "템플릿 보기", pausedHint: "중지됨: 들어오는 것은 보관되고, 재개할 때까지 아무것도 나가지 않습니다.",
  editedAt: (at) => `${at} 수정됨`, saidBefore: "수정 전 내용", until: (at) => `${at}까지`, erased: "고객의 요청으로 삭제되었습니다.", legs: (k) => `구간 ${k}개`,
  noRoadHint: "이 고객에게 답할 수 있는 인박스가 없습니다.", windowWait: "고객이 다시 쓰면 열립니다.", noFilesHere: "이 채널로는 파일을 보낼 수 없습니다.", fileTooLarge: (name, most) => `${name} 파일이 ${most}보다 큽니다.`,
  openOrder: "쇼핑몰에서 열기", parcel: "택배",
  refusals: { "window-closed": "자유 답장 가능 시간이 지났습니다.", "opted-out": "고객이 수신을 거부했습니다.", "bad-address": "없는 주소이거나 연결할 수 없습니다.", "bad-template": "승인되지 않은 템플릿이거나 값이 맞지 않습니다.", "bad-media": "이 채널에서 받지 않는 파일입니다.", "too-long": "글이 너무 깁니다.", quota: "계정의 한도를 다 썼습니다." },
  fileFails: { "the provider has it no more": "제공자에게 더 이상 없습니다", "no way to fetch": "가져올 방법이 없습니다", "the file's address is not public": "공개된 주소가 아닙니다", "the provider did not give it": "제공자가 주지 않았습니다", larger: "너무 큽니다" },
  orderStates: { cancelled: "취소됨", pending: "대기", authorized: "승인됨", paid: "결제됨", partially_paid: "일부 결제", refunded: "환불됨", partially_refunded: "일부 환불", voided: "무효", fulfilled: "출고됨", partial: "일부 출고", unfulfilled: "출고 전", restocked: "재입고", in_transit: "배송 중", out_for_delivery: "배달 출발", delivered: "배달 완료", success: "인계됨", failure: "실패" },
  eventNames: { "message.received": "메시지", "message.edited": "수정", "message.removed": "회수", "message.reacted": "반응", "delivery.reported": "수신 확인", "call.logged": "통화", "call.amended": "통화 보충", "callback.wanted": "회신 요청", "order.stated": "주문", "contact.stated": "고객 정보", "contact.erased": "삭제 요청", "chat.ended": "채팅 종료" },
  previews: { sent: "보냄", delivered: "도착", read: "읽음", failed: "실패", answered: "응답", missed: "부재중", abandoned: "포기", voicemail: "음성사서함", busy: "통화 중", rejected: "거절" },

  work, board, manage, reports, whatif,
};

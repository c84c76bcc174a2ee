// What the widget says, in the visitor's language. Korean and English; anything
// else is answered in English.

const en = {
  open: "Open chat",
  close: "Close chat",
  unread: (n: number) => (n === 1 ? "1 new message" : `${n} new messages`),
  title: "Chat with us",
  greeting: "How can we help?",
  placeholder: "Write a message",
  send: "Send",
  sending: "Sending",
  waiting: "Waiting for a connection",
  failed: "Not sent",
  retry: "Try again",
  sent: "Sent",
  agent: "Agent",
  you: "You",
  typing: (name: string) => (name ? `${name} is typing…` : "Typing…"),
  connecting: "Connecting…",
  offline: "No connection. What you write is sent as soon as there is one.",
  refused: "The chat could not sign you in. Please reload the page.",
  ended: "This chat is not available.",
  removed: "This message was taken back.",
  edited: "edited",
  older: "Earlier messages",
  tooLong: (max: number) => `At most ${max} characters.`,
  log: "Messages",
  replies: "Answers to choose from",
  end: "End chat",
  endAsk: "End this chat? You can write again at any time.",
  endNo: "Keep chatting",
  youEnded: "You ended the chat.",
};

export type Words = typeof en;

const ko: Words = {
  open: "채팅 열기",
  close: "채팅 닫기",
  unread: (n) => `새 메시지 ${n}개`,
  title: "채팅 상담",
  greeting: "무엇을 도와드릴까요?",
  placeholder: "메시지를 입력하세요",
  send: "보내기",
  sending: "보내는 중",
  waiting: "연결을 기다리는 중",
  failed: "보내지 못했습니다",
  retry: "다시 보내기",
  sent: "보냄",
  agent: "상담원",
  you: "나",
  typing: (name) => (name ? `${name} 님이 입력 중…` : "입력 중…"),
  connecting: "연결하는 중…",
  offline: "연결이 끊겼습니다. 작성한 내용은 연결되는 대로 전송됩니다.",
  refused: "로그인 확인에 실패했습니다. 페이지를 새로 고쳐 주세요.",
  ended: "지금은 채팅을 이용할 수 없습니다.",
  removed: "삭제된 메시지입니다.",
  edited: "수정됨",
  older: "이전 메시지",
  tooLong: (max) => `최대 ${max}자까지 쓸 수 있습니다.`,
  log: "메시지 목록",
  replies: "선택할 수 있는 답변",
  end: "상담 종료",
  endAsk: "상담을 종료할까요? 언제든 다시 문의하실 수 있습니다.",
  endNo: "계속 상담하기",
  youEnded: "상담을 종료했습니다.",
};

// words picks by the attribute data-lang, else by what the browser prefers.
export function words(asked: string | undefined): { words: Words; lang: string } {
  const wanted = asked ? [asked] : navigator.languages?.length ? navigator.languages : [navigator.language];
  for (const tag of wanted) {
    const lang = tag.toLowerCase().split("-")[0];
    if (lang === "ko") return { words: ko, lang: "ko" };
    if (lang === "en") return { words: en, lang: "en" };
  }
  return { words: en, lang: "en" };
}

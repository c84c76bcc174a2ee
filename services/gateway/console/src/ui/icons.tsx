// Icons as paths on a 20×20 grid, drawn with the text colour. They are hidden
// from screen readers: whatever holds one has its own name.
import { kinds } from "../core/store";
import { language, t } from "../i18n";

const paths = {
  inbox: "M3 11l2.4-6.2A1.5 1.5 0 0 1 6.8 4h6.4a1.5 1.5 0 0 1 1.4.8L17 11v4a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1zM3 11h4l1 2h4l1-2h4",
  user: "M10 10a3.2 3.2 0 1 0 0-6.4A3.2 3.2 0 0 0 10 10zM3.8 16.5c.7-3 3.2-4.4 6.2-4.4s5.5 1.4 6.2 4.4",
  users: "M7.5 9.5a2.8 2.8 0 1 0 0-5.6 2.8 2.8 0 0 0 0 5.6zM2 16c.5-2.8 2.7-4.2 5.5-4.2S12.5 13.2 13 16M13.2 4.2a2.7 2.7 0 0 1 0 5M15 12.2c1.7.5 2.7 1.8 3 3.8",
  userOff: "M8.5 9.5a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM2.5 16c.6-2.8 3-4.2 6-4.2 1 0 2 .2 2.8.5M13 13l4 4M17 13l-4 4",
  clock: "M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM10 6v4.2l2.8 1.7",
  check: "M4 10.5l4 4 8-9",
  checks: "M1.8 10.8l3.5 3.5 6.6-8M8.6 12.8l1.5 1.5 7-8.4",
  undo: "M7.5 5L4 8.5 7.5 12M4.3 8.5H12a4 4 0 0 1 0 8H8",
  search: "M9 15A6 6 0 1 0 9 3a6 6 0 0 0 0 12zM13.4 13.4L17 17",
  tag: "M3 4.5V9l7.6 7.6a1.4 1.4 0 0 0 2 0l4-4a1.4 1.4 0 0 0 0-2L9 3H4.5A1.5 1.5 0 0 0 3 4.5zM6.6 6.6h.01",
  arrowRight: "M4 10h12M11 5l5 5-5 5",
  link: "M8.5 11.5a3 3 0 0 0 4.3 0l2.6-2.6a3 3 0 0 0-4.3-4.3l-.9.9M11.5 8.5a3 3 0 0 0-4.3 0l-2.6 2.6a3 3 0 0 0 4.3 4.3l.9-.9",
  clip: "M15.5 9.2l-5.6 5.6a3.4 3.4 0 0 1-4.8-4.8l6-6a2.3 2.3 0 0 1 3.2 3.2l-6 6a1.1 1.1 0 0 1-1.6-1.6l5.4-5.4",
  send: "M3.5 4l13.5 6-13.5 6 2-6zM5.5 10h6",
  note: "M5 3.5h10A1.5 1.5 0 0 1 16.5 5v7l-4.5 4.5H5A1.5 1.5 0 0 1 3.5 15V5A1.5 1.5 0 0 1 5 3.5zM16.3 12H12v4.3M6.8 7.5h6.4M6.8 10.5h3.4",
  x: "M5 5l10 10M15 5L5 15",
  plus: "M10 4v12M4 10h12",
  gear: "M10 12.6a2.6 2.6 0 1 0 0-5.2 2.6 2.6 0 0 0 0 5.2zM10 2.5v2.2M10 15.3v2.2M2.5 10h2.2M15.3 10h2.2M4.7 4.7l1.6 1.6M13.7 13.7l1.6 1.6M4.7 15.3l1.6-1.6M13.7 6.3l1.6-1.6",
  panel: "M4 4h12a1 1 0 0 1 1 1v10a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V5a1 1 0 0 1 1-1zM12.5 4v12",
  back: "M12 4.5L6.5 10l5.5 5.5",
  up: "M10 16V4.500M5.500 9L10 4.500 14.500 9",
  down: "M10 4v11.500M5.500 11l4.500 4.500L14.500 11",
  bell: "M5.500 13.500V9a4.500 4.500 0 0 1 9 0v4.500l1.300 1.500H4.200zM8.500 17h3M10 4.500V3",
  pause: "M7 5v10M13 5v10",
  next: "M4 5l6 5-6 5zM11 5l6 5-6 5z",
  chart: "M3 4v12.500h14M6 12.500l3.200-4 2.800 2.300L16.500 5.500",
  board: "M3.500 16.500h13M5.500 13.500v-4M10 13.500v-9M14.500 13.500V7.500",
  bolt: "M11 2.800L4.800 11.300H9.500L8.800 17.200 15.200 8.600H10.400z",
  star: "M10 3l2.100 4.500 4.900.6-3.600 3.400.9 4.900L10 14l-4.300 2.400.9-4.900L3 8.100l4.900-.6z",
  flag: "M5 17V3.500M5 4h9.500l-2 3.200 2 3.300H5",
  sort: "M6 4v12M3 13l3 3 3-3M14 16V4M11 7l3-3 3 3",
  warn: "M10 3.2l7.2 12.6H2.8zM10 8v3.6M10 13.8h.01",
  shield: "M10 2.8l6 2.2v4.6c0 3.6-2.5 6.2-6 7.6-3.500-1.400-6-4-6-7.600V5zM7.400 9.800l1.900 1.900 3.400-3.600",
  help: "M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM8 8a2 2 0 1 1 2.800 1.900c-.6.3-.8.7-.8 1.400M10 13.800h.01",
  file: "M5.500 3h6l4 4v9a1 1 0 0 1-1 1h-9a1 1 0 0 1-1-1V4a1 1 0 0 1 1-1zM11.500 3v4h4",
  image: "M4 4h12a1 1 0 0 1 1 1v10a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V5a1 1 0 0 1 1-1zM3.300 14l4-4 3.200 3.200 2.300-2.300 3.800 3.800M13 7.600h.01",
  quote: "M4 10h.01M10 10h.01M16 10h.01",
  merge: "M5 4v3.500A4.500 4.500 0 0 0 9.500 12H15M12 9l3 3-3 3M5 16v-3",
  out: "M8 4H4.500a1 1 0 0 0-1 1v10a1 1 0 0 0 1 1H8M12.500 6.500L16 10l-3.500 3.500M16 10H7.500",
  queue: "M4 5h12M4 10h12M4 15h7",
  trash: "M4 5.500h12M8 5.500V4a.8.8 0 0 1 .8-.8h2.400a.8.8 0 0 1 .8.8v1.500M5.500 5.500l.7 10.300a1 1 0 0 0 1 1h5.600a1 1 0 0 0 1-1l.7-10.300M8.500 8.500v5.500M11.500 8.500v5.500",
  template: "M4 3.500h12v4H4zM4 10h5.500v6.500H4zM12.500 10H16M12.500 13.200H16M12.500 16.400H16",
  email: "M3.500 5h13a.5.5 0 0 1 .5.5v9a.5.5 0 0 1-.5.5h-13a.5.5 0 0 1-.5-.5v-9a.5.5 0 0 1 .5-.5zM3.300 5.800L10 11l6.700-5.200",
  webchat: "M4 4h12a1 1 0 0 1 1 1v7.500a1 1 0 0 1-1 1H9L5.500 16.500v-3H4a1 1 0 0 1-1-1V5a1 1 0 0 1 1-1zM6.500 8h7M6.500 10.500h4",
  sms: "M6.500 2.500h7a1 1 0 0 1 1 1v13a1 1 0 0 1-1 1h-7a1 1 0 0 1-1-1v-13a1 1 0 0 1 1-1zM9 14.800h2",
  phone: "M5 3.500l2.500-.5 1.500 3.800-1.700 1.300a9 9 0 0 0 4.600 4.600l1.300-1.700 3.800 1.500-.5 2.500a1.600 1.600 0 0 1-1.700 1.300C8.700 15.900 4.100 11.300 3.700 5.200A1.600 1.600 0 0 1 5 3.500z",
  webhook: "M7 7l-3 3 3 3M13 7l3 3-3 3M11.200 5l-2.400 10",
  social: "M10 3.200c4 0 7 2.800 7 6.300s-3 6.300-7 6.300c-.8 0-1.500-.1-2.200-.3L4.500 17l.5-3.100a6 6 0 0 1-2-4.400c0-3.500 3-6.300 7-6.300z",
  visit: "M3.500 8.500L10 3.500l6.500 5M5 8v8h10V8M8.500 16v-4.500h3V16",
};

export type IconName = keyof typeof paths;

export function Icon({ name, size = 16 }: { name: IconName; size?: number }) {
  return (
    <svg class="icon" width={size} height={size} viewBox="0 0 20 20" fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">
      <path d={paths[name]} />
    </svg>
  );
}

/** The icon of a channel; messengers share one and differ by colour. */
export function ChannelIcon({ channel, size = 14 }: { channel: string; size?: number }) {
  const name = (channel in paths ? channel : (likeness[channel] ?? "social")) as IconName;
  return <span class={`channel ch-${channel}`}><Icon name={name} size={size} /></span>;
}

const likeness: Record<string, IconName> = {
  asterisk: "phone", freeswitch: "phone", threecx: "phone", callcsv: "phone", twiliovoice: "phone", vonagevoice: "phone", twilio: "sms", vonage: "sms", alimtalk: "sms", shopify: "tag", shop: "tag", telemetry: "webhook",
};

/** A channel's name: the language's own word, else what the server calls it. */
export function channelName(channel: string): string {
  const label = kinds.value.find((k) => k.kind === channel)?.label;
  return t.value.channelNames[channel] ?? (label && (language.value === "ko" ? label.ko : label.en)) ?? brands[channel] ?? channel;
}

// Known before the server has told, and for channels it does not serve.
const brands: Record<string, string> = {
  messenger: "Messenger", instagram: "Instagram", whatsapp: "WhatsApp", telegram: "Telegram", line: "LINE", kakao: "KakaoTalk", kakaotalk: "KakaoTalk", navertalk: "Naver TalkTalk", slack: "Slack",
};

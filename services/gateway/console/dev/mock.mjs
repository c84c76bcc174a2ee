// A stand-in for the gateway, to look at the console while nothing else runs:
//   npm run build && npm run mock   → http://127.0.0.1:8199, any e-mail and password
// It keeps everything in memory, speaks the REST paths and /live frames that
// the console uses, and lets a few customers write by themselves. It is a tool
// for the eye: tests do not use it, and dist/ does not hold it.
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { WebSocketServer } from "ws";

const PORT = Number(process.env.PORT ?? 8199);
const BUSY = Number(process.env.BUSY ?? 9000); // milliseconds between customers' messages; 0 is silence
const MANY = Number(process.env.MANY ?? 400);
const base = Date.now();
const at = (minutes) => new Date(base - minutes * 60_000).toISOString();
const me = { id: "ag1", name: "한지민", email: "jimin@example.com", role: "administrator", teams: ["tm1"] };
const agents = [me, { id: "ag2", name: "Oskar Lind", email: "oskar@example.com", role: "agent", teams: ["tm1"] }, { id: "ag3", name: "佐藤 葵", email: "aoi@example.com", role: "supervisor", teams: ["tm2"] }];
const teams = [{ id: "tm1", name: "Orders" }, { id: "tm2", name: "Returns" }];
const queues = [{ id: "qu1", name: "First line", teams: ["tm1"], mode: "push" }, { id: "qu2", name: "Refunds", teams: ["tm2"], mode: "pull" }];
const inboxes = [
  { id: "ib1", channel: "email", name: "help", settings: { address: "help@example.com" } },
  { id: "ib2", channel: "webchat", name: "shop chat", settings: { demo: true }, hook_path: "/hooks/webchat/4f1c9a" },
  { id: "ib3", channel: "kakao", name: "카카오 상담톡", settings: {}, hook_path: "/hooks/kakao/77aa01" },
  { id: "ib4", channel: "webhook", name: "orders", settings: { profile: "plain", auth: "none" }, hook_path: "/hooks/webhook/91e0b2" },
  { id: "ib5", channel: "phone", name: "hotline", settings: {}, hook_path: "/hooks/phone/00d1aa", paused: true },
];
const inboxOf = Object.fromEntries(inboxes.map((i) => [i.channel, i.id]));
const conversations = new Map(), messages = new Map(), lines = new Map(), contacts = new Map();
let seq = 1000, n = 0;

function addContact(id, name, points, extra = {}) {
  contacts.set(id, { id, name, points, attributes: {}, merged: [], suggestions: [], created_at: at(60 * 24 * 40), updated_at: at(1), ...extra });
}
function addConversation(id, contact, o) {
  conversations.set(id, { id, version: 3, status: "open", contact: { id: contact, name: contacts.get(contact).name }, queue: "", assignee: "", channels: [], inboxes: [], tags: [], last_message: null, unread: 0, waiting_since: null, created_at: at(o.age ?? 300), updated_at: at(o.age ?? 300), ...o });
  messages.set(id, []);
  lines.set(id, [{ seq: ++seq, at: at(o.age ?? 300), fact: "conversation.opened", conversation_id: id, actor: { kind: "system" }, detail: {} }]);
}
function add(id, minutes, o) {
  const c = conversations.get(id), when = minutes === null ? new Date().toISOString() : at(minutes);
  const direction = o.direction ?? "in", contact = contacts.get(c.contact.id);
  const author = o.author ?? (direction === "in" ? { kind: "contact", id: contact.id, name: contact.name } : { kind: "agent", id: "ag1", name: me.name });
  const m = { id: `ms${++n}`, conversation_id: id, contact_id: contact.id, direction, kind: "message", channel: "email", inbox_id: "", provider_id: `p${n}`, author, text: "", attachments: [], status: direction === "in" ? "received" : "delivered", occurred_at: when, received_at: when, ...o };
  m.inbox_id = inboxOf[m.channel] ?? "";
  messages.get(id).push(m);
  c.version++;
  c.updated_at = when;
  if (m.kind !== "note") {
    if (!c.channels.includes(m.channel)) c.channels = [...c.channels, m.channel];
    if (direction === "in") (c.unread++, (c.waiting_since ??= when));
    else (c.waiting_since = null, (c.unread = 0));
  }
  c.last_message = { id: m.id, direction, kind: m.kind, channel: m.channel, text: m.text.slice(0, 140).replace(/\s+/g, " "), author: author.name, occurred_at: when };
  return m;
}

addContact("ct1", "김서연", [{ kind: "email", value: "seoyeon.kim@example.kr", trust: "proved" }, { kind: "phone", value: "+821012345678", trust: "stated" }, { kind: "visitor", value: "9f31ab77c0de", scope: "ib2", trust: "proved" }, { kind: "kakao", value: "u-88121", scope: "ib3", trust: "proved" }], {
  attributes: { plan: "Gold", language: "ko", "last order": "#20931" },
  suggestions: [{ other: "ct9", name: "서연 K.", point: { kind: "email", value: "seoyeon.kim@example.kr", trust: "claimed" }, reason: "채팅에서 같은 이메일을 입력했습니다.", at: at(30) }],
  merged: [{ id: "ct8", name: "guest-2291", reason: "same proved e-mail", automatic: true, at: at(60 * 24 * 3) }],
});
addConversation("cv1", "ct1", { subject: "주문 #20931 배송 문의", tags: ["배송", "vip"], team: "tm1", queue: "qu1", assignee: "ag1", age: 60 * 30 });
add("cv1", 60 * 28, { subject: "주문 #20931 배송 문의", text: "안녕하세요.\n지난주에 주문한 상품이 아직 도착하지 않았습니다. 배송 조회에는 사흘째 같은 상태로 나와요.\n확인 부탁드립니다.", quoted: "> 2026-11-12, Shop wrote:\n> 주문해 주셔서 감사합니다.\n> 주문 번호: 20931", from: { kind: "email", value: "seoyeon.kim@example.kr", trust: "proved" }, attachments: [{ id: "at1", name: "배송조회.pdf", type: "application/pdf", size: 182_113, hash: "aa11" }] });
lines.get("cv1").push({ seq: ++seq, at: at(60 * 27.5), fact: "conversation.assigned", conversation_id: "cv1", actor: { kind: "agent", id: "ag3", name: "佐藤 葵" }, detail: { assignee: "ag1" } });
add("cv1", 60 * 27, { direction: "out", text: "김서연 고객님, 안녕하세요.\n불편을 드려 죄송합니다. 택배사에 확인 중이며 오늘 안에 다시 연락드리겠습니다.", status: "read" });
add("cv1", 60 * 26.8, { direction: "out", kind: "note", channel: "", text: "택배사 통화: 물류센터에서 분류 오류. 내일 오전 재출고 예정." });
add("cv1", 95, { channel: "phone", kind: "call", text: "", call: { direction: "in", outcome: "missed", ring_s: 24, talk_s: 0, ended_at: at(95) }, from: { kind: "phone", value: "+821012345678", trust: "stated" } });
add("cv1", 42, { channel: "kakao", text: "전화 드렸는데 연결이 안 되네요 😢", from: { kind: "kakao", value: "u-88121", trust: "proved" } });
add("cv1", 41, { channel: "kakao", text: "혹시 오늘 받을 수 있을까요?", from: { kind: "kakao", value: "u-88121", trust: "proved" } });
add("cv1", 38, { direction: "out", channel: "kakao", text: "네, 오늘 오후 3시까지 도착 예정입니다. 아래 링크에서 확인하실 수 있어요.\nhttps://example.com/track/20931", status: "unknown", status_detail: "timeout after the request was written" });
add("cv1", 6, { subject: "Re: 주문 #20931 배송 문의", html: "<p>사진을 첨부합니다. <b>포장이 찢어져</b> 있었어요.</p><img data-remote-src='https://img.example.net/box.jpg' width='220' height='90'><table border='1' cellpadding='6' style='border-collapse:collapse'><tr><td>상품</td><td style='color:#b3312c'>파손</td></tr><tr><td>수량</td><td>1</td></tr></table><script>document.title='owned'</script>", text: "사진을 첨부합니다. 포장이 찢어져 있었어요.", flags: ["reply-to-differs"], from: { kind: "email", value: "seoyeon.kim@example.kr", trust: "stated" } });

addContact("ct2", "Marta Nowak", [{ kind: "email", value: "marta@example.org", trust: "proved" }]);
addConversation("cv2", "ct2", { subject: "Invoice for October", tags: ["billing"], age: 200 });
add("cv2", 130, { subject: "Invoice for October", text: "Hello, could you send me the invoice for October again? The link in the mail has expired.", from: { kind: "email", value: "marta@example.org", trust: "proved" } });
addContact("ct3", "田中 健一", [{ kind: "visitor", value: "ab12cd34", scope: "ib2", trust: "proved" }]);
addConversation("cv3", "ct3", { tags: [], age: 30, assignee: "ag2" });
add("cv3", 12, { channel: "webchat", text: "こんにちは。返品の方法を教えてください。", from: { kind: "visitor", value: "ab12cd34", trust: "proved" } });
addContact("ct4", "Order system", [{ kind: "external", value: "c-991", trust: "stated" }]);
addConversation("cv4", "ct4", { tags: ["urgent"], queue: "qu2", team: "tm2", age: 400 });
add("cv4", 70, { channel: "webhook", text: "Refund requested for order 20888 (wrong size), amount 49.00 EUR", from: { kind: "external", value: "c-991", trust: "stated" } });
const first = ["이준호", "Lena Fischer", "박지우", "Diego Torres", "山本 翔", "Amélie Roux", "정하은", "Noah Brandt", "최민준", "Priya Nair"];
const says = ["언제 다시 입고되나요?", "Thanks, that solved it!", "결제가 두 번 되었어요. 확인해 주세요.", "Is there a student discount?", "サイズを交換できますか？", "I cannot sign in since yesterday.", "영수증 재발행 부탁드립니다.", "Where can I change my address?"];
for (let i = 0; i < MANY; i++) {
  const ct = `cx${i}`, cv = `cy${i}`, ch = ["email", "webchat", "kakao", "webhook", "phone"][i % 5];
  addContact(ct, first[i % 10] + (i > 9 ? ` ${i}` : ""), [{ kind: "email", value: `c${i}@example.net`, trust: "stated" }]);
  addConversation(cv, ct, { status: i % 9 === 0 ? "resolved" : i % 13 === 0 ? "snoozed" : "open", snoozed_until: i % 13 === 0 ? at(-600) : undefined, assignee: ["", "ag1", "ag2", ""][i % 4], tags: i % 6 === 0 ? ["환불"] : [], age: 3000 + i * 40 });
  add(cv, 180 + i * 31, { channel: ch, text: says[i % 8], ...(ch === "phone" ? { kind: "call", text: "", call: { direction: "in", outcome: i % 2 ? "answered" : "voicemail", ring_s: 8, talk_s: 141, ended_at: at(200) } } : {}) });
  if (i % 3 === 0) add(cv, 170 + i * 31, { channel: ch === "phone" ? "email" : ch, direction: "out", text: "감사합니다. 곧 확인해 드리겠습니다." });
  else if (i % 3 === 1) conversations.get(cv).unread = 0;
}

// Work: presence, places in queues, promises, offers, and the board.
const inMinutes = (k) => new Date(Date.now() + k * 60_000).toISOString();
let standing = { agent: "ag1", state: "available", since: at(12) };
const promise = (kind, due, more = {}) => ({ kind, policy: "po1", started_at: at(20), target_ms: 1_800_000, warn_at: inMinutes(due - 3), due_at: inMinutes(due), ...more });
Object.assign(conversations.get("cv2"), { clocks: [promise("first_response", 1.2)], queue: "qu1", priority: 2, wait: { queue: "qu1", since: at(130), entered: at(40), needs: [{ skill: "sk1", level: 4 }], prefer: "ag2", passed: [{ agent: "ag3", at: at(2), outcome: "expired" }] }, segments: ["sg1"] });
Object.assign(conversations.get("cv1"), { clocks: [promise("next_response", -7, { warned: true, breached: true }), promise("resolution", 300)], survey: { id: "sv1", kind: "csat", asked_at: at(400), until: inMinutes(9000), score: 2, answered_at: at(300) }, segments: ["sg1"] });
Object.assign(conversations.get("cv3"), { clocks: [promise("next_response", 0, { due_at: undefined, warn_at: undefined, paused_at: at(3), left_ms: 540_000 })] });
lines.get("cv1").push({ seq: ++seq, at: at(40), fact: "conversation.assigned", conversation_id: "cv1", actor: { kind: "system" }, detail: { assignee: "ag1" }, choice: { queue: "qu1", waited_ms: 95_000, candidates: [{ agent: "ag1", load: 20, capacity: 100, idle: at(70), knows: true }, { agent: "ag2", load: 60, capacity: 100, idle: at(44) }], unfit: { away: 2, full: 1 } } });
function offer() {
  const c = conversations.get("cv2");
  Object.assign(c, { version: c.version + 1, offer: { id: `of${++n}`, agent: "ag1", at: new Date().toISOString(), until: inMinutes(0.7) } });
  emit("conversation.offered", c, { at: new Date().toISOString(), data: { conversation: c.id, offer: c.offer, choice: { queue: "qu1", waited_ms: 8000 } } });
}
function boardNow(when = Date.now()) {
  const wave = (k) => Math.max(0, Math.round(6 + 5 * Math.sin(when / 60_000 + k) + 3 * Math.sin(when / 11_000 + k)));
  const line = (id, k, staff = true) => ({
    id, open: 20 + wave(k), snoozed: 3, waiting: wave(k), offered: wave(k) ? 1 : 0, in_work: 12, longest: wave(k) ? "cv2" : undefined, longest_since: wave(k) ? new Date(when - 190_000 - k * 1000).toISOString() : undefined, expected_wait_ms: staff ? 84_000 : undefined,
    at_risk: k === 1 ? 3 : 0, breached: k === 0 ? 1 : 0, callbacks: 2, callbacks_due: k === 2 ? 0 : 1, arrivals: { m1: wave(k + 2), m5: 31, m15: 90 }, departures: { m1: wave(k + 4), m5: 28, m15: 88 }, service_now: { met: 46, missed: 5 }, service_today: { met: 300, missed: 22 },
    today: { opened: 410, reopened: 12, resolved: 388, abandoned: 4 }, staff: staff ? { available: 6, wrap_up: 1, away: 2, offline: 3, lost: 1, free: 2, load: 480, capacity: 600 } : undefined,
  });
  const books = { received: 1204, stored: 1190, duplicate: 12, rejected: 2 };
  const until = Math.floor(when / 60_000) * 60_000;
  const course = (kind, id, k) => ({ kind, id, waiting: hour(k), arrivals: hour(k + 2), departures: hour(k + 4) });
  const hour = (k) => Array.from({ length: 60 }, (_, i) => Math.max(0, Math.round(6 + 5 * Math.sin((until - (59 - i) * 60_000) / 240_000 + k))));
  return {
    zone: "Asia/Seoul", minutes: { until: new Date(until).toISOString(), count: 60, lines: [course("total", undefined, 0), ...queues.map((x, i) => course("queue", x.id, i))] },
    at: new Date(when).toISOString(), as_of: seq, total: { ...line(undefined, 0), books }, queues: queues.map((x, i) => line(x.id, i)), teams: teams.map((x, i) => line(x.id, i + 1)), channels: ["email", "webchat", "kakao", "phone"].map((x, i) => line(x, i, false)), inboxes: inboxes.map((x, i) => ({ ...line(x.id, i, false), books })),
    agents: [{ ...standing, id: "ag1", teams: ["tm1"], in_work: 3, offered: 0, load: 60, capacity: 100 }, { id: "ag2", teams: ["tm1"], state: "wrap-up", since: at(2), in_work: 1, offered: 0, load: 20, capacity: 100 }, { id: "ag3", teams: ["tm2"], state: "away", reason: "lunch", since: at(31), in_work: 5, offered: 0, load: 120, capacity: 100 }],
    alarms: wave(0) > 8 ? [{ id: "al1", name: "Too many wait", metric: "waiting", scope: { kind: "total" }, value: wave(0), since: at(3) }] : [],
  };
}
const macros = [{ id: "mc1", name: "Refund and close", do: [{ do: "tag", tags: ["refund"] }, { do: "reply", text: "…" }, { do: "resolve" }] }];
const canned = [{ id: "ca1", shortcut: "hello", name: "Greeting", texts: { en: "Hello {{contact.first_name}}, thank you for writing.", ko: "안녕하세요, 문의해 주셔서 감사합니다." } }, { id: "ca2", shortcut: "hours", name: "Opening hours", texts: { en: "We are here from 9 to 18.", ko: "상담 시간은 09:00–18:00입니다." } }];

const kept = { macros, canned, segments: [{ id: "sg1", name: "VIP", when: "contact.spent > 500.0" }], skills: [{ id: "sk1", name: "English" }], hours: [], policies: [], routes: [], rules: [], surveys: [], alarms: [] };
let workload = { weights: { email: { units: 10, interruptible: true }, phone: { units: 100 } } };

// A report of invented numbers, a row for each day.
function reportOf(p) {
  const by = (p.get("by") ?? "").split(",").filter(Boolean), numbers = p.get("metric").split(",");
  const day = (i) => new Date(Date.parse(p.get("from")) + i * 86_400_000).toISOString();
  const rows = Array.from({ length: by.length ? 7 : 1 }, (_, i) => ({ keys: by.map((b) => (b === "day" ? day(i) : "")), from: day(i), to: day(i + 1), counts: Object.fromEntries(numbers.map((x, k) => [x, ((i + 3) * (k + 5)) % 23])), spreads: Object.fromEntries(numbers.map((x, k) => [x, { count: 4, average_ms: 60_000 * (k + i + 1), median_ms: 50_000 * (k + i + 1), p90_ms: 200_000 * (k + 1), most_ms: 400_000 }])), shares: Object.fromEntries(numbers.map((x) => [x, 0.9 - i / 20])) }));
  return { by, numbers, rows, zone: p.get("zone"), formula: 1, as_of: 1 };
}

const sockets = new Set();
const log = [];
function emit(fact, c, more = {}) {
  const f = { type: "event", id: "all", cursor: String(++seq), place: `${seq}/0`, fact, conversation: structuredClone(c), actor: { kind: "agent", id: me.id, name: me.name }, ...more };
  log.push(f);
  for (const s of sockets) if (s.subscribed) s.send(JSON.stringify(f));
}
function say(id, o) {
  const m = add(id, null, o);
  emit("message.added", conversations.get(id), { message: m, actor: m.author });
  return m;
}
function fact(c, name, data, change) {
  Object.assign(c, change, { version: c.version + 1, updated_at: new Date().toISOString() });
  emit(name, c, { data: { conversation: c.id, ...data } });
  lines.get(c.id).push({ seq, at: c.updated_at, fact: name, conversation_id: c.id, actor: { kind: "agent", id: me.id, name: me.name }, detail: Object.fromEntries(Object.entries(data).map(([k, v]) => [k, String(v)])) });
}
function counters() {
  const counts = {};
  const up = (k) => (counts[k] = (counts[k] ?? 0) + 1);
  for (const c of conversations.values()) {
    up(`status/${c.status}`);
    if (c.status !== "open") continue;
    up(c.assignee ? `assignee/${c.assignee}/open` : "unassigned/open");
    for (const x of c.channels) up(`channel/${x}/open`);
    for (const x of c.tags) up(`tag/${x}/open`);
    if (c.team) up(`team/${c.team}/open`);
    if (c.queue) up(`queue/${c.queue}/open`);
  }
  return { counts };
}
function listing(p) {
  const want = (k) => p.get(k);
  let all = [...conversations.values()].filter((c) => (!want("status") || c.status === want("status")) && (!want("channel") || c.channels.includes(want("channel"))) && (!want("tag") || c.tags.includes(want("tag"))) && (!want("team") || c.team === want("team")) && (!want("queue") || c.queue === want("queue")));
  const a = want("assignee");
  if (a) all = all.filter((c) => c.assignee === (a === "me" ? me.id : a === "none" ? "" : a));
  const q = want("q")?.toLowerCase();
  if (q) all = all.filter((c) => (c.contact.name + c.subject + messages.get(c.id).map((m) => m.text).join(" ")).toLowerCase().includes(q));
  if (want("sort") === "waiting") all.sort((x, y) => ((x.waiting_since ?? "9") < (y.waiting_since ?? "9") ? -1 : 1));
  else all.sort((x, y) => (x.updated_at > y.updated_at ? -1 : 1));
  const from = Number(want("cursor") ?? 0), limit = Number(want("limit") ?? 50);
  return { items: all.slice(from, from + limit), next_cursor: from + limit < all.length ? String(from + limit) : "" };
}

const types = { html: "text/html", js: "text/javascript", css: "text/css", svg: "image/svg+xml" };
let signedIn = process.env.SIGNED_OUT !== "1";
const server = createServer(async (req, res) => {
  const url = new URL(req.url, "http://x"), path = url.pathname;
  const json = (v, status = 200) => (res.writeHead(status, { "Content-Type": status >= 400 ? "application/problem+json" : "application/json" }), res.end(JSON.stringify(v)));
  if (!path.startsWith("/api/")) {
    const file = path === "/" ? "index.html" : path.slice(1);
    const body = await readFile(new URL(`../dist/${file}`, import.meta.url)).catch(() => null);
    if (!body || file.includes("..")) return res.writeHead(404).end();
    const csp = "default-src 'none'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; img-src 'self' data: blob: https: http:; media-src 'self'; connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
    return res.writeHead(200, { "Content-Type": types[file.split(".").at(-1)] ?? "text/plain", "Content-Security-Policy": csp }).end(body);
  }
  const chunks = [];
  for await (const c of req) chunks.push(c);
  const raw = Buffer.concat(chunks);
  const body = raw.length && req.headers["content-type"]?.includes("json") ? JSON.parse(raw) : {};
  const [, , , root, id, verb, tail] = path.split("/").map(decodeURIComponent);
  if (root === "session") return req.method === "DELETE" ? ((signedIn = false), sockets.forEach((s) => s.close(4401)), res.writeHead(204).end()) : body.password === "wrong" ? json({ detail: "no" }, 401) : ((signedIn = true), json({ token: "t" }));
  if (!signedIn) return json({ title: "Unauthorized" }, 401);
  if (root === "me") return json(me);
  if (root === "agents" && verb === "presence") return req.method === "PUT" && (standing = { agent: id, state: body.state, reason: body.reason, since: new Date().toISOString(), until: body.seconds ? inMinutes(body.seconds / 60) : undefined }), json(standing);
  if (root === "next") return json({ detail: "nothing waits" }, 404);
  if (root === "board") return json(boardNow(Date.parse(url.searchParams.get("at") ?? "") || Date.now()));
  if (root === "rules" && id === "dry-run") return json({ from: body.from, to: new Date().toISOString(), read: 120, partial: false, read_to: new Date().toISOString(), acted: 1, conversations: 1, cases: [{ seq: 7, at: at(90), fact: body.rule.on[0], conversation: "cv1", contact: { id: "ct1", name: "김서연" }, actions: body.rule.do, unsure: true }], failed: 0, unknown: [{ what: "customers", until: at(200), facts: 12 }] });
  if (root === "rules" && id === "health") return json({ lag_ms: 0, rules: [] });
  if (root === "expressions") return json(body.when.includes("(") === body.when.includes(")") ? { ok: true, fields: [{ name: "contact.name", type: "text" }] } : { ok: false, error: "a parenthesis is open", line: 1, column: 1, fields: [] });
  if (root === "workload") return json(req.method === "PUT" ? (workload = body) : workload);
  if (root === "reports") return json(id ? { items: [...conversations.values()].slice(0, 3), hidden: 0, total: 3 } : reportOf(url.searchParams));
  if (root === "retention") return json({ customers: 0, repeating: 0, cohorts: [], revenue: [], segments: [], zone: "UTC" });
  if (kept[root]) {
    const list = kept[root], found = list.find((x) => x.id === id);
    const seen = (x, status) => (res.setHeader("ETag", `"${x.rev ?? 1}"`), json({ ...x, rev: undefined }, status));
    if (req.method === "POST") return list.push({ ...body, id: `${root}${++n}` }), seen(list.at(-1), 201);
    if (!id) return json({ items: list });
    if (!found) return json({ title: "Not found" }, 404);
    if (req.method === "PUT") return req.headers["if-match"] && req.headers["if-match"] !== `"${found.rev ?? 1}"` ? json({ detail: "somebody has changed it meanwhile" }, 412) : seen(Object.assign(found, body, { rev: (found.rev ?? 1) + 1 }));
    if (req.method === "DELETE") return list.splice(list.indexOf(found), 1), res.writeHead(204).end();
    return seen(found);
  }
  if (root === "counters") return json(counters());
  const lists = { agents, teams, queues, inboxes };
  if (root === "inboxes" && verb === "health") return json({ suspended: false, book: { received: 12, stored: 11, duplicate: 1, rejected: 0 } });
  if (root === "inboxes" && verb === "events") return json({ items: [], head: 0 });
  if (root === "inboxes" && verb === "test") return json({ ok: true });
  if (lists[root]) {
    if (req.method === "GET") return json({ items: lists[root], next_cursor: "" });
    if (req.method === "PATCH") return json(Object.assign(lists[root].find((x) => x.id === id), body));
    const made = { id: `new${++n}`, ...body, ...(root === "inboxes" ? { hook_path: `/hooks/${body.channel}/${n}abc` } : {}) };
    lists[root].push(made);
    return json(made, 201);
  }
  if (root === "channels") {
    const label = (x) => ({ ko: x, en: x });
    const kind = (k, fields, more = {}) => ({ kind: k, label: label(k), group: "chat", fields, can_test: true, can_connect: false, templates: false, hook: true, sends: true, ...more });
    return json({ items: [kind("webhook", [{ name: "profile", label: label("profile"), type: "choice", choices: ["plain", "standard"], default: "plain" }]), kind("whatsapp", [{ name: "phone_number_id", label: label("phone number"), required: true }, { name: "access_token", label: label("token"), secret: true, required: true }], { templates: true, limits: { window_s: 86400, templates: true } })], next_cursor: "" });
  }
  if (root === "books") return json({ inboxes: { ib1: { received: 1204, stored: 1190, duplicate: 12, rejected: 2 }, ib2: { received: 310, stored: 309, duplicate: 0, rejected: 0 }, ib4: { stored: 88, duplicate: 4, rejected: 1 } } });
  if (root === "dead") return req.method === "POST" ? json({}) : json({ items: [{ seq: 41, worker: "dispatch", reason: "provider answered 400: template not approved", attempts: 5, at: at(50) }], next_cursor: "" });
  if (/^\/api\/v1\/conversations\/[^/]+\/messages\/[^/]+\/attachments\//.test(url.pathname)) return res.writeHead(200, { "Content-Type": "text/plain" }).end("file");
  if (root === "attachments") return req.method === "POST" ? json({ id: `at${++n}`, name: url.searchParams.get("name"), type: req.headers["content-type"], size: raw.length, hash: "bb22" }, 201) : res.writeHead(200, { "Content-Type": "text/plain" }).end("file");
  if (root === "contacts") {
    const c = contacts.get(id);
    if (!c) return json({ title: "Not found" }, 404);
    if (verb === "timeline") return json({ items: [...conversations.values()].filter((x) => x.contact.id === id).flatMap((x) => lines.get(x.id)), next_cursor: "" });
    if (req.method === "PATCH") {
      if (body.name) c.name = body.name;
      for (const [k, v] of Object.entries(body.attributes ?? {})) v ? (c.attributes[k] = v) : delete c.attributes[k];
      c.points = [...c.points.filter((p) => !body.remove_points?.some((x) => x.value === p.value)), ...(body.add_points ?? [])];
    } else if (req.method === "POST") {
      c.suggestions = c.suggestions.filter((x) => x.other !== (body.other ?? body.from));
      if (verb === "merge") c.merged.push({ id: body.from, name: body.from, reason: body.reason ?? "", automatic: false, at: new Date().toISOString() });
      if (verb === "unmerge") c.merged = c.merged.filter((x) => x.id !== body.from);
    }
    return json({ ...c, conversations: [...conversations.values()].filter((x) => x.contact.id === id) });
  }
  if (root === "messages") {
    const m = [...messages.values()].flat().find((x) => x.id === id);
    m.status = body.outcome === "retry" ? "queued" : body.outcome;
    emit("message.status_changed", conversations.get(m.conversation_id), { message: m });
    return json({ message: m });
  }
  if (root === "conversations" && !id) return json(listing(url.searchParams));
  const c = conversations.get(id);
  if (!c) return json({ title: "Not found" }, 404);
  if (!verb) return json(c);
  if (verb === "messages" && req.method === "GET") return json({ items: messages.get(id), next_cursor: "" });
  if (req.headers["if-match"] && Number(req.headers["if-match"]) !== c.version) return json({ title: "Precondition failed", detail: "the version is not the present one", conversation: c }, 412);
  if (verb === "messages" || verb === "notes") {
    if (body.text?.includes("!drop")) { // closes every socket, and speaks while nobody listens
      for (const s of sockets) s.close(4408);
      setTimeout(() => say("cv1", { channel: "kakao", text: "said during the gap" }), 50);
    }
    if (body.text?.includes("!fail")) return json({ title: "Unavailable", detail: "the log cannot be written" }, 503);
    const m = say(id, { direction: "out", kind: verb === "notes" ? "note" : "message", channel: verb === "notes" ? "" : (body.channel ?? "email"), text: body.text, attachments: body.attachments ?? [], client_id: body.client_id, status: "queued" });
    for (const [ms, status] of [[500, "sent"], [1200, "delivered"]]) setTimeout(() => ((m.status = status), emit("message.status_changed", c, { data: { conversation: id, message: m.id, status } })), ms).unref();
    return json({ message: m, conversation: c }, 201);
  }
  if (verb === "offer") fact(c, body.accept ? "conversation.assigned" : "offer.closed", { agent: me.id, outcome: body.accept ? "accepted" : "declined", assignee: me.id }, { offer: undefined, ...(body.accept ? { assignee: me.id, wait: undefined } : {}) });
  if (verb === "priority") fact(c, "conversation.prioritised", { priority: body.priority }, { priority: body.priority });
  if (verb === "canned") return json({ text: canned.find((x) => x.id === tail).texts.ko });
  if (verb === "macros") fact(c, "conversation.tagged", { added: ["refund"] }, { tags: [...c.tags, "refund"] });
  if (verb === "assign") fact(c, "conversation.assigned", { assignee: body.assignee }, { assignee: body.assignee });
  if (verb === "transfer") fact(c, "conversation.transferred", body, { team: body.team ?? c.team, queue: body.queue ?? c.queue, assignee: body.assignee ?? "" });
  if (verb === "snooze") fact(c, "conversation.snoozed", { until: body.until }, { status: "snoozed", snoozed_until: body.until });
  if (verb === "resolve") fact(c, "conversation.resolved", {}, { status: "resolved", waiting_since: null });
  if (verb === "reopen") fact(c, "conversation.reopened", { reason: "agent" }, { status: "open" });
  if (verb === "tags") fact(c, "conversation.tagged", { added: body.add, removed: body.remove }, { tags: [...c.tags.filter((x) => !body.remove?.includes(x)), ...(body.add ?? [])] });
  if (verb === "read") fact(c, "conversation.read", {}, { unread: 0 });
  json({ conversation: c });
});
const wss = new WebSocketServer({ server, path: "/live" });
wss.on("connection", (s) => {
  if (!signedIn) return s.close(4401);
  sockets.add(s);
  s.on("close", () => (clearInterval(s.board), sockets.delete(s)));
  const send = (v) => s.send(JSON.stringify(v));
  send({ type: "hello", protocol: 1, session: "s1", cursor: String(seq), agent: me.id, role: me.role });
  s.on("message", (raw) => {
    const f = JSON.parse(raw);
    if (f.type === "ping") send({ type: "pong" });
    if (f.type === "subscribe" && f.view === "board") {
      send({ type: "board", id: f.id, ...boardNow() });
      clearInterval(s.board);
      s.board = setInterval(() => send({ type: "board.changed", id: f.id, ...boardNow() }), 1000);
      return;
    }
    if (f.type !== "subscribe") return;
    s.subscribed = true;
    if (f.cursor) for (const e of log.filter((x) => Number(x.cursor) > Number(f.cursor))) send(e);
    else send({ type: "snapshot", id: f.id, cursor: String(seq), items: listing(new URLSearchParams({ status: "open", limit: "50" })).items });
    send({ type: "presence", agent: "ag2", state: "online" });
    send({ type: "presence", agent: "ag3", state: "away" });
    send({ type: "viewing", conversation: "cv1", agent: "ag2", name: "Oskar Lind", on: true });
    send({ type: "typing", conversation: "cv1", contact: "ct1", name: "김서연", on: true });
  });
});
if (BUSY) setInterval(() => say(["cv2", "cv3", "cy2", "cy5"][n % 4], { channel: n % 2 ? "webchat" : "email", text: says[n % 8] }), BUSY).unref();
if (process.env.OFFERS !== "0") setInterval(offer, 45_000).unref(), setTimeout(offer, 1500).unref();
server.listen(PORT, "127.0.0.1", () => console.log(`http://127.0.0.1:${PORT}`));

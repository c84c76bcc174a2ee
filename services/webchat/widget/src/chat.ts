// The talk itself: the socket, what was said, and what still has to be sent.
// It knows nothing of the screen, which listens through onChange.

export interface Identity {
  userId?: string;
  hmac?: string;
  name?: string;
  email?: string;
}

export interface File {
  name: string;
  type: string;
  url?: string;
}

// An answer to press instead of writing it.
export interface QuickReply {
  label: string;
  value: string;
}

// What is pressed, and on which message.
interface Press {
  id: string;
  value: string;
}

interface Line {
  type: "message" | "edited" | "removed" | "ended";
  seq: number;
  id: string;
  client_id?: string;
  from?: "visitor" | "agent";
  author?: string;
  text?: string;
  attachments?: File[];
  quick_replies?: QuickReply[];
  at: string;
}

export type State = "waiting" | "sending" | "sent" | "failed";

// One bubble on the screen. seq is 0 until the log has it. end is the mark of a
// visitor who is done instead of words.
export interface Bubble {
  key: string;
  id: string;
  clientId: string;
  seq: number;
  from: "visitor" | "agent";
  author: string;
  text: string;
  files: File[];
  replies: QuickReply[];
  press?: Press;
  at: string;
  state: State;
  edited: boolean;
  removed: boolean;
  end: boolean;
}

export type Link = "idle" | "connecting" | "open" | "offline" | "refused" | "ended";

interface Kept {
  visitor?: string;
  seen?: number;
  outbox?: { clientId: string; text: string; at: string; press?: Press; end?: boolean }[];
}

const FIRST_PAUSE = 500;
const LAST_PAUSE = 30_000;
const PING_EVERY = 30_000;
const PONG_WAIT = 10_000;
const MAX_OUTBOX = 50;

export class Chat {
  link: Link = "idle";
  bubbles: Bubble[] = [];
  typing: string | null = null;
  title = "";
  greeting = "";
  color = "";
  maxText = 4000;
  more = false;
  unread = 0;
  onChange: () => void = () => {};

  private socket: WebSocket | null = null;
  private identity: Identity;
  private visitor = "";
  private cursor = 0;
  private seen = 0;
  private welcomed = false;
  private looking = false;
  private tries = 0;
  private timer = 0;
  private pinger = 0;
  private typingTimer = 0;
  private reported = new Set<string>();

  constructor(
    private readonly url: string,
    private readonly storageKey: string,
    identity: Identity,
    private readonly lang: string,
  ) {
    this.identity = identity;
    const kept = this.load();
    this.visitor = kept.visitor ?? "";
    this.seen = kept.seen ?? 0;
    for (const m of kept.outbox ?? []) this.bubbles.push({ ...own(m.clientId, m.text, m.at, m.press), end: !!m.end });
    window.addEventListener("online", () => this.hurry());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") {
        this.hurry();
        this.report();
      }
    });
  }

  // known says whether this browser has talked before, so that an answer can be
  // announced without the visitor opening the chat.
  get known(): boolean {
    return this.visitor !== "" || !!this.identity.userId;
  }

  connect(): void {
    if (this.socket || this.link === "refused" || this.link === "ended") return;
    window.clearTimeout(this.timer);
    this.set("connecting");
    const socket = new WebSocket(this.url);
    this.socket = socket;
    this.welcomed = false;
    socket.onopen = () => {
      // Another tab may have been given a token in the meantime.
      this.visitor = this.load().visitor ?? this.visitor;
      const i = this.identity;
      this.write({
        type: "hello",
        visitor: this.visitor || undefined,
        user_id: i.userId,
        hmac: i.hmac,
        name: i.name,
        email: i.email,
        lang: this.lang,
        page: location.origin + location.pathname,
        after: this.cursor || undefined,
      });
    };
    socket.onmessage = (event) => this.take(socket, String(event.data));
    socket.onclose = (event) => this.closed(socket, event.code);
  }

  // identify makes the visitor somebody else: what is on the screen was another
  // person's.
  identify(identity: Identity): void {
    this.identity = identity;
    this.restart();
  }

  // signOut forgets the visitor and everything that was said.
  signOut(): void {
    this.identity = {};
    this.visitor = "";
    this.seen = 0;
    this.bubbles = [];
    this.store();
    this.restart();
  }

  // offer is the newest message with answers to press, while nothing has been said
  // after it by the visitor: one press, or words instead, and they are gone.
  get offer(): Bubble | null {
    for (let i = this.bubbles.length - 1; i >= 0; i--) {
      const b = this.bubbles[i]!;
      if (b.from === "visitor") return null;
      if (b.replies.length > 0) return b;
    }
    return null;
  }

  // talking says whether there is something to end: the visitor has said something
  // since they last ended the chat. A button that they press goes on with nothing, as
  // it may be that of a survey.
  get talking(): boolean {
    for (let i = this.bubbles.length - 1; i >= 0; i--) {
      const b = this.bubbles[i]!;
      if (b.from === "visitor" && b.state !== "failed" && !this.pressed(i)) return !b.end;
    }
    return false;
  }

  private pressed(at: number): boolean {
    const b = this.bubbles[at]!;
    if (b.press) return true;
    for (let i = at - 1; i >= 0 && this.bubbles[i]!.from === "agent"; i--) {
      const { replies } = this.bubbles[i]!;
      if (replies.length > 0) return replies.some((r) => r.label === b.text);
    }
    return false;
  }

  // finish ends the chat for now: it is sent as a message is, in its turn and once.
  finish(): void {
    if (this.talking) this.queue({ ...own(newId(), "", new Date().toISOString()), end: true });
  }

  press(on: Bubble, reply: QuickReply): void {
    if (this.offer === on) this.send(reply.label, { id: on.id, value: reply.value });
  }

  send(text: string, press?: Press): void {
    this.queue(own(newId(), text, new Date().toISOString(), press));
  }

  private queue(m: Bubble): void {
    this.bubbles.push(m);
    this.store();
    this.flush();
    this.connect();
    this.onChange();
  }

  again(m: Bubble): void {
    m.state = "waiting";
    this.store();
    this.flush();
    this.connect();
    this.onChange();
  }

  older(): void {
    const first = this.bubbles.find((b) => b.seq > 0);
    if (first) this.write({ type: "older", before: first.seq });
  }

  type(on: boolean): void {
    if (this.welcomed) this.write({ type: "typing", on });
  }

  // look says whether the visitor sees the talk now.
  look(on: boolean): void {
    this.looking = on;
    this.report();
    this.onChange();
  }

  private restart(): void {
    this.cursor = 0;
    this.unread = 0;
    this.typing = null;
    this.reported.clear();
    this.bubbles = this.bubbles.filter((b) => b.seq === 0 && b.state !== "sent");
    this.drop();
    this.tries = 0;
    this.link = "idle";
    this.connect();
    this.onChange();
  }

  private drop(): void {
    const socket = this.socket;
    this.socket = null;
    this.welcomed = false;
    window.clearInterval(this.pinger);
    if (socket) {
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.close();
    }
  }

  private take(socket: WebSocket, data: string): void {
    if (socket !== this.socket) return;
    const f = JSON.parse(data);
    switch (f.type) {
      case "welcome":
        this.welcome(f);
        break;
      case "ack":
        this.acked(f);
        break;
      case "message":
      case "edited":
      case "removed":
      case "ended":
        this.line(f);
        break;
      case "older":
        this.more = f.more;
        for (const l of f.lines as Line[]) this.fold(l);
        this.sort();
        break;
      case "typing":
        this.typing = f.on ? (f.name ?? "") : null;
        window.clearTimeout(this.typingTimer);
        // An agent whose browser dies never says that they have stopped.
        if (f.on) this.typingTimer = window.setTimeout(() => { this.typing = null; this.onChange(); }, 8000);
        break;
      case "error":
        this.failed(f);
        break;
    }
    this.onChange();
  }

  private welcome(f: any): void {
    if (f.visitor) this.visitor = f.visitor;
    if (f.reset || f.fresh) this.bubbles = this.bubbles.filter((b) => b.seq === 0);
    if (f.fresh) this.seen = 0;
    this.title = f.title ?? "";
    this.greeting = f.greeting ?? "";
    this.color = f.color ?? "";
    this.maxText = f.max_text;
    if (this.cursor === 0 || f.reset) this.more = !!f.more;
    for (const l of f.lines as Line[]) this.fold(l);
    this.cursor = Math.max(f.reset ? 0 : this.cursor, f.cursor);
    this.sort();
    this.welcomed = true;
    this.tries = 0;
    this.set("open");
    this.keepAlive();
    this.store();
    this.flush();
    this.report();
  }

  private keepAlive(): void {
    window.clearInterval(this.pinger);
    this.pinger = window.setInterval(() => {
      const socket = this.socket;
      if (!socket) return;
      this.write({ type: "ping" });
      const wait = window.setTimeout(() => {
        if (socket === this.socket) this.lost();
      }, PONG_WAIT);
      socket.addEventListener("message", () => window.clearTimeout(wait), { once: true });
    }, PING_EVERY);
  }

  private acked(f: { client_id: string; id: string; seq?: number }): void {
    const m = this.bubbles.find((b) => b.clientId === f.client_id);
    if (!m) return;
    m.state = "sent";
    m.id = f.id;
    if (f.seq) m.seq = f.seq;
    // An end that found nothing to end has no place of its own.
    else if (m.end && m.seq === 0) m.seq = this.cursor;
    this.sort();
    this.store();
    this.flush();
  }

  private line(l: Line): void {
    this.fold(l);
    this.cursor = Math.max(this.cursor, l.seq);
    if (l.type === "message" && l.from === "agent") this.typing = null;
    this.sort();
    this.report();
    this.store();
  }

  private fold(l: Line): void {
    const at = this.bubbles.find((b) => (b.id !== "" && b.id === l.id) || (!!l.client_id && b.clientId === l.client_id));
    if (l.type === "edited") {
      if (at) {
        at.text = l.text ?? "";
        at.edited = true;
      }
      return;
    }
    if (l.type === "removed" && !l.from) {
      if (at) {
        at.text = "";
        at.files = [];
        at.replies = [];
        at.removed = true;
      }
      return;
    }
    const b = at ?? own(l.client_id ?? "", "", l.at);
    b.id = l.id;
    b.key = b.clientId || l.id;
    b.seq = l.seq;
    b.from = l.from ?? "agent";
    b.author = l.author ?? "";
    b.text = l.text ?? "";
    b.files = l.attachments ?? [];
    b.replies = l.quick_replies ?? [];
    b.at = l.at;
    b.state = "sent";
    b.removed = l.type === "removed";
    b.end = l.type === "ended";
    if (!at) this.bubbles.push(b);
  }

  private failed(f: { code: string; client_id?: string; retry_ms?: number }): void {
    if (f.code === "bad-identity") {
      this.set("refused");
      return;
    }
    const m = this.bubbles.find((b) => f.client_id && b.clientId === f.client_id);
    if (!m) return;
    if (f.retry_ms) {
      m.state = "waiting";
      window.setTimeout(() => this.flush(), f.retry_ms);
    } else {
      m.state = "failed";
      this.store();
      this.flush();
    }
  }

  // flush sends what waits, in order. A resend after a lost connection carries
  // the same client id, so the server takes it once. An end waits until all that was
  // said before it has been taken, and holds back what is said after it: out of turn
  // it would end what it does not mean.
  private flush(): void {
    if (!this.welcomed) return;
    let before = false;
    for (const b of this.bubbles) {
      if (b.from !== "visitor" || b.state === "sent" || b.state === "failed") continue;
      if (b.end && before) return;
      if (b.state === "waiting") {
        b.state = "sending";
        if (b.end) this.write({ type: "end", client_id: b.clientId });
        else this.write({ type: "message", client_id: b.clientId, text: b.text, pressed: b.press?.value, id: b.press?.id });
      }
      if (b.end) return;
      before = true;
    }
  }

  // report tells what was delivered and what was read, and counts what was not.
  private report(): void {
    const visible = this.looking && document.visibilityState === "visible";
    this.unread = 0;
    for (const b of this.bubbles) {
      if (b.from !== "agent" || b.seq === 0) continue;
      if (visible && b.seq > this.seen) {
        this.tell(b.id, "read");
        this.seen = b.seq;
        this.store();
      } else if (b.seq > this.seen) {
        this.unread++;
        this.tell(b.id, "delivered");
      }
    }
  }

  private tell(id: string, status: string): void {
    const once = status + " " + id;
    if (!this.welcomed || this.reported.has(once)) return;
    this.reported.add(once);
    this.write({ type: "seen", id, status });
  }

  private write(frame: object): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(frame));
  }

  // Codes of the server: 4400, 4403 and 1009 mean give up, 4401 that the
  // identity does not hold; everything else means come back with the cursor.
  private closed(socket: WebSocket, code: number): void {
    if (socket !== this.socket) return;
    if (code === 4401) {
      this.drop();
      this.set("refused");
    } else if (code === 4400 || code === 4403 || code === 1009) {
      this.drop();
      this.set("ended");
    } else {
      if (code === 4429) this.tries = Math.max(this.tries, 4);
      this.lost();
    }
    this.onChange();
  }

  private lost(): void {
    this.drop();
    this.typing = null;
    for (const b of this.bubbles) if (b.state === "sending") b.state = "waiting";
    this.set("offline");
    const pause = Math.min(LAST_PAUSE, FIRST_PAUSE * 2 ** this.tries++);
    // Spread over the whole second half, so that a restarted server is not met
    // by everybody at once.
    this.timer = window.setTimeout(() => this.connect(), pause / 2 + (Math.random() * pause) / 2);
    this.onChange();
  }

  private hurry(): void {
    if (this.link !== "offline") return;
    this.tries = 0;
    this.connect();
  }

  private set(link: Link): void {
    this.link = link;
    this.onChange();
  }

  private sort(): void {
    const place = (b: Bubble) => b.seq || Number.MAX_SAFE_INTEGER;
    this.bubbles = this.bubbles
      .map((b, i) => ({ b, i }))
      .sort((x, y) => place(x.b) - place(y.b) || x.i - y.i)
      .map((x) => x.b);
  }

  private load(): Kept {
    try {
      return JSON.parse(localStorage.getItem(this.storageKey) ?? "{}") as Kept;
    } catch {
      return {};
    }
  }

  private store(): void {
    const outbox = this.bubbles
      .filter((b) => b.from === "visitor" && b.state !== "sent" && b.state !== "failed")
      .slice(-MAX_OUTBOX)
      .map((b) => ({ clientId: b.clientId, text: b.text, at: b.at, press: b.press, end: b.end || undefined }));
    try {
      localStorage.setItem(this.storageKey, JSON.stringify({ visitor: this.visitor, seen: this.seen, outbox }));
    } catch {
      // Storage is off: the talk lasts as long as the page.
    }
  }
}

function own(clientId: string, text: string, at: string, press?: Press): Bubble {
  return { key: clientId, id: "", clientId, seq: 0, from: "visitor", author: "", text, files: [], replies: [], press, at, state: "waiting", edited: false, removed: false, end: false };
}

// newId works on plain http too, where crypto.randomUUID is missing.
function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
}

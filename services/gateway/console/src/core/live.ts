// The one socket to /live: it subscribes, resumes with the cursor after a
// break, backs off with jitter, and finds a socket that has gone silent.
import type { ServerFrame } from "./wire";
import { PROTOCOL } from "./wire";

/** What the agent is told about the connection. "refused" stays until reload. */
export type LinkState = "connecting" | "live" | "waiting" | "signin" | "refused";

/** What to do after a close code of contracts/live. */
export type Verdict = "resume" | "pause" | "signin" | "giveup";

export function verdict(code: number): Verdict {
  switch (code) {
    case 4401: return "signin";
    case 1009: case 4400: case 4403: return "giveup";
    case 1001: case 4429: case 4503: return "pause";
    default: return "resume";
  }
}

/** Milliseconds before try n (from 0): doubling to a ceiling, with jitter so
 * that a thousand consoles do not come back in the same moment. */
export function backoff(n: number, random: number, pause = false): number {
  const ceiling = Math.min(15_000, 400 * 2 ** Math.min(n, 10));
  return (pause ? 1_500 : 0) + ceiling * (0.5 + random / 2);
}

/** The subscription that carries the feed of this console. */
export const FEED = "all";

/** A ping goes out after this much silence, and the socket is given up when
 * nothing at all comes back in time. Milliseconds. */
const QUIET = 20_000, PATIENCE = 8_000;

export interface Handlers {
  url: string;
  /** Cursor to resume from; "" asks for a snapshot. */
  cursor(): string;
  /** Forgets the cursor: the server does not know it. */
  dropCursor(): void;
  frame(f: ServerFrame): void;
  state(s: LinkState, retryAt?: number): void;
  /** A socket ended before hello: find out by a plain request whether the
   * session is still good, since a refused upgrade carries no close code. */
  probe(): void;
}

export class Live {
  private ws: WebSocket | null = null;
  private tries = 0;
  private greeted = false;
  private stopped = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private pulse: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly h: Handlers) {}

  start(): void {
    this.stopped = false;
    this.connect();
  }

  /** Ends for good; no handler is called afterwards. */
  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
    clearTimeout(this.pulse);
    this.ws?.close(1000);
    this.ws = null;
  }

  /** Tries at once, or checks that the socket still answers: after the machine
   * woke up or the network came back, silence proves nothing. */
  nudge(): void {
    if (this.stopped) return;
    if (!this.ws) this.connect();
    else if (this.greeted) this.ping();
  }

  /** Sends a frame if connected. Presence and typing are worth nothing later,
   * so what cannot be sent now is not kept. */
  send(frame: Record<string, unknown>): void {
    if (this.greeted && this.ws?.readyState === 1) this.ws.send(JSON.stringify(frame));
  }

  private connect(): void {
    clearTimeout(this.timer);
    this.greeted = false;
    this.h.state("connecting");
    const ws = new WebSocket(this.h.url);
    this.ws = ws;
    this.listen(PATIENCE);
    ws.onmessage = (e) => {
      if (this.ws === ws) this.receive(ws, String(e.data));
    };
    ws.onclose = (e) => {
      if (this.ws === ws) this.closed(e.code);
    };
  }

  private receive(ws: WebSocket, data: string): void {
    const f = JSON.parse(data) as ServerFrame;
    this.listen(QUIET, true);
    if (f.type === "hello") {
      if (f.protocol !== PROTOCOL) return this.end(ws, "refused");
      this.greeted = true;
      this.tries = 0;
      this.h.frame(f);
      this.subscribe();
      this.h.state("live");
      return;
    }
    if (f.type === "error" && f.id === FEED && this.h.cursor()) {
      this.h.dropCursor();
      this.subscribe();
      return;
    }
    this.h.frame(f);
  }

  private subscribe(): void {
    const cursor = this.h.cursor();
    this.send({ type: "subscribe", id: FEED, view: "all", limit: 50, ...(cursor ? { cursor } : {}) });
  }

  // listen gives the other side ms to say something; then it is pinged, or,
  // when it has been pinged, given up.
  private listen(ms: number, ping = false): void {
    clearTimeout(this.pulse);
    this.pulse = setTimeout(() => (ping ? this.ping() : this.lost()), ms);
  }

  private ping(): void {
    this.send({ type: "ping" });
    this.listen(PATIENCE);
  }

  private lost(): void {
    const ws = this.ws;
    if (!ws) return;
    // The close handshake of a dead network takes minutes: do not wait for it.
    this.closed(1006);
    ws.close();
  }

  private closed(code: number): void {
    const greeted = this.greeted;
    this.ws = null;
    this.greeted = false;
    clearTimeout(this.pulse);
    if (this.stopped) return;
    const v = verdict(code);
    if (v === "signin") return this.h.state("signin");
    if (v === "giveup") return this.h.state("refused");
    const wait = backoff(this.tries++, Math.random(), v === "pause");
    this.h.state("waiting", Date.now() + wait);
    this.timer = setTimeout(() => this.connect(), wait);
    if (!greeted) this.h.probe();
  }

  private end(ws: WebSocket, s: LinkState): void {
    this.stop();
    ws.close(1000);
    this.h.state(s);
  }
}

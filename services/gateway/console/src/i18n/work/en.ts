// English strings of agents' work and of the board.
const n = (count: number, one: string, many: string) => `${count} ${count === 1 ? one : many}`;

export const work = {
  serviceLevel: "Service level", dueIn: (t: string) => `due in ${t}`, lateBy: (t: string) => `late by ${t}`, paused: (t: string) => `paused, ${t} left`,
  clockNames: { first_response: "First answer", next_response: "Next answer", resolution: "Resolution" },

  presence: "Your presence", states: { available: "Available", "wrap-up": "Wrap-up", away: "Away", offline: "Offline" },
  reasons: { lunch: "Lunch", break: "Break", meeting: "Meeting", training: "Training" } as Record<string, string>,
  backAt: "Back at", untilTime: (at: string) => `until ${at}`,
  otherReason: "Another reason", minutes: (k: number) => n(k, "minute", "minutes"), sinceTime: (at: string) => `since ${at}`, sound: "Sound for offers",
  cut: "Connection lost", cutHint: (state: string) => `You were ${state}. Unless it comes back soon, you count as offline and get nothing new.`,
  setOffline: "You were set offline while the connection was lost. Say that you are available to get work again.",
  backAgain: (state: string) => `You were offline while the connection was lost, and are ${state.toLowerCase()} again. What you had not begun went back to its queue.`,
  next: "Take the next one", nothingWaits: "Nothing waits that you could take.",

  offers: "Offers", offeredTo: (who: string, channel: string) => `Offered to you: ${who}, ${channel}`, offerEnds: (t: string) => `ends in ${t}`, moreOffers: (k: number) => `and ${k} more`,
  accept: "Accept", decline: "Decline", declineWhy: "Why do you decline?", noReason: "No reason", waits: (t: string) => `waits ${t}`, knowsYou: "knows you", offerGone: "That offer does not stand any more.",
  declineReasons: { busy: "Busy with another", skill: "Not my subject", language: "Another language", break: "About to take a break" } as Record<string, string>,
  passedHow: { declined: "declined", expired: "did not answer", withdrawn: "withdrawn" } as Record<string, string>, passedBy: (who: string, how: string) => `${who} ${how}`,

  waitingIn: (queue: string, t: string) => `Waits in ${queue} for ${t}`, placeSince: (at: string) => `place since ${at}`, needs: (skill: string, level: number) => `needs ${skill} ${level}`, prefers: (who: string) => `first asks ${who}`,
  offeredNow: (who: string, t: string) => `offered to ${who}, ${t}`, goesBack: "Goes back to its place if the agent leaves before beginning.",
  givenByHand: (who: string) => `Given to ${who} by hand`, becauseByHand: "A person or a rule chose; these could have had it.",
  why: "Why?", whyTitle: (who: string, at: string) => `Why ${who}, at ${at}`, hadWaited: (queue: string, t: string) => `It had waited in ${queue} for ${t}.`,
  becauseKnows: "The customer was answered by this agent before.", becauseOnly: "Nobody else could take it.", becauseFirst: "Among those who could take it, this agent came first: the least load, then the longest without new work.",
  candidate: "Agent", load: "Load", idleSince: "Idle since", knows: "knows the customer", notAsked: "Not asked:", unfit: { away: "away", full: "full", skill: "without the skill", passed: "let it pass", team: "of another team" } as Record<string, string>,

  segment: "Segment of the customer", priority: "Priority", priorityIs: (p: number) => `Priority ${p > 0 ? "+" : ""}${p}`, priorities: { "10": "Most urgent", "5": "Urgent", "2": "Raised", "0": "Normal", "-5": "Can wait" } as Record<string, string>,
  moods: { good: "good", poor: "poor" }, surveyScored: (kind: string, score: string, mood: string) => [kind, score, mood].filter(Boolean).join(" · "), surveyAsked: (kind: string) => `${kind}: asked, not answered yet`,

  macros: "Macros", runMacro: "Run a macro", noMacros: "There are no macros for you.", macroDone: (m: string) => `${m}: done`, macroStopped: (m: string, k: number, all: number, why: string) => `${m} stopped after ${k} of ${all}: ${why}`, canned: "Canned answers",
  actions: { tag: "tag", untag: "remove tag", assign: "assign", transfer: "transfer", prioritise: "priority", snooze: "snooze", resolve: "resolve", reopen: "reopen", note: "note", reply: "reply" } as Record<string, string>,

  lineQueued: (queue: string) => `Waits in ${queue}`, lineOffered: (who: string) => `Offered to ${who}`, linePriority: (who: string, p: string) => `${who} set the priority to ${p}`,
  lineClosed: { accepted: (who: string) => `${who} accepted`, declined: (who: string) => `${who} declined`, expired: (who: string) => `${who} did not answer the offer`, withdrawn: (who: string) => `The offer to ${who} was withdrawn` } as Record<string, (who: string) => string>,
  lineWarned: (clock: string) => `${clock}: about to be late`, lineBreached: (clock: string) => `${clock}: late`, lineGiven: (who: string, queue: string, t: string) => `Given to ${who} from ${queue} after ${t}`,
  lineAsked: (kind: string) => `The customer was asked (${kind})`, lineScored: (kind: string, score: string) => `The customer’s score: ${kind} ${score}`, lineCommented: (text: string) => `The customer’s comment: ${text}`,
};

export const board = {
  title: "Board", live: "Live", notLive: "Standing still: no connection", waitForBoard: "The board is being read…",
  tabs: { queue: "Queues", team: "Teams", channel: "Channels", inbox: "Inboxes" }, total: "All", noLines: "There is nothing to show here.",
  open: "Open", snoozed: "Snoozed", waiting: "Waiting", longest: "Longest wait", expected: "Expected wait", offered: "Offered", inWork: "In work", atRisk: "At risk", breached: "Late", callbacksDue: "Callbacks due",
  serviceNow: "In time, 30 min", serviceToday: "In time, today", occupancy: "Occupancy", arrivals: "Came (5 min)", moved: "Came / left (5 min)", departures: "Left (5 min)", abandoned: "Abandoned", resolvedToday: "Resolved today",
  books: "Books", balanced: "balanced", offBy: (k: number) => `off by ${k}`, available: "Available", free: "Free", agents: "Agents", lost: "connection lost",
  openList: (what: string, where: string) => `${what}, ${where}: show the conversations`, openLongest: "Open who waits the longest",
  alarms: "Alarms", alarm: (name: string, metric: string, value: string, where: string) => `${name}: ${metric} ${value}, ${where}`, alarmSince: (t: string) => `for ${t}`,
  metrics: { open: "open", waiting: "waiting", offered: "offered", in_work: "in work", longest_wait: "longest wait", expected_wait: "expected wait", at_risk: "at risk", breached: "late", late: "late, unanswered", callbacks_due: "callbacks due", arrivals: "came", departures: "left", service_now: "service level", service_today: "service level today", abandoned_today: "abandoned", available: "available", free: "free", occupancy: "occupancy", rejected: "rejected" } as Record<string, string>,
  chart: (where: string) => `The last hour: ${where}`, chartText: (waiting: number, most: number) => `${waiting} waiting now, at most ${most} within the hour.`, zone: (zone: string) => `Times of ${zone}`, chartPast: (waiting: number, most: number) => `${waiting} waiting then, at most ${most} within the hour before.`, chartThen: (where: string) => `The hour before: ${where}`, zoneHint: "All times on the board are of this time zone, and its days begin at midnight there.", waitingLine: "waiting", arrivalsLine: "came per min", departuresLine: "left per min", showChart: (where: string) => `Chart: ${where}`,
  beforeLog: "Nothing was kept of that time yet: the log begins later.", notYet: "That time is still to come.",
  travel: "At a past minute", travelIn: (zone: string) => `At a past minute, time of ${zone}`, now: "Now", back: (k: number) => `${k} min back`, forward: (k: number) => `${k} min forward`, pastNotice: (at: string) => `This is how it stood at ${at}.`, inWorkOf: (k: number) => `${k} in work`, loadOf: (load: number, capacity: number) => `Load ${load} of ${capacity}`,
  strip: "Your queues", stripEntry: (queue: string, k: number, t: string) => `${queue}: ${n(k, "waits", "wait")}${t ? `, the longest for ${t}` : ""}`, inState: (k: number, state: string) => `${k} ${state}`, setPresence: (who: string) => `Set the presence of ${who}`,
};

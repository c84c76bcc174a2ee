// English strings. The other languages have exactly these keys: the compiler
// refuses a table that misses one.
import { manage } from "./manage/en";
import { reports } from "./reports/en";
import { whatif } from "./whatif/en";
import { board, work } from "./work/en";

const n = (count: number, one: string, many: string) => `${count} ${count === 1 ? one : many}`;

export const en = {
  name: "English",
  signIn: "Sign in", email: "E-mail", password: "Password", signOut: "Sign out", badSignIn: "E-mail or password is wrong.",
  changePassword: "Change password", currentPassword: "Present password", newPassword: "New password", repeatPassword: "New password again", passwordsDiffer: "The new passwords differ.", wrongPassword: "The present password is wrong.", passwordChanged: "Password changed", otherSessionsEnd: "You stay signed in here; everywhere else you are signed out.",
  tooMany: "Too many attempts. Please wait a moment.", unreachable: "The server cannot be reached.",
  sessionEnded: "Your session has ended. Please sign in again.",
  tagline: "Every channel, one conversation",

  all: "All", mine: "Mine", unassigned: "Unassigned", snoozed: "Snoozed", resolved: "Resolved", open: "Open", merged: "Merged",
  channels: "Channels", tags: "Tags", teams: "Teams", queues: "Queues", search: "Search", searchHint: "Search messages, people, subjects",
  admin: "Administration", inbox: "Inbox", views: "Views",
  newest: "Newest first", longest: "Longest waiting first", results: (q: string) => `Results for “${q}”`,
  emptyList: "Nothing here. Well done.", emptySearch: "Nothing found.", pickOne: "Pick a conversation",
  pickHint: "j and k move through the list, Enter opens, ? shows all keys.", loading: "Loading…", retry: "Try again",
  loadFailed: "This could not be loaded.", goneTitle: "This conversation is not yours to see", goneHint: "It does not exist, or it has moved to another team.",
  waiting: (t: string) => `waiting ${t}`, unread: (k: number) => n(k, "unread message", "unread messages"),

  connLive: "Live", connConnecting: "Connecting…", connWaiting: (s: number) => `Offline. Next try in ${s} s`, connRefused: "Disconnected. Reload the page.",
  tryNow: "Try now",

  noName: "Unknown", nobody: "Nobody", system: "Tributary",
  assign: "Assign", assignMe: "Assign to me", assignTo: "Assign to…", unassign: "Take assignment away", transfer: "Transfer", transferTo: "Transfer to…",
  team: "Team", queue: "Queue", agent: "Agent", noteOptional: "Note for whoever takes it (optional)",
  snooze: "Snooze", snoozeUntil: (t: string) => `Snoozed until ${t}`, resolve: "Resolve", reopen: "Reopen", wake: "Wake up", addTag: "Add tag", removeTag: (t: string) => `Remove tag ${t}`,
  inOneHour: "In one hour", inThreeHours: "In three hours", tomorrow: "Tomorrow morning", nextWeek: "Next Monday", pickDate: "Pick date and time", set: "Set",
  copyLink: "Copy link", copied: "Link copied", close: "Close", cancel: "Cancel", save: "Save", add: "Add", remove: "Remove", 

  reply: "Reply", note: "Note", send: "Send", addNote: "Add note", attach: "Attach files", removeFile: (f: string) => `Remove ${f}`,
  replyHint: (to: string) => `Reply to ${to}`, noteHint: "Only your team sees this", via: "via", sendKey: "Ctrl+Enter sends",
  uploadFailed: (f: string) => `${f} could not be uploaded`, uploading: "Uploading…", dropHere: "Drop files to attach them", noRoad: "No channel to answer on",
  sending: "Sending…", notSent: "Not sent", sendAgain: "Send again", discard: "Discard",

  unverified: "Unverified sender", unverifiedHint: "The address was only stated, not proved. Answers go to the owner of the address.",
  replyToDiffers: "Reply-To differs from the sender. Your answer goes to the sender.", automatic: "automatic", edited: "edited", removed: "This message was taken back.",
  idReused: "The provider used this id again with other content.", charsetGuessed: "The character set was guessed.", 
  showQuoted: "Show quoted text", hideQuoted: "Hide quoted text", showImages: "Show images", imagesBlocked: "Remote images are blocked.",
  showHtml: "Show original", showText: "Show text", download: "Download", notFetched: "The file has not been fetched yet",
  stQueued: "Queued", stSent: "Sent", stDelivered: "Delivered", stRead: "Read", stFailed: "Failed", stUnknown: "Outcome unknown",
  unknownHint: "The provider did not say whether it took this message. Please check and decide.", arrived: "It arrived", giveUp: "Give up",
  confirmAgain: "The customer may receive this twice. Send again?",
  call: "Call", callIn: "Incoming call", callOut: "Outgoing call", ring: "rang", talk: "talked", transcript: "Transcript",
  outcomes: { answered: "answered", missed: "missed", abandoned: "abandoned", voicemail: "voicemail", busy: "busy", failed: "failed", rejected: "rejected" } as Record<string, string>,
  channelNames: { email: "E-mail", webchat: "Web chat", sms: "SMS", phone: "Phone", webhook: "Webhook", visit: "Visit" } as Record<string, string>,
  today: "Today", yesterday: "Yesterday", older: "Earlier messages",
  typing: (who: string) => `${who} is typing…`, viewing: (who: string) => `${who} is looking at this`,
  newBelow: "New messages",

  lineTook: (who: string) => `${who} took this`, lineOpened: "Conversation opened", lineAssigned: (who: string, to: string) => `${who} assigned this to ${to}`, lineUnassigned: (who: string) => `${who} took the assignment away`,
  lineTransferred: (who: string, to: string) => `${who} transferred this to ${to}`, lineTagged: (who: string, t: string) => `${who} changed tags: ${t}`,
  lineSnoozed: (who: string, t: string) => `${who} snoozed this until ${t}`, lineWoken: "Back from snooze", lineResolved: (who: string) => `${who} resolved this`, lineEnded: "Resolved, as the visitor ended the chat", visitorEnded: "The visitor ended the chat", customerLeft: "The customer left the chat",
  lineReopened: (who: string) => `${who} reopened this`, lineMerged: (who: string) => `${who} merged conversations`, lineSplit: (who: string) => `${who} undid a merge`,
  lineContactMerged: (who: string) => `${who} merged contacts`, linePoint: "Contact details changed", lineSuggested: "This may be the same person as another contact",

  contact: "Contact", points: "Ways to reach", attributes: "Details", others: "Other conversations", suggestions: "Maybe the same person", mergedContacts: "Merged contacts",
  proved: "Proved", stated: "Stated", claimed: "Claimed", merge: "Merge", dismiss: "Not the same", undoMerge: "Undo merge", automaticMerge: "automatic",
  addPoint: "Add address", attributeName: "Name", attributeValue: "Value", rename: "Rename", noOthers: "No other conversations", since: (t: string) => `Contact since ${t}`,
  mergeAsk: (name: string) => `Merge ${name} into this contact? It can be undone.`, showPanel: "Show contact", hidePanel: "Hide contact",

  firstAssigned: (who: string) => `Somebody was first: it is now assigned to ${who}.`, firstStatus: (s: string) => `Somebody was first: it is now ${s}.`,
  firstOther: "It has changed meanwhile. Please look again.", failed: "That did not work.", notAllowed: "You are not allowed to do that.", done: "Done",
  resolvedToast: "Resolved", reopenedToast: "Reopened", snoozedToast: "Snoozed", assignedToast: (who: string) => `Assigned to ${who}`, transferredToast: "Transferred", undo: "Undo",

  keys: "Keyboard", palette: "Commands", paletteHint: "Type a command, view or person", noCommand: "No such command",
  kNext: "Next conversation", kPrev: "Previous conversation", kOpen: "Open", kBack: "Back to the list", language: "Language", goTo: "Go to", 

  inboxes: "Inboxes", agents: "Agents", deadLetters: "Dead letters", books: "Books", backToInbox: "Back to conversations",
  newInbox: "New inbox", newAgent: "New agent", newTeam: "New team", newQueue: "New queue", create: "Create", label: "Name", channel: "Channel", status: "Status",
  address: "Address", profile: "Profile", auth: "Authentication", secretHint: "Written once, never shown again.", demo: "Demo page", demoOn: "Offer a demo page",
  paused: "Paused", active: "Active", pause: "Pause", resume: "Resume", copy: "Copy", moreSettings: "Further settings (JSON)", badJson: "This is not a JSON object.",
  role: "Role", roleAgent: "Agent", roleSupervisor: "Supervisor", roleAdministrator: "Administrator", disabled: "Disabled", disable: "Disable", enable: "Enable",
  received: "Received", stored: "Stored", duplicate: "Duplicate", rejected: "Rejected", underWay: "Under way", balance: "Balance", balances: "balances", off: (k: number) => `off by ${k}`,
  booksHint: "received = stored + duplicate + rejected. A difference that stays means that something was lost.", reason: "Reason", attempts: "Attempts", time: "Time", redrive: "Run again", redriven: "Handed in again",
  deadEmpty: "No dead letters.", none: "None yet.", onlyAdmin: "Only administrators can open this page.", refresh: "Refresh", worker: "Worker",

  copiedText: "Copied", test: "Test", testOK: "The provider accepts the credentials.", connect: "Connect", connected: "The provider posts to this inbox now.", suspended: "Suspended", suspendedHint: (why: string) => `Nothing goes out: ${why}`, sendAgainInbox: "Let it send again",
  lastError: "Last error", hookURL: "Hook address", hookHint: "Enter this address at the provider.", eventKind: "Event", newestEvents: "Newest events", firstEvent: "Waiting for the first event…", notUnderstood: "kept raw", asItCame: "As it came", onlyBeginning: "only the beginning is shown", openInbox: "Open", settings: "Settings", editSettings: "Change settings",
  keepSecret: "unchanged", advanced: "Advanced", pickChannel: "Which channel?", importFile: "Read in a file", importHint: "A file with one call or event on a line (CSV). What is already here changes nothing.", importing: "Reading…", rejectedLines: "Rejected lines", line: "Line",
  groups: { mail: "Mail", chat: "Messengers", text: "Text messages", phone: "Phone", shop: "Shops", other: "Other" } as Record<string, string>, deleteInbox: "Delete", deleteAsk: (name: string) => `Delete the inbox ${name}? What it received stays.`, on: "on", oneWay: "receives only",
  callBack: (to: string) => `Call back ${to}`, callbackFor: { missed: "missed call", voicemail: "voicemail", asked: "asked for a call" } as Record<string, string>, callbackWanted: (at: string) => `wanted ${at}`, callbackTried: (k: number) => `tried ${k}×`,
  reached: "Reached", notReached: "Not reached", callbackCancel: "No longer needed", requestCallback: "Promise a call", number: "Number", wantedAt: "When", noteShort: "Note",
  newEntry: "Enter a visit or call", whatHappened: "What happened", directionIn: "They came or called", directionOut: "We called", occurredAt: "When", ringS: "Rang (s)", talkS: "Talked (s)", outcome: "Outcome", saved: "Saved", whom: "Phone or e-mail",
  wordsReused: "This was not sent: its id was another message’s. Send it again.",
  windowClosed: "The time for free text has passed on this channel.", windowTemplates: "An approved template can be sent.", pickTemplate: "Choose a template", noTemplates: "The provider has no approved templates.", sendTemplate: "Send template", templateValue: (k: string) => `Value for ${k}`,
  fileFetching: "being fetched", fileFailed: (why: string) => `could not be fetched: ${why}`, recording: "Recording", waitingS: "waited", answeredBy: (who: string) => `answered by ${who}`, reacted: (emoji: string) => `The customer reacted with ${emoji}`,
  value: "Customer value", boughtFor: "Bought for", perOrder: "Per order", firstOrder: "First order", lastOrder: "Last order",
  orders: "Orders", order: (no: string) => `Order ${no}`, refunded: (amount: string) => `refunded ${amount}`, lineErased: "Data was erased on request", lineCallback: (to: string) => `A call to ${to} is wanted`, template: "template", offered: "Offered as buttons, where the channel has them", pressed: "pressed a button",
  lineCallbackClosed: { reached: "The callback reached the customer", cancelled: "The callback is no longer needed", "in-vain": "The callback was given up" } as Record<string, string>,

  callback: "Callbacks", withheld: "Withheld number", text: "Text", filter: "Filter", templates: "Templates", showTemplates: "Show templates", pausedHint: "Paused: what comes in is kept, and nothing goes out until you resume it.",
  editedAt: (at: string) => `edited ${at}`, saidBefore: "What it said before", until: (at: string) => `until ${at}`, erased: "Erased at the customer’s request.", legs: (k: number) => n(k, "leg", "legs"),
  noRoadHint: "No inbox can answer this customer.", windowWait: "It opens again when the customer writes.", noFilesHere: "Files cannot be sent on this channel.", fileTooLarge: (name: string, most: string) => `${name} is larger than ${most}.`,
  openOrder: "Open in the shop", parcel: "Parcel",
  refusals: { "window-closed": "The time for free text has passed.", "opted-out": "The customer wants no messages.", "bad-address": "The address does not exist or cannot be reached.", "bad-template": "The template is not approved or its values do not fit.", "bad-media": "The file is not taken on this channel.", "too-long": "The text is too long.", quota: "The account’s quota is used up." } as Record<string, string>,
  fileFails: { "the provider has it no more": "the provider has it no more", "no way to fetch": "there is no way to fetch it", "the file's address is not public": "its address is not public", "the provider did not give it": "the provider did not give it", larger: "it is too large" } as Record<string, string>,
  orderStates: { cancelled: "cancelled", pending: "pending", authorized: "authorized", paid: "paid", partially_paid: "partly paid", refunded: "refunded", partially_refunded: "partly refunded", voided: "voided", fulfilled: "shipped", partial: "partly shipped", unfulfilled: "not shipped", restocked: "restocked", in_transit: "on its way", out_for_delivery: "out for delivery", delivered: "delivered", success: "handed over", failure: "failed" } as Record<string, string>,
  eventNames: { "message.received": "message", "message.edited": "edited", "message.removed": "taken back", "message.reacted": "reaction", "delivery.reported": "receipt", "call.logged": "call", "call.amended": "call, more", "callback.wanted": "callback", "order.stated": "order", "contact.stated": "contact", "contact.erased": "erasure", "chat.ended": "chat ended" } as Record<string, string>,
  previews: { sent: "sent", delivered: "delivered", read: "read", failed: "failed", answered: "answered", missed: "missed", abandoned: "abandoned", voicemail: "voicemail", busy: "busy", rejected: "rejected" } as Record<string, string>,

  work, board, manage, reports, whatif,
};

/** Every string of the console; a language is a value of this type. */
export type Strings = typeof en;

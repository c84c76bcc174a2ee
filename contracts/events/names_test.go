package events

import (
	"strings"
	"testing"
	"testing/quick"
	"unicode/utf8"
)

// plainSubject reports whether a subject has so many tokens, none of them empty
// or a wildcard, and nothing that the protocol would split.
func plainSubject(subject string, tokens int) bool {
	parts := strings.Split(subject, ".")
	for _, p := range parts {
		if p == "" || p == "*" || p == ">" || strings.ContainsAny(p, "*> \t\r\n") {
			return false
		}
	}
	return len(parts) == tokens
}

// Breaks when token lets through what NATS gives a meaning: a channel called
// ">" would then subscribe to everything.
func TestNoNameWidensASubject(t *testing.T) {
	for _, name := range []string{"", ".", "..", "*", ">", "a.b", "a.>", "email.*", "in 1", "in\t1", "in\r\nPUB x 1", "_", "메일", strings.Repeat("x.", 100)} {
		checkSubjects(t, name)
	}
	if err := quick.Check(func(name string) bool { return checkSubjects(t, name) }, nil); err != nil {
		t.Error(err)
	}
}

func checkSubjects(t *testing.T, name string) bool {
	t.Helper()
	ok := true
	for subject, tokens := range map[string]int{
		OutboundSubject(name):                                                    2,
		SendSubject(name):                                                        2,
		DeadSubject(name):                                                        2,
		TypingSubject(ConversationID(name)):                                      3,
		InboundSubject(&Inbound{Channel: name, Inbox: "in1"}):                    4,
		InboundSubject(&Inbound{Channel: "email", Inbox: InboxID(name)}):         4,
		InboundSubject(&Inbound{Channel: name, Inbox: InboxID(name)}):            4,
		InboundSubject(&Inbound{Sender: Sender{Points: []Point{{Value: name}}}}): 4,
	} {
		if !plainSubject(subject, tokens) {
			t.Errorf("%q gives %q", name, subject)
			ok = false
		}
	}
	return ok
}

func TestSubjectsStandInTheirStreams(t *testing.T) {
	in := &Inbound{Channel: "email", Inbox: "in1", Sender: Sender{Points: []Point{{Kind: "email", Value: "a@example.com"}}}}
	for subject, pattern := range map[string]string{
		InboundSubject(in):       InboundWildcard,
		ConversationSubject(255): ConversationWildcard,
		OutboundSubject("email"): OutboundWildcard,
		DeadSubject("dispatch"):  DeadWildcard,
		TypingSubject("cv1"):     EphemeralPrefix + ">",
		PresenceSubject:          EphemeralPrefix + ">",
	} {
		if !covers(pattern, subject) {
			t.Errorf("%s does not cover %s", pattern, subject)
		}
	}
	seen := map[string]string{}
	for _, s := range Streams(0) {
		if s.Why == "" || len(s.Subjects) == 0 {
			t.Errorf("%s says nothing", s.Name)
		}
		for _, pattern := range s.Subjects {
			head, _, _ := strings.Cut(pattern, ".")
			if seen[head] != "" {
				t.Errorf("%s and %s overlap", s.Name, seen[head])
			}
			seen[head] = s.Name
		}
	}
	for _, d := range Durables() {
		head, _, _ := strings.Cut(d.Filter, ".")
		if seen[head] != d.Stream || d.Name == "" || d.Why == "" {
			t.Errorf("%+v does not fit its stream", d)
		}
	}
}

// covers is NATS' matching of a subject by a pattern.
func covers(pattern, subject string) bool {
	p, s := strings.Split(pattern, "."), strings.Split(subject, ".")
	for i, token := range p {
		if token == ">" {
			return len(s) > i
		}
		if i >= len(s) || token != "*" && token != s[i] {
			return false
		}
	}
	return len(p) == len(s)
}

// The shard is part of stored subjects and ids, so these values never change.
// They are FNV-1a, 32 bits, as its authors' reference code gives it, modulo 256.
func TestShardsAreFrozen(t *testing.T) {
	for key, want := range map[string]int{
		"": 0xc5, "a": 0x2c, "foobar": 0x68, "email\x00\x00a@example.com": 0x63,
		"visitor\x00in1\x00v1": 0x64, "한국": 0xc3,
	} {
		if got := KeyShard(key); got != want {
			t.Errorf("KeyShard(%q) = %#x, want %#x", key, got, want)
		}
	}
	for id, want := range map[ContactID]int{
		"ct01a7": 0xa7, "ct0100": 0, "ctff": 0xff, "c7f": 0x7f,
		// Forged ids still have one shard, the same everywhere.
		"ctA7": KeyShard("ctA7"), "ctzz": KeyShard("ctzz"), "a7": KeyShard("a7"), "": KeyShard(""),
	} {
		if got := ShardOf(id); got != want {
			t.Errorf("ShardOf(%q) = %#x, want %#x", id, got, want)
		}
	}
	for shard := range Shards {
		if got := ShardOf(ContactID("ct01" + ShardSuffix(shard))); got != shard {
			t.Errorf("shard %d comes back as %d", shard, got)
		}
		if got, ok := ShardOfSubject(ConversationSubject(shard)); !ok || got != shard {
			t.Errorf("subject of shard %d comes back as %d, %v", shard, got, ok)
		}
	}
	for _, subject := range []string{"", "conversation.", "conversation.256", "conversation.-1", "conversation.x", "inbound.1"} {
		if got, ok := ShardOfSubject(subject); ok {
			t.Errorf("%q is said to be of shard %d", subject, got)
		}
	}
	within := func(key string) bool { s := KeyShard(key); return s >= 0 && s < Shards }
	if err := quick.Check(within, nil); err != nil {
		t.Error(err)
	}
}

// Reports come in any order and any number of times. Whoever applies them with
// Before ends at the same status as long as all of them come.
func TestStatusOnlyMovesForward(t *testing.T) {
	all := []Status{StatusReceived, StatusQueued, StatusSending, StatusUnknown, StatusSent, StatusFailed, StatusDelivered, StatusRead}
	for i, s := range all {
		if s.Before(s) {
			t.Errorf("%s is news to itself", s)
		}
		if s.Before("nonsense") {
			t.Errorf("nonsense is news to %s", s)
		}
		for j, next := range all {
			if s.Before(next) != (i < j) {
				t.Errorf("%s before %s is %v", s, next, s.Before(next))
			}
		}
	}
	settle := func(reports []uint8) Status {
		s := StatusQueued
		for _, r := range reports {
			if next := all[int(r)%len(all)]; s.Before(next) {
				s = next
			}
		}
		return s
	}
	anyOrder := func(reports []uint8, cut uint8) bool {
		if len(reports) == 0 {
			return true
		}
		at := int(cut) % len(reports)
		turned := append(append([]uint8{}, reports[at:]...), reports[:at]...)
		return settle(reports) == settle(turned) && settle(append(turned, reports...)) == settle(reports)
	}
	if err := quick.Check(anyOrder, nil); err != nil {
		t.Error(err)
	}
}

func TestPreviewIsOneShortLine(t *testing.T) {
	for text, want := range map[string]string{
		"":                             "",
		"  a \r\n\tb  ":                "a b ",
		"안녕하세요":                        "안녕하세요",
		strings.Repeat("가", 200):       strings.Repeat("가", PreviewRunes),
		strings.Repeat("a\n", 200)[:9]: "a a a a a",
	} {
		if got := Preview(text); got != want {
			t.Errorf("Preview(%q) = %q, want %q", text, got, want)
		}
	}
	short := func(text string) bool {
		p := Preview(text)
		return utf8.RuneCountInString(p) <= PreviewRunes && !strings.ContainsAny(p, "\r\n\t") && !strings.Contains(p, "  ")
	}
	if err := quick.Check(short, nil); err != nil {
		t.Error(err)
	}
}

func TestTrustAndPointKeys(t *testing.T) {
	order := []Trust{"", Claimed, Stated, Proved}
	for i, a := range order {
		for j, b := range order {
			if a.AtLeast(b) != (i >= j) {
				t.Errorf("%q at least %q is %v", a, b, a.AtLeast(b))
			}
		}
	}
	seen := map[string]Point{}
	for _, p := range []Point{{Kind: "email", Value: "a"}, {Kind: "email", Value: "a", Scope: "in1"}, {Kind: "phone", Value: "a"}, {Kind: "email", Value: "b"}, {Kind: "em", Value: "ail", Scope: "a"}} {
		if other, taken := seen[p.Key()]; taken {
			t.Errorf("%+v and %+v have one key", p, other)
		}
		seen[p.Key()] = p
	}
	if (Point{Kind: "email", Value: "a", Trust: Proved}).Key() != (Point{Kind: "email", Value: "a", Trust: Claimed}).Key() {
		t.Error("trust is part of the key")
	}
}

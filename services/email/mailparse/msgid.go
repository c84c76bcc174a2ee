package mailparse

import "strings"

const maxID = 998 // bytes: a line of RFC 5322

// messageID reads one id: what stands in angle brackets, or the first word.
func messageID(s string) string {
	if ids := messageIDs(s); len(ids) > 0 {
		return ids[0]
	}
	return ""
}

// messageIDs reads the ids of Message-ID, In-Reply-To and References. Brackets
// may be missing, commas and folding may stand between ids; phrases and
// addresses, which old mailers put into In-Reply-To, are left out where ids in
// brackets stand beside them. Spaces inside brackets are dropped, which is
// what folding in the middle of an id makes of it.
func messageIDs(s string) []string {
	var out []string
	add := func(id string) {
		id = strings.Join(strings.Fields(clean(strings.ToValidUTF8(id, "\uFFFD"))), "")
		if id == "" || len(id) > maxID {
			return
		}
		for _, have := range out {
			if have == id {
				return
			}
		}
		out = append(out, id)
	}
	rest := s
	for len(out) < 4*MaxReferences {
		open := strings.IndexByte(rest, '<')
		if open < 0 {
			break
		}
		end := strings.IndexByte(rest[open:], '>')
		if end < 0 {
			add(rest[open+1:])
			rest = ""
			break
		}
		id := rest[open+1 : open+end]
		if inner := strings.LastIndexByte(id, '<'); inner >= 0 {
			id = id[inner+1:]
		}
		add(id)
		rest = rest[open+end+1:]
	}
	if len(out) > 0 {
		return out
	}
	for _, w := range strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == ',' || r == '\t' || r == ';' }) {
		if len(out) == 4*MaxReferences {
			break
		}
		if w = strings.Trim(w, `<>"'`); strings.Contains(w, "@") || !strings.Contains(s, " ") {
			add(w)
		}
	}
	return out
}

// newest keeps the last ids of a chain, which are the ones worth asking for.
func newest(ids []string) []string {
	if len(ids) > MaxReferences {
		return ids[len(ids)-MaxReferences:]
	}
	return ids
}

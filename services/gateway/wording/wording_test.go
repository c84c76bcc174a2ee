package wording

import (
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2/validation"
)

func TestPreferred(t *testing.T) {
	for header, want := range map[string]Language{
		"": English, "ko": Korean, "ko-KR,ko;q=0.9,en-US;q=0.8": Korean, "en-US,ko;q=0.9": English, "KO": Korean,
		"fr,ko;q=0.1": Korean, "ja": English, "ko;q=0": English, "ko;q=x,en": English, "en;q=0.5, ko;q=0.6": Korean, "*": English,
		"korean": English, strings.Repeat("x,", 2000) + "ko": English,
	} {
		if got := Preferred(header); got != want {
			t.Errorf("Preferred(%.40q) = %s, want %s", header, got, want)
		}
	}
}

func TestSay(t *testing.T) {
	for english, want := range map[string]string{
		"there is no such team":                               "해당 팀이 없습니다.",
		"the text is over 65536 bytes":                        "본문이 65536바이트를 넘습니다.",
		"the field email is missing (body.email)":             "email 항목이 필요합니다. (email)",
		"expected length >= 8 (body.password)":                "길이가 8 이상이어야 합니다. (password)",
		"holiday Seollal: the day is listed twice":            "휴일 Seollal: 같은 날이 두 번 있습니다.",
		"Monday: the block 09:00–10:00 lies over another":     "월요일: 09:00–10:00 구간이 다른 구간과 겹칩니다.",
		"action 2: the text is missing":                       "동작 2: 본문이 없습니다.",
		"expected property a to be present when b is present": "b 항목이 있으면 a 항목도 필요합니다.",
		"there is nothing of that name among the rules":       "해당 항목이 없습니다: 규칙",
		"no catalogue has this":                               "no catalogue has this",
		"no catalogue has this (body.x)":                      "no catalogue has this (body.x)",
		"":                                                    "",
	} {
		if got := Korean.Say(english); got != want {
			t.Errorf("%q is said %q, want %q", english, got, want)
		}
		if got := English.Say(english); got != english {
			t.Errorf("English says %q for %q", got, english)
		}
	}
	if Korean.Knows("no catalogue has this (body.x)") || Korean.Knows("nobody wrote this: at all") {
		t.Error("a sentence is known that is not there")
	}
	if long := strings.Repeat("a", 1<<20) + " (body.x)"; Korean.Say(long) != long {
		t.Error("a sentence without end is looked for")
	}
}

// Every place of the English one is used, and every sentence is Korean and polite.
func TestTheCatalogueFits(t *testing.T) {
	for name, part := range map[string]map[string]string{
		"fields": koreanFields, "gateway": koreanGateway, "router": koreanRouter, "settings": koreanSettings, "channels": koreanChannels,
	} {
		for _, english := range slices.Sorted(maps.Keys(part)) {
			said := part[english]
			places := strings.Count(english, "%s")
			used := strings.Count(said, "%s")
			for d := range places {
				used += strings.Count(said, "%"+string(rune('1'+d)))
			}
			if english != "%s (body)" && places != used {
				t.Errorf("%s: %q has %d places, %q uses %d", name, english, places, said, used)
			}
			if strings.HasSuffix(said, ".") && !strings.HasSuffix(said, "니다.") && !strings.HasSuffix(said, "십시오.") {
				t.Errorf("%s: %q is not how we speak", name, said)
			}
		}
	}
}

// What the library says of fields is in the catalogue as it says it.
func TestTheLibrarysWordsHaveKorean(t *testing.T) {
	for _, english := range []string{
		validation.MsgUnexpectedProperty, validation.MsgExpectedRFC3339DateTime, validation.MsgExpectedRFC3339Date, validation.MsgExpectedBoolean,
		validation.MsgExpectedNumber, validation.MsgExpectedInteger, validation.MsgExpectedString, validation.MsgExpectedArray, validation.MsgExpectedObject,
		validation.MsgExpectedArrayItemsUnique, validation.MsgExpectedOneOf, validation.MsgExpectedMinimumNumber, validation.MsgExpectedMaximumNumber,
		validation.MsgExpectedExclusiveMinimumNumber, validation.MsgExpectedExclusiveMaximumNumber, validation.MsgExpectedMinLength, validation.MsgExpectedMaxLength,
		validation.MsgExpectedMatchPattern, validation.MsgExpectedBePattern, validation.MsgExpectedMinItems, validation.MsgExpectedMaxItems,
		validation.MsgExpectedRequiredProperty, validation.MsgExpectedMatchAtLeastOneSchema, validation.MsgExpectedMatchExactlyOneSchema,
	} {
		s := strings.NewReplacer("%s", "x", "%d", "3", "%v", "3").Replace(english)
		if !Korean.Knows(s) {
			t.Errorf("%q has no Korean", s)
		}
	}
}

func TestTheDoor(t *testing.T) {
	const problem = `{"title":"Conflict","status":409,"detail":"there is no such team","code":"conflict","errors":[{"message":"expected string","location":"body.a"}],"conversation":{"id":"cv1","detail":"there is no such team"}}`
	door := Door(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/problem", "/unknown":
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(http.StatusConflict)
			body := problem
			if r.URL.Path == "/unknown" {
				body = strings.Replace(problem, "there is no such team", "nobody has said this", 1)
			}
			_, _ = io.WriteString(w, body[:20])
			_, _ = io.Copy(w, strings.NewReader(body[20:]))
		case "/copied":
			_, _ = io.Copy(w, strings.NewReader("there is no such team"))
		default:
			_, _ = io.WriteString(w, "there is no such team")
		}
	}))
	get := func(path, language string) (*httptest.ResponseRecorder, string) {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.Header.Set("Accept-Language", language)
		w := httptest.NewRecorder()
		door.ServeHTTP(w, r)
		return w, w.Body.String()
	}
	w, body := get("/problem", "ko")
	want := `{"code":"conflict","conversation":{"id":"cv1","detail":"there is no such team"},"detail":"해당 팀이 없습니다.","errors":[{"location":"body.a","message":"문자열이어야 합니다."}],"status":409,"title":"충돌"}` + "\n"
	if w.Code != 409 || body != want || w.Header().Get("Content-Language") != "ko" || w.Header().Get("Vary") != "Accept-Language" {
		t.Errorf("%d %v %s", w.Code, w.Header(), body)
	}
	if w, body = get("/problem", "en"); w.Code != 409 || body != problem || w.Header().Get("Content-Language") != "en" || w.Header().Get("Vary") != "Accept-Language" {
		t.Errorf("%d %v %s", w.Code, w.Header(), body)
	}
	if w, body = get("/unknown", "ko"); !strings.Contains(body, "nobody has said this") || w.Header().Get("Content-Language") != "ko, en" {
		t.Errorf("%v %s", w.Header(), body)
	}
	for _, path := range []string{"/answer", "/copied"} {
		if w, body = get(path, "ko"); w.Code != 200 || body != "there is no such team" || w.Header().Get("Vary") != "" {
			t.Errorf("%s: %d %v %s", path, w.Code, w.Header(), body)
		}
	}
}

func FuzzSay(f *testing.F) {
	for _, s := range []string{"the field a is missing (body.a)", "action 1: action 2: action 3", "%s", "%1%2", "holiday %s: x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if said, known := Korean.say(s); !known && said != s {
			t.Fatalf("%q is not known and said %q", s, said)
		}
	})
}

package ask

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/tributary-inbox/tributary/contracts/queries"
)

var answers = []string{
	`{"ok":{"items":[],"next_cursor":"","as_of":0}}`,
	`{"ok":{"items":[{"id":"a"}],"next_cursor":"","as_of":7}}`,
	`{"ok":{"items":[{"id":"a","team":"t","queue":"q","assignee":"me"},{"id":"b","x":{"team":"no"},"n":[1,{"a":"}]"}]}],"next_cursor":"ab-_9","as_of":18446744073709551615}}`,
	`{"ok":{"items":[{"text":"say \"hi\" \\"},{"text":"}{[]\\\"","team":"\u00e9"}],"next_cursor":"","as_of":1}}`,
	`{"ok":{"items":[{"n":1,"f":true,"team":null}],"next_cursor":"","as_of":1}}`,
	`{"ok":{"as_of":3,"items":[{"id":"a"}],"next_cursor":""}}`,
	`{"problem":{"code":"invalid","detail":"no"}}`,
	`{"ok":{"items":[{"id":"a"},],"next_cursor":"","as_of":7}}`,
	`{"ok":{"items":[{"id":"a"`,
	`{"ok":{"items":[{"id":"a\`,
	`{"ok":{"items":[{"id":"a"}],"next_cursor":"","as_of":7}}x`,
}

// Whatever is cut in the short way is what package json would make of it.
func FuzzCut(f *testing.F) {
	for _, a := range answers {
		f.Add([]byte(a))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		page, ok := cut(data, nil)
		var want queries.Answer[queries.Page[json.RawMessage]]
		if err := json.Unmarshal(data, &want); !ok || err != nil {
			return // the inbox writes JSON; what is none is only not to be a panic
		}
		if want.OK == nil || !reflect.DeepEqual(page, *want.OK) {
			t.Errorf("%s\n cut to %+v\nwant %+v", data, page, want.OK)
		}
		for _, row := range page.Items {
			var wall Wall
			if err := json.Unmarshal(row, &wall); err != nil {
				continue
			}
			if quick, ok := quickWall(row); ok && unique(row) && quick != wall {
				t.Errorf("%s\n wall %+v, want %+v", row, quick, wall)
			}
		}
	})
}

// unique is false for rows that name a key twice or in other letters, which
// package json folds together and the inbox never writes.
func unique(row []byte) bool {
	var keys map[string]json.RawMessage
	if json.Unmarshal(row, &keys) != nil {
		return false
	}
	for key := range keys {
		for _, name := range []string{"team", "queue", "assignee"} {
			if key != name && strings.EqualFold(key, name) {
				return false
			}
		}
	}
	again, err := json.Marshal(keys)
	return err == nil && len(again) == len(row)
}

func TestUsualPagesAreCut(t *testing.T) {
	for i, a := range answers[:5] {
		page, ok := cut([]byte(a), nil)
		if !ok {
			t.Errorf("answer %d is not cut", i)
			continue
		}
		var want queries.Answer[queries.Page[json.RawMessage]]
		if err := json.Unmarshal([]byte(a), &want); err != nil || !reflect.DeepEqual(page, *want.OK) {
			t.Errorf("answer %d: %v %+v", i, err, page)
		}
	}
	w, err := WallOf([]byte(`{"id":"a","x":{"team":"no"},"team":"t","queue":"q","assignee":"me"}`))
	if err != nil || w != (Wall{"t", "q", "me"}) {
		t.Errorf("%+v %v", w, err)
	}
	if w, err = WallOf([]byte(`{"team":"\u00e9"}`)); err != nil || w.Team != "é" {
		t.Errorf("escaped: %+v %v", w, err)
	}
}

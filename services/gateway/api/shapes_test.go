package api

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/tributary-inbox/tributary/contracts/queries"
	"github.com/tributary-inbox/tributary/services/gateway/ask"
)

// A page is passed on with what package json would say of it.
func TestPageIsWrittenAsJSON(t *testing.T) {
	for _, p := range []queries.Page[json.RawMessage]{
		{Items: []json.RawMessage{}}, {Items: []json.RawMessage{[]byte(`{"a":1}`), []byte(`{"b":"<한국어>"}`)}, NextCursor: "x\"<&>", AsOf: 7},
	} {
		var out bytes.Buffer
		if err := formats()["application/json"].Marshal(&out, passOn[int](&ask.Page{Page: p}).Body); err != nil {
			t.Fatal(err)
		}
		want, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		var a, b any
		if json.Unmarshal(out.Bytes(), &a) != nil || json.Unmarshal(want, &b) != nil {
			t.Fatalf("not JSON: %s", out.Bytes())
		}
		said, _ := json.Marshal(a)
		meant, _ := json.Marshal(b)
		if !bytes.Equal(said, meant) {
			t.Errorf("passed on as %s, want %s", said, meant)
		}
	}
}

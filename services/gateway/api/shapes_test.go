package api

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/danielgtaylor/huma/v2"
)

// A page written the short way says what the page that package json writes says.
func TestPageIsWrittenAsJSON(t *testing.T) {
	for _, p := range []page[int]{
		{Items: []row[int]{}}, {Items: []row[int]{row[int](`{"a":1}`), row[int](`{"b":"<한국어>"}`)}, NextCursor: "x\"<&>", AsOf: 7},
	} {
		var short, long bytes.Buffer
		if err := formats()["application/json"].Marshal(&short, p); err != nil {
			t.Fatal(err)
		}
		if err := huma.DefaultJSONFormat.Marshal(&long, p); err != nil {
			t.Fatal(err)
		}
		var a, b any
		if json.Unmarshal(short.Bytes(), &a) != nil || json.Unmarshal(long.Bytes(), &b) != nil {
			t.Fatalf("not JSON: %s", short.Bytes())
		}
		again, _ := json.Marshal(a)
		want, _ := json.Marshal(b)
		if !bytes.Equal(again, want) {
			t.Errorf("short way %s, long way %s", short.Bytes(), long.Bytes())
		}
	}
}

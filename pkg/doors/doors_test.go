package doors_test

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/tributary-inbox/tributary/pkg/doors"
)

func parse(t *testing.T, path, src string) doors.File {
	t.Helper()
	f, err := doors.Parse(path, []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// Each line is a file that breaks its rule; without the check it would pass.
func TestEachRuleCanFail(t *testing.T) {
	pure := doors.Pure([]string{"a/pure"}, "example.org/contracts")
	noX := doors.Forbid("x is private", func(f doors.File, im string) bool { return doors.Within(im, "example.org/x") })
	for name, c := range map[string]struct {
		rule doors.Rule
		path string
		src  string
		want string // "" passes
	}{
		"clock":                {pure, "a/pure/f.go", `package p; import "time"; var n = time.Now()`, "time.Now"},
		"renamed clock":        {pure, "a/pure/f.go", `package p; import x "time"; var n = x.Now()`, "time.Now"},
		"time as a type":       {pure, "a/pure/f.go", `package p; import "time"; type T struct{ at time.Time }`, ""},
		"http":                 {pure, "a/pure/f.go", `package p; import _ "net/http"`, "net/http"},
		"urls only":            {pure, "a/pure/f.go", `package p; import _ "net/url"`, ""},
		"context":              {pure, "a/pure/f.go", `package p; import _ "context"`, "context"},
		"random":               {pure, "a/pure/f.go", `package p; import _ "math/rand/v2"`, "math/rand/v2"},
		"foreign module":       {pure, "a/pure/sub/f.go", `package p; import _ "example.org/pkg/bolt"`, "example.org/pkg"},
		"the contracts":        {pure, "a/pure/f.go", `package p; import _ "example.org/contracts/events"`, ""},
		"almost the contracts": {pure, "a/pure/f.go", `package p; import _ "example.org/contractsx"`, "contractsx"},
		"another room":         {pure, "a/purely/f.go", `package p; import _ "net/http"`, ""},
		"a pure room's test":   {pure, "a/pure/f_test.go", `package p; import _ "net/http"`, ""},
		"forbidden":            {noX, "f.go", `package p; import _ "example.org/x/y"`, "x is private"},
		"allowed":              {noX, "f.go", `package p; import _ "example.org/xy"`, ""},
		"environment":          {doors.Environment, "f.go", `package p; import "os"; var v = os.Getenv("V")`, "os.Getenv"},
		"environment list":     {doors.Environment, "f.go", `package p; import o "os"; var v = o.Environ()`, "os.Environ"},
		"environment in main":  {doors.Environment, "f.go", `package main; import "os"; var v = os.Getenv("V")`, ""},
		"environment in test":  {doors.Environment, "f_test.go", `package p; import "os"; var v = os.Getenv("V")`, ""},
		"bare function":        {doors.Documented, "f.go", `package p; func F() {}`, "F"},
		"bare method":          {doors.Documented, "f.go", "package p\n// T is.\ntype T[A any] struct{}\nfunc (*T[A]) M() {}", "M"},
		"method of a hidden":   {doors.Documented, "f.go", "package p\ntype t struct{}\nfunc (t) M() {}", ""},
		"bare type":            {doors.Documented, "f.go", `package p; type T int`, "T"},
		"bare constant":        {doors.Documented, "f.go", "package p\nconst (\n\tA = 1 // A is\n\tB = 2\n)", "B"},
		"group comment":        {doors.Documented, "f.go", "package p\n// They are.\nvar (\n\tA = 1\n\tB = 2\n)", ""},
	} {
		t.Run(name, func(t *testing.T) {
			got := doors.Check([]doors.File{parse(t, c.path, c.src)}, c.rule)
			if c.want == "" && len(got) != 0 || c.want != "" && (len(got) != 1 || !strings.Contains(got[0], c.want)) {
				t.Fatalf("complaints %q, want %q", got, c.want)
			}
		})
	}
}

func TestReadWalksAModule(t *testing.T) {
	root := t.TempDir()
	for path, src := range map[string]string{
		"a/a.go": "// Package a is.\npackage a\nimport \"fmt\"", "a/b.go": "package a", "c/c.go": "package c",
		"c/c_test.go": "// Package c is only described in a test.\npackage c_test", "a/testdata/x.go": "not go",
		".git/x.go": "not go", "_old/x.go": "not go", "README.md": "not go",
	} {
		full := filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(src), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	files, err := doors.Read(root)
	if err != nil || len(files) != 4 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	if f := files[0]; f.Path != "a/a.go" || f.Dir != "a" || !reflect.DeepEqual(f.Imports, []string{"fmt"}) {
		t.Fatalf("file %+v", f)
	}
	if got := doors.Undescribed(files); !reflect.DeepEqual(got, []string{"c"}) {
		t.Fatalf("undescribed %v", got)
	}
	if err := os.WriteFile(filepath.Join(root, "bad.go"), []byte("not go"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := doors.Read(root); err == nil {
		t.Fatal("a file that is not Go passed")
	}
}

func TestStandard(t *testing.T) {
	for path, want := range map[string]bool{"fmt": true, "net/http": true, "github.com/a/b": false, "C": false} {
		if doors.Standard(path) != want {
			t.Errorf("%s", path)
		}
	}
}

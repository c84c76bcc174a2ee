package services_test

import (
	"os"
	"strings"
	"testing"

	"github.com/tributary-inbox/tributary/pkg/doors"
)

const module = "github.com/tributary-inbox/tributary"

// pure are the rooms that only compute: same input, same answer, for ever.
var pure = []string{
	"router/conversation",
	"router/identity",
	"router/threading",
	"router/assignment",
	"router/hours",
	"router/level",
	"inbox/views",
	"inbox/board",
	"gateway/access",
	"automation/rules",
	"automation/opening",
}

// composers may import several services: the one binary, and the tests of the
// whole road.
var composers = []string{"tributary", "e2e"}

func foreignService(f doors.File, imported string) bool {
	theirs, ok := strings.CutPrefix(imported, module+"/services/")
	if !ok {
		return false
	}
	for _, c := range composers {
		if doors.Within(f.Dir, c) {
			return false
		}
	}
	return serviceOf(theirs) != serviceOf(f.Dir)
}

func serviceOf(dir string) string {
	name, _, _ := strings.Cut(dir, "/")
	return name
}

// testOnly are packages that only tests import: those that say so in their
// name, and the one that all social adapters are proved with.
func testOnly(path string) bool {
	return strings.HasSuffix(path, "test") || strings.HasSuffix(path, "/social/proof") || path == "social/proof"
}

func kit(f doors.File, imported string) bool {
	if f.Test || doors.Within(f.Dir, "tributary/e2e") || testOnly(f.Dir) {
		return false
	}
	ours, ok := strings.CutPrefix(imported, module+"/services/")
	return ok && testOnly(ours) || doors.Within(imported, module+"/pkg/testkit") || doors.Within(imported, module+"/pkg/doors")
}

var rules = []doors.Rule{
	doors.Forbid("services meet in contracts, never in each other", foreignService),
	doors.Forbid("test tools stay in tests", kit),
	doors.Pure(pure, module+"/contracts"),
	doors.Environment,
}

func TestDoors(t *testing.T) {
	files, err := doors.Read(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range doors.Check(files, rules...) {
		t.Error(c)
	}
	for _, dir := range doors.Undescribed(files) {
		t.Errorf("%s: no package comment", dir)
	}
}

// A pure room that moves must move in the table too, or it is watched no more.
func TestPureRoomsExist(t *testing.T) {
	for _, room := range pure {
		if st, err := os.Stat(room); err != nil || !st.IsDir() {
			t.Errorf("%s is not there: %v", room, err)
		}
	}
}

func TestDoorsCanBeShut(t *testing.T) {
	for name, c := range map[string]struct {
		path, src string
		complain  bool
	}{
		"another service":     {"inbox/answers/f.go", `package answers; import _ "` + module + `/services/router/routing"`, true},
		"its own rooms":       {"inbox/answers/f.go", `package answers; import _ "` + module + `/services/inbox/views"`, false},
		"a service's test":    {"inbox/answers/f_test.go", `package answers; import _ "` + module + `/services/gateway/hub"`, true},
		"the binary":          {"tributary/compose.go", `package main; import _ "` + module + `/services/router/routing"`, false},
		"a pure room's clock": {"router/conversation/f.go", `package conversation; import "time"; var n = time.Now()`, true},
		"a pure room's log":   {"inbox/views/f.go", `package views; import _ "github.com/rs/zerolog"`, true},
		"a pure room's pkg":   {"gateway/access/f.go", `package access; import _ "` + module + `/pkg/bolt"`, true},
		"a pure room":         {"router/threading/f.go", `package threading; import _ "` + module + `/contracts/events"`, false},
		"environment":         {"inbox/f.go", `package inbox; import "os"; var v = os.Getenv("V")`, true},
		"test kit":            {"inbox/f.go", `package inbox; import _ "` + module + `/pkg/testkit"`, true},
	} {
		f, err := doors.Parse(c.path, []byte(c.src))
		if err != nil {
			t.Fatal(err)
		}
		if got := doors.Check([]doors.File{f}, rules...); (len(got) > 0) != c.complain {
			t.Errorf("%s: complaints %v", name, got)
		}
	}
}

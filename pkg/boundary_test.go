package pkg_test

import (
	"slices"
	"testing"

	"github.com/tributary-inbox/tributary/pkg/doors"
)

const module = "github.com/tributary-inbox/tributary"

// Only the port of the channels and the test kit know the product.
func product(f doors.File, imported string) bool {
	return doors.Within(imported, module+"/contracts") && !doors.Within(f.Dir, "channel") && !doors.Within(f.Dir, "testkit")
}

func upwards(_ doors.File, imported string) bool { return doors.Within(imported, module+"/services") }

// The kit belongs to tests: a program must not carry it.
func kit(f doors.File, imported string) bool {
	forTests := f.Test || doors.Within(f.Dir, "testkit") || slices.Contains([]string{"channel/conformance", "channel/channeltest"}, f.Dir)
	return !forTests && (doors.Within(imported, module+"/pkg/testkit") || doors.Within(imported, module+"/pkg/doors") || imported == "testing")
}

var rules = []doors.Rule{
	doors.Forbid("only channel and testkit know the contracts", product),
	doors.Forbid("mechanics do not know the services", upwards),
	doors.Forbid("test tools stay in tests", kit),
	doors.Environment,
	doors.Documented,
}

func TestDoors(t *testing.T) {
	files, err := doors.Read(".")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 20 {
		t.Fatalf("only %d files found", len(files))
	}
	for _, c := range doors.Check(files, rules...) {
		t.Error(c)
	}
	for _, dir := range doors.Undescribed(files) {
		t.Errorf("%s: no package comment", dir)
	}
}

func TestDoorsCanBeShut(t *testing.T) {
	for src, path := range map[string]string{
		`package bus; import _ "` + module + `/contracts/events"`: "bus/bad.go",
		`package bus; import _ "` + module + `/services/inbox"`:   "bus/bad.go",
		`package bus; import _ "` + module + `/pkg/testkit"`:      "bus/bad.go",
	} {
		f, err := doors.Parse(path, []byte(src))
		if err != nil {
			t.Fatal(err)
		}
		if len(doors.Check([]doors.File{f}, rules...)) != 1 {
			t.Errorf("passed: %s", src)
		}
	}
	for src, path := range map[string]string{
		`package channel; import _ "` + module + `/contracts/events"`: "channel/good.go",
		`package bus_test; import _ "` + module + `/pkg/testkit"`:     "bus/good_test.go",
	} {
		f, err := doors.Parse(path, []byte(src))
		if err != nil {
			t.Fatal(err)
		}
		if c := doors.Check([]doors.File{f}, rules...); len(c) != 0 {
			t.Errorf("refused: %v", c)
		}
	}
}

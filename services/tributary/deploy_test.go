package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
)

// A dashboard that asks for a metric under a former name shows an empty graph,
// and nobody notices until they need it.
func TestTheDashboardAsksForMetricsThereAre(t *testing.T) {
	text, err := os.ReadFile("../../deploy/grafana/tributary.json")
	if err != nil {
		t.Fatal(err)
	}
	sources := sourceText(t)
	seen := map[string]bool{}
	for _, name := range regexp.MustCompile(`tributary_[a-z_]+`).FindAllString(string(text), -1) {
		name = strings.TrimSuffix(strings.TrimSuffix(name, "_bucket"), "_count")
		if seen[name] {
			continue
		}
		seen[name] = true
		if !strings.Contains(sources, `"`+name+`"`) {
			t.Errorf("the dashboard shows %s, which nothing counts", name)
		}
	}
	for _, m := range regexp.MustCompile(`(?:Name: *|gauge\()"(tributary_[a-z_]+)"`).FindAllStringSubmatch(sources, -1) {
		if !seen[m[1]] && !strings.HasSuffix(m[1], "_position") && !strings.HasSuffix(m[1], "_sequence") {
			t.Errorf("%s is counted and not on the dashboard", m[1])
		}
	}
	if len(seen) < 15 {
		t.Errorf("only %d metrics were looked at", len(seen))
	}
}

// sourceText is every source file of the program that is no test.
func sourceText(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	for _, root := range []string{"..", "../../pkg"} {
		err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			text, err := os.ReadFile(path)
			all.Write(text)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return all.String()
}

// Breaks when an example no longer syncs before it acknowledges, or is refused
// by the server that the program embeds.
func TestExamplesOfNATSSync(t *testing.T) {
	t.Setenv("NATS_TOKEN", "token")
	for _, name := range []string{"single.conf", "cluster.conf"} {
		o, err := server.ProcessConfigFile(filepath.Join("../../deploy/nats", name))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !o.SyncAlways || o.Authorization != "token" || o.MaxPayload < 8<<20 || !o.JetStream {
			t.Errorf("%s: sync always %v, token %q, payload %d", name, o.SyncAlways, o.Authorization, o.MaxPayload)
		}
	}
}

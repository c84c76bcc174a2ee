package conf_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/pkg/conf"
)

type settings struct {
	Listen   string        `help:"Address." default:"127.0.0.1:8080"`
	Wait     time.Duration `help:"Patience." default:"5s"`
	Workers  int           `default:"4"`
	Roles    []string      `help:"Roles."`
	Fast     bool          `help:"Hurry."`
	Format   string        `enum:"json,console" default:"json"`
	NATSURL  string        `name:"nats-url"`
	Password string        `secret:""`
	PIN      int           `name:"pin" secret:""`
}

func parse(t *testing.T, args, env []string) (settings, string, error) {
	t.Helper()
	var s settings
	var out strings.Builder
	err := conf.Parse(&s, conf.Options{Name: "test", Prefix: "APP", Args: args, Environ: env,
		Ignore: []string{"APP_CORPUS"}, Stdout: &out})
	return s, out.String(), err
}

func file(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "settings.json")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestDefaults(t *testing.T) {
	got, _, err := parse(t, nil, []string{"PATH=/bin", "HOME=/"})
	want := settings{Listen: "127.0.0.1:8080", Wait: 5 * time.Second, Workers: 4, Format: "json"}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Fatalf("%+v, %v", got, err)
	}
}

func TestFlagOverEnvironmentOverFileOverDefault(t *testing.T) {
	path := file(t, `{"listen":"file:1","wait":"1m","workers":7,"roles":["a,x","b"],"fast":true}`)
	env := []string{"APP_LISTEN=env:1", "APP_WAIT=2m", "APP_CORPUS=x", "APP_PASSWORD=",
		"APP_SERVICE_HOST=10.0.0.1", "APP_PORT_8080_TCP=tcp://10.0.0.1:8080"}
	for _, viaEnv := range []bool{false, true} {
		args, env := []string{"--wait=3m"}, env
		if viaEnv {
			env = append(env, "APP_CONFIG="+path)
		} else {
			args = append(args, "--config", path)
		}
		got, _, err := parse(t, args, env)
		want := settings{Listen: "env:1", Wait: 3 * time.Minute, Workers: 7, Roles: []string{"a,x", "b"},
			Fast: true, Format: "json"}
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("by environment %v: %+v, %v", viaEnv, got, err)
		}
	}
}

func TestMistakesAreNamed(t *testing.T) {
	for name, c := range map[string]struct {
		args, env []string
		want      string
	}{
		"unknown flag":     {[]string{"--lissten=x"}, nil, "--lissten"},
		"unknown argument": {[]string{"serve"}, nil, "serve"},
		"unknown variable": {nil, []string{"APP_LISSTEN=x"}, "APP_LISSTEN"},
		"variable twice":   {nil, []string{"APP_LISTEN=x", "APP_LISTEN=y"}, "APP_LISTEN"},
		"unknown key":      {[]string{"--config", file(t, `{"lissten":"x"}`)}, nil, `"lissten"`},
		"nested value":     {[]string{"--config", file(t, `{"listen":{"a":1}}`)}, nil, `"listen"`},
		"two objects":      {[]string{"--config", file(t, `{} {}`)}, nil, "more follows"},
		"empty file":       {[]string{"--config", file(t, "")}, nil, "it is empty"},
		"not an object":    {[]string{"--config", file(t, `[]`)}, nil, "JSON object"},
		"huge file":        {[]string{"--config", file(t, `{}`+strings.Repeat(" ", 2<<20))}, nil, "longer"},
		"file missing":     {[]string{"--config", "/nonexistent/x"}, nil, "/nonexistent/x"},
		"bad duration":     {nil, []string{"APP_WAIT=soon"}, "wait"},
		"not in enum":      {[]string{"--format=xml"}, nil, "format"},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := parse(t, c.args, c.env)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("want an error about %s, got %v", c.want, err)
			}
		})
	}
}

func TestPrintConfigMasksSecretsAndCanBeReadBack(t *testing.T) {
	env := []string{"APP_PASSWORD=hunter2", "APP_PIN=4711", "APP_NATS_URL=nats://me:hunter2@a:1,nats://hunter2@b:2,nats://c:3"}
	_, out, err := parse(t, []string{"--print-config", "--roles=x,y"}, env)
	if !errors.Is(err, conf.ErrDone) {
		t.Fatalf("want ErrDone, got %v", err)
	}
	if strings.Contains(out, "hunter2") || strings.Contains(out, "4711") {
		t.Fatalf("a secret was printed:\n%s", out)
	}
	var m map[string]any
	if err := json.Unmarshal([]byte(out), &m); err != nil {
		t.Fatalf("%v in\n%s", err, out)
	}
	if m["password"] != "********" || m["listen"] != "127.0.0.1:8080" || m["wait"] != "5s" ||
		m["nats-url"] != "nats://********@a:1,nats://********@b:2,nats://c:3" {
		t.Fatalf("printed %v", m)
	}
	delete(m, "pin")
	again, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	got, _, err := parse(t, []string{"--config", file(t, string(again))}, nil)
	if err != nil || !reflect.DeepEqual(got.Roles, []string{"x", "y"}) {
		t.Fatalf("%+v, %v", got, err)
	}
}

func TestErrorsNeverQuoteASecret(t *testing.T) {
	for _, c := range [][2][]string{{{"--pin=hunter2"}, nil}, {nil, {"APP_PIN=hunter2"}},
		{{"--config", file(t, `{"pin":"hunter2"}`)}, nil}} {
		_, out, err := parse(t, c[0], c[1])
		if err == nil || strings.Contains(err.Error()+out, "hunter2") || !strings.Contains(err.Error(), "pin") {
			t.Fatalf("%v: %v %s", c, err, out)
		}
	}
}

func TestHelpNamesTheVariables(t *testing.T) {
	_, out, err := parse(t, []string{"--help"}, nil)
	if !errors.Is(err, conf.ErrDone) || !strings.Contains(out, "$APP_LISTEN") || !strings.Contains(out, "$APP_NATS_URL") {
		t.Fatalf("%v\n%s", err, out)
	}
}

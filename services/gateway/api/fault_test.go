package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"
)

// What encoding/json quotes is never passed on. To see it fail, return its own words.
func TestFaultsNameFieldsAndNoValues(t *testing.T) {
	var into struct {
		Port   int
		Nested struct{ Key string }
	}
	for body, want := range map[string]Fault{
		`{"port":"hunter2"}`:              {"a value of another kind is needed", "body.port"},
		`{"nested":{"key":[1,"hunter"]}}`: {"a value of another kind is needed", "body.nested.key"},
		`{"port":123456789012345678901}`:  {"a value of another kind is needed", "body.port"},
		`{"port":"hunter2`:                {"the body is not valid JSON", "body"},
		`hunter2`:                         {"the body is not valid JSON", "body"},
	} {
		err := json.Unmarshal([]byte(body), &into)
		if err == nil {
			t.Fatalf("%s is read", body)
		}
		got := faultOf(&huma.ErrorDetail{Location: "body", Message: err.Error(), Value: body})
		if !strings.EqualFold(got.Location, want.Location) || got.Message != want.Message {
			t.Errorf("%s (%v): %+v, want %+v", body, err, got, want)
		}
	}
	long := strings.Repeat("한", 500) + "\u202E"
	got := faultOf(&huma.ErrorDetail{Location: "body." + long, Message: "unexpected property"})
	if len(got.Location) > maxLocation+3 || strings.Contains(got.Message, "\u202E") || !strings.HasPrefix(got.Message, "there is no field 한") {
		t.Errorf("%+v", got)
	}
}

func TestSettingsFaultsNameFieldsAndNoValues(t *testing.T) {
	var into struct{ Port int }
	typed := json.Unmarshal([]byte(`{"port":"hunter2"}`), &into)
	for want, err := range map[string]error{
		"the field settings.port needs a value of another kind":    fmt.Errorf("settings: %w", typed),
		"the settings hold a value of another kind than is needed": fmt.Errorf("settings: %w", json.Unmarshal([]byte(`[]`), &into)),
		"there is no field settings.prot":                          errors.New(`settings: json: unknown field "prot"`),
		"settings.address is missing":                              errors.New("settings.address is missing"),
	} {
		if got := settingsFault(err).Error(); !strings.EqualFold(got, want) {
			t.Errorf("%v: %q, want %q", err, got, want)
		}
	}
}

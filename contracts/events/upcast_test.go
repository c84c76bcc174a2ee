package events

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

// parcel is a type of this test alone: version 1 had weight in pounds as text,
// version 2 as a number, version 3 has it in grams.
type parcel struct {
	Grams int `json:"grams"`
}

func (*parcel) FactType() string { return "test.parcel" }

func registerParcel(t *testing.T) {
	t.Helper()
	name := (*parcel)(nil).FactType()
	registry[name] = registered{3, func() Body { return new(parcel) }}
	upcasters[name] = map[int]step{
		1: func(data json.RawMessage) (json.RawMessage, error) {
			var v struct{ Weight json.Number }
			if err := json.Unmarshal(data, &v); err != nil {
				return nil, err
			}
			return json.Marshal(map[string]json.Number{"pounds": v.Weight})
		},
		2: func(data json.RawMessage) (json.RawMessage, error) {
			var v struct{ Pounds int }
			if err := json.Unmarshal(data, &v); err != nil {
				return nil, err
			}
			if v.Pounds < 0 {
				return nil, errors.New("lighter than nothing")
			}
			return json.Marshal(parcel{v.Pounds * 454})
		},
	}
	t.Cleanup(func() {
		delete(registry, name)
		delete(upcasters, name)
	})
}

func TestEveryVersionIsRaised(t *testing.T) {
	registerParcel(t)
	for _, stored := range []string{
		`{"type":"test.parcel","v":1,"data":{"weight":"2"}}`,
		`{"type":"test.parcel","v":2,"data":{"pounds":2}}`,
		`{"type":"test.parcel","v":3,"data":{"grams":908}}`,
	} {
		var f Fact
		if err := json.Unmarshal([]byte(stored), &f); err != nil {
			t.Fatalf("%s: %v", stored, err)
		}
		p, ok := f.Body.(*parcel)
		if !ok || p.Grams != 908 || f.V != 3 {
			t.Errorf("%s became %#v v%d", stored, f.Body, f.V)
		}
		again, err := json.Marshal(f)
		if err != nil || string(again) != `{"type":"test.parcel","v":3,"data":{"grams":908}}` {
			t.Errorf("%s is written as %s, %v", stored, again, err)
		}
	}
}

func TestARaiseThatFailsIsAnError(t *testing.T) {
	registerParcel(t)
	for stored, want := range map[string]string{
		`{"type":"test.parcel","v":2,"data":{"pounds":-1}}`: "lighter than nothing",
		`{"type":"test.parcel","v":1,"data":{"weight":{}}}`: "raise from version 1",
		`{"type":"test.parcel","v":0,"data":{}}`:            "no way up from version 0",
		`{"type":"test.parcel","v":-4,"data":{}}`:           "no way up from version -4",
	} {
		var f Fact
		if err := json.Unmarshal([]byte(stored), &f); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s gave %v, want %q", stored, err, want)
		}
	}
}

// Every version but the present has exactly one step up, or what was stored
// could not be read any more.
func TestNoStepIsMissing(t *testing.T) {
	registerParcel(t)
	for name, r := range registry {
		for v := 1; v < r.version; v++ {
			if upcasters[name][v] == nil {
				t.Errorf("%s has no step up from version %d", name, v)
			}
		}
		if len(upcasters[name]) != r.version-1 {
			t.Errorf("%s has %d steps to version %d", name, len(upcasters[name]), r.version)
		}
		if got := r.make().FactType(); got != name {
			t.Errorf("%s is registered as %s", got, name)
		}
	}
}

// An older program stands beside a newer one during an upgrade: what it does
// not know it keeps as it is, to the byte.
func TestWhatIsUnknownIsKept(t *testing.T) {
	for _, stored := range []string{
		`{"type":"conversation.sung","v":1,"data":{"key":"C","bars":[1,2.50,1e3],"nested":{"a":null}}}`,
		`{"type":"conversation.read","v":2,"data":{"conversation":"cv1","by":"a newer field"}}`,
		`{"type":"","v":0,"data":"text"}`,
	} {
		var f Fact
		if err := json.Unmarshal([]byte(stored), &f); err != nil {
			t.Fatalf("%s: %v", stored, err)
		}
		if _, ok := f.Body.(*Opaque); !ok {
			t.Errorf("%s became %T", stored, f.Body)
		}
		again, err := json.Marshal(f)
		if err != nil || string(again) != stored {
			t.Errorf("%s is written as %s, %v", stored, again, err)
		}
	}
}

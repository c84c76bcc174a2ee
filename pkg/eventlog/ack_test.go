package eventlog

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/nats-io/nats.go"
)

func TestReadAck(t *testing.T) {
	for body, want := range map[string]ack{
		`{"stream":"S", "seq":17}`:                             {stream: "S", seq: 17},
		`{"stream":"S","seq":17}`:                              {stream: "S", seq: 17},
		`{"stream":"S", "seq":17,"duplicate": true}`:           {stream: "S", seq: 17, duplicate: true},
		`{"stream":"S", "seq":9,"batch":"b","count":3}`:        {stream: "S", seq: 9},
		`{"seq":5,"stream":"S","domain":"hub"}`:                {stream: "S", seq: 5},
		`{"stream":"S", "seq":18446744073709551615,"val":"1"}`: {stream: "S", seq: 1<<64 - 1},
	} {
		got, se, err := readAck(&nats.Msg{Data: []byte(body)}, "S")
		if got != want || se != nil || err != nil {
			t.Errorf("%s: %+v, %v, %v", body, got, se, err)
		}
	}
	for _, body := range []string{``, `{}`, `null`, `{"stream":"S"}`, `{"stream":"S","seq":0}`, `{"stream":"S","seq":-1}`, `[`} {
		if got, se, err := readAck(&nats.Msg{Data: []byte(body)}, "S"); err == nil {
			t.Errorf("%s: %+v, %v", body, got, se)
		}
	}
	if _, _, err := readAck(&nats.Msg{Data: []byte(`{"stream":"T","seq":1}`)}, "S"); !errors.Is(err, ErrRejected) {
		t.Errorf("another stream's: %v", err)
	}
	_, se, err := readAck(&nats.Msg{Data: []byte(`{"error":{"code":400,"err_code":10071,"description":"wrong last sequence: 12"},"stream":"S","seq":0}`)}, "S")
	if err != nil || se == nil || !se.conflict() || conflictOf(&Message{Subject: "x"}, se).Last != 12 {
		t.Errorf("conflict: %+v, %v", se, err)
	}
}

// FuzzReadAck holds the quick reader against the general one.
func FuzzReadAck(f *testing.F) {
	for _, s := range []string{`{"stream":"S", "seq":17}`, `{"stream":"S","seq":1}`, `{"stream":"","seq":1}`, `{"error":{"code":503}}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		quick, ok := quickAck(b)
		slow, se, err := slowAck(b)
		if !ok {
			return
		}
		if err != nil || se != nil || quick != slow {
			if json.Valid(b) || err == nil {
				t.Fatalf("%q: quick %+v, slow %+v %v %v", b, quick, slow, se, err)
			}
		}
	})
}

package house

import (
	"errors"
	"testing"
	"time"
)

func TestTheHouseHasAZone(t *testing.T) {
	for name, fails := range map[string]bool{"Asia/Seoul": false, "UTC": false, "Mars/Olympus": true, "Local": true, "../zone": true} {
		zone, err := (&Settings{Data: "data", Listen: ":0", SMTPListen: ":0", Zone: name}).zone()
		if fails != (err != nil) || err == nil && zone.String() != name {
			t.Errorf("%s is %v, %v", name, zone, err)
		}
		if err := (&Settings{Data: "data", Listen: ":0", SMTPListen: ":0", Zone: name}).Check(); fails != (err != nil) {
			t.Errorf("settings with %s: %v", name, err)
		}
	}
	if zone, err := (&Settings{}).zone(); err != nil || zone == nil {
		t.Errorf("the machine's zone is %v, %v", zone, err)
	}
}

func TestTheMachinesZoneIsFoundByItsName(t *testing.T) {
	links := func(to string, err error) func(string) (string, error) {
		return func(string) (string, error) { return to, err }
	}
	nameless := time.FixedZone("Local", 3600)
	for to, want := range map[string]string{
		"/usr/share/zoneinfo/Asia/Seoul": "Asia/Seoul", "../usr/share/zoneinfo/Etc/UTC": "Etc/UTC",
		"/var/db/timezone/zoneinfo/Europe/Berlin": "Europe/Berlin", "/usr/share/zoneinfo/None/Such": "Local", "/somewhere": "Local",
	} {
		if got := machineZone(nameless, links(to, nil)).String(); got != want {
			t.Errorf("a link to %s gives %s, want %s", to, got, want)
		}
	}
	if got := machineZone(nameless, links("", errors.New("not a link"))); got != nameless {
		t.Errorf("without a link it is %v", got)
	}
	if got := machineZone(time.UTC, links("/usr/share/zoneinfo/Asia/Seoul", nil)); got != time.UTC {
		t.Errorf("a zone with a name became %v", got)
	}
}

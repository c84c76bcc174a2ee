package house

import (
	"fmt"
	"os"
	"strings"
	"time"
)

// zone is where the house's days begin. The machine's zone is known by its name
// wherever the machine tells it; else it is called Local, which nobody elsewhere
// can look up.
func (s *Settings) zone() (*time.Location, error) {
	if s.Zone == "" {
		return machineZone(time.Local, os.Readlink), nil
	}
	zone, err := time.LoadLocation(s.Zone)
	if err != nil || s.Zone == "Local" {
		return nil, fmt.Errorf("no time zone %q: write it as Asia/Seoul", s.Zone)
	}
	return zone, nil
}

// machineZone finds the name of a zone that has none: the file with the machine's
// zone is a link into the folder of all zones.
func machineZone(local *time.Location, readlink func(string) (string, error)) *time.Location {
	if local.String() != "Local" {
		return local
	}
	target, err := readlink("/etc/localtime")
	if err != nil {
		return local
	}
	_, name, ok := strings.Cut(target, "zoneinfo/")
	if !ok {
		return local
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return local
	}
	return zone
}

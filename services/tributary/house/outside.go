package house

import "github.com/tributary-inbox/tributary/pkg/clock"

// Outside is what the program meets that is not this machine. A test puts
// something of its own in the place of what it cannot have; the zero value is
// the world as it is.
type Outside struct {
	// Clock times how long an answer rests before it is tried again and when it
	// is given up; nil is the system's. All else keeps the system's time.
	Clock clock.Clock
	// NoMedia leaves the files that messages name where they are: real payloads
	// name real hosts.
	NoMedia bool

	// asItStands is for a tool, which changes no setting of the log.
	asItStands bool
}

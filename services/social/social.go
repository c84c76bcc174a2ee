// Package social lists the adapters of social networks, messengers and text
// messages. Each has a package of its own below this one; see README.md for how
// to add one.
package social

import "github.com/tributary-inbox/tributary/pkg/channel"

// Deps are what adapters are given. Dir is a folder for what an adapter must
// remember between calls; PublicURL is where providers reach this program,
// without a slash at the end, and may be empty.
type Deps struct {
	Dir       string
	PublicURL string
}

// Adapters makes one of each kind. They open nothing before they are used.
func Adapters(d Deps) []channel.Adapter {
	return []channel.Adapter{}
}

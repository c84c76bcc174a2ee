package account

import "strings"

// SameDoor says that two addresses are hooks of one program: they differ at most
// behind the folder of hooks. A provider that has one address for all accounts of
// an app may have any of them, since each hook hands on what is not its own.
func SameDoor(a, b string) bool {
	before, _, isHook := strings.Cut(a, "/hooks/")
	ours, _, _ := strings.Cut(b, "/hooks/")
	return a == b || isHook && before == ours
}

//go:build unix

package bench

import "syscall"

// fileLimit is how many files a process may have open. The Go runtime raises the
// soft limit to the hard one by itself when a program starts.
func fileLimit() int {
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l); err != nil {
		return 0
	}
	return int(min(l.Cur, 1<<30))
}

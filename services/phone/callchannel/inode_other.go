//go:build !unix

package callchannel

import "io/fs"

// inode is nought where files have none: the first bytes of a file alone tell it
// from another then.
func inode(fs.FileInfo) uint64 { return 0 }

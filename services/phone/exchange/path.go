package exchange

import (
	"errors"
	"path/filepath"
)

// CheckPath takes a path below the folder of phone files, or none. Links and
// dots that lead out of the folder are refused again when the file is opened.
func CheckPath(name string) error {
	if name != "" && (!filepath.IsLocal(name) || len(name) > 1024) {
		return errors.New("file: a path below the folder of phone files, without dots that lead out of it")
	}
	return nil
}

package house

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/tributary-inbox/tributary/pkg/bolt"
)

// keptPrefix begins the name of a kept file in a backup. Behind it stands its
// path below the folder, with slashes.
const keptPrefix = "kept/"

func keptRoot(data string) string { return filepath.Join(data, "kept") }

// keptInto writes every kept file: a database as it stands at one moment, any
// other file, as an exchange's log, with the length that it has when it is
// reached. What is neither a folder nor a file is left out. It says how many it wrote.
func keptInto(ctx context.Context, data string, t target, out *tar.Writer) (files int, err error) {
	root := keptRoot(data)
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, os.ErrNotExist):
			return nil // nothing is kept yet, or the file went away meanwhile
		case err != nil:
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		case !d.Type().IsRegular():
			return nil
		}
		below, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		name := keptPrefix + filepath.ToSlash(below)
		if filepath.Ext(path) == ".db" {
			err = bolt.CopyKept(path, func(size int64) (io.Writer, error) {
				return out, out.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: size})
			})
		} else {
			err = copyPlain(path, name, t, out)
		}
		if err != nil {
			return fmt.Errorf("kept file %s: %w", below, err)
		}
		files++
		return nil
	})
	return files, err
}

// copyPlain passes a file through a second one, since what is written to
// meanwhile, or cut, has no length that could be told beforehand.
func copyPlain(path, name string, t target, out *tar.Writer) error {
	from, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { _ = from.Close() }() // only read
	spool, err := t.spool()
	if err != nil {
		return err
	}
	defer func() { _ = spool.Close() }() // what it held is read back or given up
	size, err := io.Copy(spool, from)
	if err != nil {
		return err
	}
	if _, err := spool.Seek(0, io.SeekStart); err != nil {
		return err
	}
	if err := out.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: size}); err != nil {
		return err
	}
	_, err = io.Copy(out, spool)
	return err
}

// keptPath is where a kept file of a backup belongs; empty for an entry that is
// none. A name that leads anywhere else is an error.
func keptPath(data, name string) (string, error) {
	below, ok := strings.CutPrefix(name, keptPrefix)
	if !ok {
		return "", nil
	}
	local := filepath.FromSlash(below)
	if !filepath.IsLocal(local) || filepath.Clean(local) != local || local == "." {
		return "", fmt.Errorf("it names a file %q", name)
	}
	return filepath.Join(keptRoot(data), local), nil
}

// restoreKept writes one kept file. It never writes over another.
func restoreKept(path string, r io.Reader) error {
	if path == "" {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("restore what was kept: %w", err)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("restore what was kept: %w", err)
	}
	_, err = io.Copy(f, r)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("restore what was kept: %w", err)
	}
	return nil
}

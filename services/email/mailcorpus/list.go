// Package mailcorpus is what tests know of a folder of mails that others have
// collected: which of its files are mails, and what the oracle files beside some
// of them say that a reader must find. It reads and compares nothing, so that
// the parser, the SMTP port and the whole program are held to the same mails and
// to the same oracles.
//
// The folder is named by the environment variable [Env]; the project holds no copy
// of it, and tests pass without it.
package mailcorpus

import (
	"bytes"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// Env names the variable in which tests find the folder; empty where there is none.
const Env = "TRIBUTARY_CORPUS"

// Mail is one mail of the folder.
type Mail struct {
	// Name is its path below the folder, with slashes. Source is the first part of
	// that: who collected it.
	Name, Source string
	Raw          []byte
}

// List reads every mail below a folder, in order of their names.
func List(root string) ([]Mail, error) {
	var out []Mail
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(root, file)
		if err != nil {
			return err
		}
		name := filepath.ToSlash(rel)
		if !named(name) {
			return nil
		}
		raw, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if source, _, _ := strings.Cut(name, "/"); path.Ext(name) != ".txt" || begins(raw) {
			out = append(out, Mail{Name: name, Source: source, Raw: raw})
		}
		return nil
	})
	return out, err
}

// named reports a name that mails have. What an oracle has decoded out of a mail
// is none.
func named(name string) bool {
	switch path.Ext(name) {
	case ".eml", ".msg", ".mbox", ".txt":
		return !decoded.MatchString(name)
	}
	return false
}

// telling are fields that make a text file a mail when it begins with two of them,
// or with one and another field's line.
var telling = map[string]bool{
	"from": true, "to": true, "subject": true, "date": true, "received": true, "return-path": true, "delivered-to": true,
	"message-id": true, "mime-version": true, "content-type": true, "reply-to": true, "path": true, "newsgroups": true,
}

// begins reports whether a text begins as a mail does.
func begins(raw []byte) bool {
	raw = bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf"))
	if bytes.HasPrefix(raw, []byte("From ")) {
		_, raw, _ = bytes.Cut(raw, []byte("\n"))
	}
	known, fields := 0, 0
	for line := range bytes.Lines(raw) {
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			break
		}
		if line[0] == ' ' || line[0] == '\t' {
			continue
		}
		name, _, ok := bytes.Cut(line, []byte(":"))
		if !ok || bytes.ContainsAny(name, " \t") || len(name) == 0 {
			break
		}
		if fields++; telling[strings.ToLower(string(name))] {
			known++
		}
	}
	return known > 1 || known == 1 && fields > 1
}

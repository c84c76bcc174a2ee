package filelink

import (
	"context"
	"net/url"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
)

// Root is where addresses begin; whoever serves them mounts it.
const Root = "/files/"

// maxName bounds a file name in bytes.
const maxName = 255

// Links makes addresses of files.
type Links struct {
	Keys *Keys
	// Base is where the outside reaches this program, as in
	// https://inbox.example.com; empty where nobody has said.
	Base string
}

// Link is the public address of a message's file, for a provider to fetch. It is
// channel.ErrNoAddress where this program has none that a provider would take:
// one that is not https is given to private gateways only.
func (l *Links) Link(ctx context.Context, message events.MessageID, file events.Attachment, private bool) (string, error) {
	base, err := url.Parse(strings.TrimRight(l.Base, "/"))
	if err != nil || base.Host == "" || base.Scheme != "https" && (!private || base.Scheme != "http") {
		return "", channel.ErrNoAddress
	}
	local, err := l.Path(ctx, message, file)
	if err != nil {
		return "", err
	}
	return base.String() + local, nil
}

// Path is Link without the host, for whoever reaches this program already.
func (l *Links) Path(ctx context.Context, message events.MessageID, file events.Attachment) (string, error) {
	key, err := l.Keys.newest(ctx)
	if err != nil {
		return "", err
	}
	name := Name(file.Name)
	expires := l.Keys.now().Truncate(step).Add(step + Life)
	token, err := seal(key, Claim{Message: message, Hash: file.Hash, Type: file.Type, Expires: expires}, name)
	if err != nil {
		return "", err
	}
	return Root + token + "/" + url.PathEscape(name), nil
}

// Name makes a file's name fit to stand at the end of an address: its last
// element, without what ends a line, hides an ending (right-to-left marks) or
// means another folder, and not long. It is never empty.
func Name(name string) string {
	name = path.Base(strings.ReplaceAll(strings.ToValidUTF8(name, ""), `\`, "/"))
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == unicode.ReplacementChar {
			return -1
		}
		return r
	}, name)
	if over := len(name) - maxName; over > 0 {
		for over < len(name) && !utf8.RuneStart(name[over]) {
			over++
		}
		name = name[over:] // the ending tells more than the beginning
	}
	if strings.Trim(name, ".") == "" || name == "/" {
		return "file"
	}
	return name
}

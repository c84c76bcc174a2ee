package e2e

import (
	"errors"
	"fmt"
	"net/http"
	"net/textproto"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/tributary-inbox/tributary/services/tributary/e2e/rig"
)

// smallDisk mounts a file system of a few bytes. Where this machine does not
// allow that, the test fails and says what it needs, for without it the promise
// is not proved.
func smallDisk(t *testing.T, bytes int) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%d", bytes)); err == nil {
		t.Cleanup(func() {
			if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
				t.Errorf("unmount: %v", err)
			}
		})
		return dir
	}
	t.Fatal("this test needs the right to mount a tmpfs: run it as root, or under unshare --map-root-user --mount")
	return ""
}

// fillDisk leaves no room and posts until the program says so; it returns the
// ids of what was acknowledged.
func fillDisk(t *testing.T, child *rig.Child, disk string, shop rig.Inbox) []string {
	t.Helper()
	var kept []string
	for i := range 20 {
		id := fmt.Sprintf("before-%d", i)
		child.Say(t, shop, rig.Said{ID: id, Contact: rig.SaidBy{ID: "c-1"}, Text: "kept"})
		kept = append(kept, id)
	}
	ballast, err := os.Create(filepath.Join(disk, "ballast"))
	must(t, err)
	block := make([]byte, 4096)
	for {
		if _, err := ballast.Write(block); err != nil {
			if !errors.Is(err, syscall.ENOSPC) {
				t.Fatal(err)
			}
			break
		}
	}
	must(t, ballast.Close())
	text := strings.Repeat("x", 16<<10)
	for i := range 2000 {
		id := fmt.Sprintf("full-%d", i)
		if err := child.TrySay(shop, rig.Said{ID: id, Contact: rig.SaidBy{ID: "c-2"}, Text: text}); err != nil {
			return kept
		}
		kept = append(kept, id)
	}
	t.Fatal("the disk is full and the program still acknowledges")
	return nil
}

func hookRefuses(t *testing.T, child *rig.Child, shop rig.Inbox) {
	t.Helper()
	got, err := child.TryPost(shop.HookPath, []byte(`{"id":"refused-1","contact":{"id":"c-3"},"text":"`+strings.Repeat("y", 16<<10)+`"}`))
	must(t, err)
	if got.Status != http.StatusServiceUnavailable || got.Header.Get("Retry-After") == "" {
		t.Errorf("on a full disk the hook answers %d, Retry-After %q: %s", got.Status, got.Header.Get("Retry-After"), got.Body)
	}
}

func mailRefuses(t *testing.T, child *rig.Child) {
	t.Helper()
	l := rig.Letter{From: "a@customer.test", To: "help@example.com", Subject: "full", ID: "full@customer.test", Text: strings.Repeat("z", 16<<10)}
	err := child.TryMail(l.From, l.To, l.Bytes())
	var refused *textproto.Error
	if !errors.As(err, &refused) || refused.Code < 400 || refused.Code > 499 {
		t.Errorf("on a full disk mail is answered %v, want a 4xx", err)
	}
}

// roomAgain makes room and posts until it is taken again, starting the program
// anew where it ended itself because it could not go on.
func roomAgain(t *testing.T, child *rig.Child, disk string, shop rig.Inbox) []string {
	t.Helper()
	must(t, os.Remove(filepath.Join(disk, "ballast")))
	var kept []string
	said := rig.Said{ID: "after-0", Contact: rig.SaidBy{ID: "c-4"}, Text: "room again"}
	if err := rig.Await(rig.Patience, func() error { return child.TrySay(shop, said) }); err != nil {
		t.Errorf("with room again the program does not recover by itself: %v\n%.4000s", err, child.Output())
		child.Kill()
		child.Start()
		rig.Eventually(t, func() error { return child.TrySay(shop, said) })
	}
	kept = append(kept, said.ID)
	for i := 1; i < 20; i++ {
		said.ID = fmt.Sprintf("after-%d", i)
		child.Say(t, shop, said)
		kept = append(kept, said.ID)
	}
	return kept
}

// damaged cuts a backup short: a restore must notice before it makes anything.
func damaged(t *testing.T, file string) {
	t.Helper()
	data, err := os.ReadFile(file)
	must(t, err)
	short := file + ".short"
	must(t, os.WriteFile(short, data[:len(data)*2/3], 0o600))
	fresh := filepath.Join(t.TempDir(), "fresh")
	if out, err := rig.Tool(t, "restore", short, "--data", fresh); err == nil {
		t.Errorf("a damaged backup was restored:\n%s", out)
	}
	if streams, err := filepath.Glob(filepath.Join(fresh, "log", "jetstream", "*", "streams", "*")); err != nil || len(streams) > 0 {
		t.Errorf("a damaged backup left %v (%v)", streams, err)
	}
}

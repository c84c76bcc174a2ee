package filelink

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/pkg/kv"
)

const (
	// Life is how long an address holds at least. Providers fetch within seconds
	// and try again for hours; some apps fetch only when the customer looks.
	Life = 7 * 24 * time.Hour
	// step is how long one file keeps the same address.
	step = 24 * time.Hour
	// signsFor is how long a key signs.
	signsFor = 30 * 24 * time.Hour
	// attempts bounds how often a write of the keys begins anew because somebody
	// else wrote them.
	attempts = 5
)

// Keys are the keys of an installation. They are made when they are first needed,
// by whichever process needs them first. The caller owns the table. Methods may
// be called from any goroutine.
type Keys struct {
	Table *kv.Table[config.FileKeys]
	// Now is the clock; time.Now when nil.
	Now func() time.Time
	// Entry is where in the table they stand; config.FileKeysID when empty. Keys of
	// another entry sign something else than addresses of files.
	Entry string
	// Holds is how long at most what they sign holds; as long as an address of a file
	// when nought.
	Holds time.Duration
}

func (k *Keys) entry() string {
	if k.Entry == "" {
		return config.FileKeysID
	}
	return k.Entry
}

func (k *Keys) holds() time.Duration {
	if k.Holds == 0 {
		return Life + 2*step
	}
	return k.Holds
}

// Open verifies a token against the name it came with. The error is ErrForged or
// ErrExpired.
func (k *Keys) Open(token, name string) (Claim, error) {
	all, _, _ := k.Table.Get(k.entry())
	return open(all.Keys, token, name, k.now())
}

// Revoke makes every address void that is out, and takes a new key.
func (k *Keys) Revoke(ctx context.Context) error {
	_, err := k.change(ctx, func(config.FileKeys) (config.FileKeys, bool) {
		return config.FileKeys{Keys: []config.FileKey{k.make()}}, true
	})
	return err
}

// newest is the key that signs now. It replaces one that has signed for long
// enough and forgets those whose addresses have all ended.
func (k *Keys) newest(ctx context.Context) (config.FileKey, error) {
	all, err := k.change(ctx, func(all config.FileKeys) (config.FileKeys, bool) {
		now := k.now()
		if len(all.Keys) > 0 && now.Sub(all.Keys[0].CreatedAt) < signsFor {
			return all, false
		}
		kept := slices.Clone(all.Keys)
		if len(kept) > 0 {
			kept[0].RetiredAt = now
		}
		kept = slices.DeleteFunc(kept, func(old config.FileKey) bool { return now.Sub(old.RetiredAt) > k.holds() })
		return config.FileKeys{Keys: append([]config.FileKey{k.make()}, kept...)}, true
	})
	if err != nil {
		return config.FileKey{}, err
	}
	return all.Keys[0], nil
}

// change writes what edit makes of the keys, unless it says that nothing is to
// be changed; somebody else's write in between makes it begin anew.
func (k *Keys) change(ctx context.Context, edit func(config.FileKeys) (config.FileKeys, bool)) (config.FileKeys, error) {
	for range attempts {
		all, rev, _ := k.Table.Get(k.entry())
		next, changed := edit(all)
		if !changed {
			return all, nil
		}
		_, err := k.Table.Put(ctx, k.entry(), next, &rev)
		if err == nil {
			return next, nil
		}
		if !errors.Is(err, kv.ErrConflict) {
			return config.FileKeys{}, fmt.Errorf("write the keys of file addresses: %w", err)
		}
		// The other's write is on its way into the table: wait for it.
		changes := k.Table.Changes()
		if _, seen, _ := k.Table.Get(k.entry()); seen == rev {
			select {
			case <-changes:
			case <-ctx.Done():
				return config.FileKeys{}, fmt.Errorf("write the keys of file addresses: %w", ctx.Err())
			}
		}
	}
	return config.FileKeys{}, fmt.Errorf("write the keys of file addresses: %w", kv.ErrConflict)
}

func (k *Keys) make() config.FileKey {
	raw := make([]byte, keyBytes+sha256.Size)
	_, _ = rand.Read(raw) // never fails
	return config.FileKey{ID: hex.EncodeToString(raw[:keyBytes]), Secret: raw[keyBytes:], CreatedAt: k.now().UTC()}
}

func (k *Keys) now() time.Time {
	if k.Now == nil {
		return time.Now()
	}
	return k.Now()
}

package ses

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"
)

const (
	fetchWithin     = 6 * time.Second // SNS waits fifteen
	maxCertificate  = 64 << 10        // bytes of what is fetched
	maxCertificates = 64              // kept at a time; Amazon has one a region
	certificateFor  = 24 * time.Hour
)

// errNoCertificate says that what was fetched cannot be used.
var errNoCertificate = errors.New("no usable certificate")

// certificates fetches and keeps signing keys by their address.
type certificates struct {
	client, inside *http.Client

	mu   sync.Mutex // guards kept
	kept map[string]certificate
}

type certificate struct {
	cert    *x509.Certificate
	key     *rsa.PublicKey
	fetched time.Time
}

func newCertificates(client, inside *http.Client) *certificates {
	return &certificates{client: client, inside: inside, kept: map[string]certificate{}}
}

// key is the key of the certificate at an address whose host was checked.
func (c *certificates) key(ctx context.Context, private bool, address string, now time.Time) (*rsa.PublicKey, error) {
	c.mu.Lock()
	known, ok := c.kept[address]
	c.mu.Unlock()
	if !ok || now.Sub(known.fetched) > certificateFor {
		data, err := c.get(ctx, private, address)
		if err != nil {
			return nil, err
		}
		if known, err = parse(data); err != nil {
			return nil, err
		}
		known.fetched = now
		c.mu.Lock()
		if len(c.kept) >= maxCertificates {
			clear(c.kept)
		}
		c.kept[address] = known
		c.mu.Unlock()
	}
	if now.Before(known.cert.NotBefore) || now.After(known.cert.NotAfter) {
		return nil, fmt.Errorf("%w: it is not valid now", errNoCertificate)
	}
	return known.key, nil
}

func parse(data []byte) (certificate, error) {
	block, _ := pem.Decode(data)
	if block == nil {
		return certificate{}, errNoCertificate
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return certificate{}, fmt.Errorf("%w: %w", errNoCertificate, err)
	}
	key, ok := cert.PublicKey.(*rsa.PublicKey)
	if !ok || key.N.BitLen() < 2048 {
		return certificate{}, fmt.Errorf("%w: its key is of another kind", errNoCertificate)
	}
	return certificate{cert: cert, key: key}, nil
}

// get fetches an address on a trusted host; any answer but 200 is an error.
func (c *certificates) get(ctx context.Context, private bool, address string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, fetchWithin)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, fmt.Errorf("ask amazon: %w", err)
	}
	client := c.client
	if private {
		client = c.inside
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("ask amazon: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("ask amazon: status %d", resp.StatusCode)
	}
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxCertificate))
	if err != nil {
		return nil, fmt.Errorf("ask amazon: %w", err)
	}
	return data, nil
}

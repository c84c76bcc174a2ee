package search

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/analysis"
	"github.com/blevesearch/bleve/v2/document"
	"github.com/blevesearch/bleve/v2/index/scorch"
	bleveindex "github.com/blevesearch/bleve_index_api"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/services/inbox/views"
)

// ErrUnavailable means that the index cannot be asked now: it is being made
// anew, or closed.
var ErrUnavailable = errors.New("search index is not available")

// Fields of a document: words, their beginnings, digits of telephone numbers,
// the windows a message is in, and what it is sorted by. A contact has the
// window "c" alone.
const (
	fieldText   = "t"
	fieldOnset  = "x"
	fieldPhone  = "p"
	fieldWindow = "w"
	fieldSort   = "s"
)

var (
	keySeq    = []byte("seq")
	keySchema = []byte("schema")
	// schema changes with what is indexed or how it is cut into words.
	schema = []byte("2")
)

// breather is the name under which the index's own background writer is made to
// rest after a failure. By itself it tries again at once and for ever, which on
// a full disk takes a whole processor.
const breather = "tributary-rest-after-failure"

const (
	restAfterFailure = time.Second
	writeEvery       = 15 * time.Second
)

func init() {
	scorch.RegistryAsyncErrorCallbacks[breather] = func(error, string) { time.Sleep(restAfterFailure) }
}

// index is an open index. Documents are "m" conversation 0x00 message, and "c"
// contact.
type index struct {
	bleve.Index
	seq  uint64        // the last decision that is in
	kept atomic.Uint64 // the last one that is on disk too
	grew chan struct{} // of one: told when kept has grown
}

func newIndex(of bleve.Index) *index { return &index{Index: of, grew: make(chan struct{}, 1)} }

// openIndex opens the index in dir, or makes a new one where there is none that
// can be used.
func openIndex(dir string) (*index, error) {
	config := map[string]any{
		"unsafe_batch": true, "numSnapshotsToKeep": 1, "asyncErrorCallbackName": breather,
		// Segments gather in memory and are written now and then: each write is
		// synced, and on a shared disk every sync of the log waits behind it.
		// A stop has the rest written; what is lost in a crash is indexed again.
		"scorchPersisterOptions": map[string]any{"PersisterNapTimeMSec": writeEvery.Milliseconds(), "PersisterNapUnderNumFiles": 1000},
	}
	found, err := bleve.OpenUsing(dir, config)
	if err == nil {
		idx := newIndex(found)
		if idx.read() {
			return idx, nil
		}
		if err := found.Close(); err != nil {
			return nil, fmt.Errorf("close stale search index: %w", err)
		}
	}
	// Derived data: whatever was there is made again.
	if err := os.RemoveAll(dir); err != nil {
		return nil, fmt.Errorf("remove search index: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o700); err != nil {
		return nil, fmt.Errorf("make search index: %w", err)
	}
	made, err := bleve.NewUsing(dir, bleve.NewIndexMapping(), bleve.Config.DefaultIndexType, bleve.Config.DefaultKVStore, config)
	if err != nil {
		return nil, fmt.Errorf("make search index: %w", err)
	}
	idx := newIndex(made)
	if err := made.SetInternal(keySchema, schema); err != nil {
		return nil, errors.Join(fmt.Errorf("mark search index: %w", err), made.Close())
	}
	return idx, nil
}

// read reports whether the index is of this program's schema.
func (x *index) read() bool {
	have, err := x.GetInternal(keySchema)
	if err != nil || string(have) != string(schema) {
		return false
	}
	v, err := x.GetInternal(keySeq)
	if err != nil {
		return false
	}
	if len(v) == 8 {
		x.seq = binary.BigEndian.Uint64(v)
		x.kept.Store(x.seq)
	}
	return true
}

// commit writes a batch that brings the index up to seq. It does not wait for
// the disk.
func (x *index) commit(b *bleve.Batch, seq uint64) error {
	b.SetInternal(keySeq, binary.BigEndian.AppendUint64(nil, seq))
	b.SetPersistedCallback(func(err error) {
		if err == nil {
			x.written(seq)
		}
	})
	if err := x.Batch(b); err != nil {
		return fmt.Errorf("write search index: %w", err)
	}
	x.seq = seq
	return nil
}

func messageDoc(conv events.ConversationID, id events.MessageID) string {
	return "m" + string(conv) + "\x00" + string(id)
}

func contactDoc(id events.ContactID) string { return "c" + string(id) }

// asIs keeps a value as one term.
var asIs whole

type whole struct{}

// Analyze gives the text back as its only token.
func (whole) Analyze(text []byte) analysis.TokenStream {
	return analysis.TokenStream{{Term: text, Position: 1, End: len(text)}}
}

// contactWindow marks contacts.
const contactWindow = "c"

// windowBits are the sizes of windows: 2 to this power sequences of the log.
var windowBits = [...]int{11, 14, 17, 20}

func windowTerm(level int, block uint64) string {
	return string(rune('0'+level)) + strconv.FormatUint(block, 36)
}

// addMessage puts a message into a batch. seq is its place in the log.
func addMessage(b *bleve.Batch, id string, seq uint64, text string) error {
	d := newDoc(id, seq, text, sentences{})
	for level, bits := range windowBits {
		d.AddField(term(fieldWindow, level, windowTerm(level, seq>>bits)))
	}
	return b.IndexAdvanced(d)
}

// addContact puts a contact into a batch. rank is larger for one that changed
// later.
func addContact(b *bleve.Batch, id string, rank uint64, text string, phones []string) error {
	d := newDoc(id, rank, text, analyzer{})
	d.AddField(term(fieldWindow, 0, contactWindow))
	for i, p := range phones {
		d.AddField(term(fieldPhone, i, p))
	}
	return b.IndexAdvanced(d)
}

const indexed = bleveindex.IndexField | bleveindex.SkipFreqNorm

func newDoc(id string, rank uint64, text string, words analysis.Analyzer) *document.Document {
	d := document.NewDocument(id)
	d.AddField(document.NewTextFieldCustom(fieldText, nil, []byte(text), indexed, words))
	d.AddField(document.NewTextFieldCustom(fieldOnset, nil, []byte(text), indexed, beginnings{}))
	d.AddField(document.NewTextFieldCustom(fieldSort, nil, []byte(sortKey(rank, id)), indexed|bleveindex.DocValues, asIs))
	return d
}

func term(field string, i int, value string) *document.TextField {
	return document.NewTextFieldCustom(field, []uint64{uint64(i)}, []byte(value), indexed, asIs)
}

// sortKey sorts by rank; the hash of the id makes it the document's own.
func sortKey(rank uint64, id string) string { return fmt.Sprintf("%016x%08x", rank, hash32(id)) }

// messageText is what is searched of a message.
func messageText(m *events.Message) string {
	parts := []string{m.Subject, m.Text}
	if m.Call != nil {
		parts = append(parts, m.Call.Transcript)
	}
	for _, a := range m.Attachments {
		parts = append(parts, a.Name)
	}
	return strings.Join(parts, "\n")
}

// contactText is what is searched of a contact, and the numbers apart.
func contactText(c *views.Contact, merged []string) (text string, phones []string) {
	parts := append([]string{c.Name}, merged...)
	for _, p := range c.Points {
		if p.Kind == "phone" {
			phones = append(phones, endings(p.Value)...)
			continue
		}
		parts = append(parts, p.Value)
	}
	return strings.Join(parts, "\n"), phones
}

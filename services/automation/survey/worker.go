package survey

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	"go.etcd.io/bbolt"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/bolt"
	"github.com/tributary-inbox/tributary/pkg/channel/surveylink"
	"github.com/tributary-inbox/tributary/pkg/clock"
	"github.com/tributary-inbox/tributary/pkg/feed"
	"github.com/tributary-inbox/tributary/pkg/kv"
	"github.com/tributary-inbox/tributary/pkg/projection"
)

// Deps is what asking needs. The caller owns all of it and stops the worker first.
type Deps struct {
	NC             *nats.Conn
	Facts          *feed.Feed[*events.Decision]
	Questionnaires *kv.Table[config.Questionnaire]
	// Links makes the addresses of surveys' pages.
	Links *surveylink.Links
	// Contact is what expressions and texts see of a customer; false or nil for one
	// who is not known. What it returns is not changed. It may be nil, as the tables
	// may be.
	Contact func(events.ContactID) (*config.ScopeContact, bool)
	Agents  *kv.Table[config.Agent]
	Queues  *kv.Table[config.Queue]
	Hours   *kv.Table[config.Hours]
	// Dir is the folder of surveys.db.
	Dir     string
	Clock   clock.Clock // nil is the system's
	Logger  zerolog.Logger
	Metrics prometheus.Registerer // may be nil
}

// Worker asks. Run follows the log in every process; Ask acts in one of them.
type Worker struct {
	deps   Deps
	db     *bolt.DB
	fold   *projection.Projection[*events.Decision]
	scene  *scene
	moved  chan struct{} // holds one when there may be more to do
	counts *prometheus.CounterVec
	lag    prometheus.Gauge
}

// gather is how long decisions may gather after a transaction: what falls due is
// told by its own clock, and a customer who answers does not wait for this.
const gather = time.Second

// New opens the file. Close it after Run and Ask have returned.
func New(d Deps) (*Worker, error) {
	if d.NC == nil || d.Facts == nil || d.Questionnaires == nil || d.Links == nil {
		return nil, errors.New("surveys: connection, facts, questionnaires and links are required")
	}
	if d.Clock == nil {
		d.Clock = clock.System{}
	}
	db, _, _, err := bolt.OpenOrRemove(filepath.Join(d.Dir, "surveys.db"), bolt.Options{Schema: schema})
	if err != nil {
		return nil, fmt.Errorf("open surveys: %w", err)
	}
	w := &Worker{
		deps: d, db: db, moved: make(chan struct{}, 1),
		counts: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "tributary_surveys_total", Help: "Askings that came due, by what became of them."}, []string{"result"}),
		lag:    prometheus.NewGauge(prometheus.GaugeOpts{Name: "tributary_surveys_due_seconds", Help: "How long the oldest asking that is due has been."}),
	}
	w.scene = newScene(&w.deps)
	err = db.Update(func(tx *bbolt.Tx) error {
		for _, name := range allBuckets {
			if _, err := tx.CreateBucketIfNotExists(name); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		w.fold, err = projection.New(d.Facts, projection.Options[*events.Decision]{DB: db, Name: "surveys", Apply: w.apply, Rest: gather, MaxBatch: 8192})
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open surveys: %w", err), db.Close())
	}
	if d.Metrics != nil {
		d.Metrics.MustRegister(w.counts, w.lag)
	}
	return w, nil
}

// Run follows the log until ctx ends. It can run once.
func (w *Worker) Run(ctx context.Context) error { return w.fold.Run(ctx) }

// Ready is closed once everything is known that stood in the log when Run began.
func (w *Worker) Ready() <-chan struct{} { return w.fold.Ready() }

// Close lets go of the file.
func (w *Worker) Close() error { return w.db.Close() }

func (w *Worker) wake() {
	select {
	case w.moved <- struct{}{}:
	default:
	}
}

package inboxservice

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics are the inbox's figures. They are counted whether or not anybody
// collects them.
type metrics struct {
	unreadable prometheus.Counter
}

func (m *metrics) register(to prometheus.Registerer, s *Service) error {
	m.unreadable = prometheus.NewCounter(prometheus.CounterOpts{
		Name: "tributary_inbox_unreadable_total", Help: "Messages of the log that could not be decoded and are not in the views.",
	})
	if to == nil {
		return nil
	}
	gauge := func(name, help string, f func() float64) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, f)
	}
	for _, c := range []prometheus.Collector{
		m.unreadable,
		gauge("tributary_inbox_applied_sequence", "Last log sequence in the views.", func() float64 { return float64(s.Applied()) }),
		gauge("tributary_inbox_lag", "Log sequences that the views are behind.", func() float64 {
			return max(0, float64(s.deps.Feed.Head())-float64(s.Applied()))
		}),
		gauge("tributary_inbox_search_lag", "Log sequences that the search index is behind.", func() float64 { return float64(s.SearchLag()) }),
	} {
		if err := to.Register(c); err != nil {
			return fmt.Errorf("register metrics: %w", err)
		}
	}
	return nil
}

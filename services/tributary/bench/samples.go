package bench

import (
	"slices"
	"time"
)

// Percentiles sums up durations, in milliseconds. All are nought when N is.
type Percentiles struct {
	N   int     `json:"n"`
	P50 float64 `json:"p50_ms"`
	P90 float64 `json:"p90_ms"`
	P99 float64 `json:"p99_ms"`
	Max float64 `json:"max_ms"`
}

// samples are durations in microseconds, which hold up to 71 minutes.
type samples []uint32

func (s *samples) add(d time.Duration) { *s = append(*s, micros(d)) }

func micros(d time.Duration) uint32 {
	return uint32(min(max(d.Microseconds(), 0), 1<<32-1))
}

// sum sorts s.
func (s samples) sum() Percentiles {
	if len(s) == 0 {
		return Percentiles{}
	}
	slices.Sort(s)
	at := func(q float64) float64 { return float64(s[int(q*float64(len(s)-1))]) / 1000 }
	return Percentiles{N: len(s), P50: at(0.50), P90: at(0.90), P99: at(0.99), Max: at(1)}
}

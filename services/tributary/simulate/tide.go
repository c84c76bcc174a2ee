package simulate

import (
	"math"
	"math/rand/v2"
	"time"
)

// tide gives the moments at which customers write: two days squeezed into the
// run, each with its morning and its night, and sudden crowds of a few seconds as
// after a newsletter. On average it keeps the rate.
type tide struct {
	rate   float64
	length time.Duration
	rng    *rand.Rand
	at     time.Duration
	crowds []time.Duration
}

const (
	crowdFor   = 0.02 // of the run
	crowdTimes = 3.0
	crowdCount = 5
)

func newTide(rate float64, length time.Duration, rng *rand.Rand) *tide {
	t := &tide{rate: rate, length: length, rng: rng}
	for range crowdCount {
		t.crowds = append(t.crowds, time.Duration(rng.Float64()*float64(length)))
	}
	return t
}

// level is how much of the average rate holds at a moment.
func (t *tide) level(at time.Duration) float64 {
	day := 2 * math.Pi * 2 * float64(at) / float64(t.length)
	level := 1 - 0.7*math.Cos(day)
	for _, c := range t.crowds {
		if at >= c && at < c+time.Duration(crowdFor*float64(t.length)) {
			level *= crowdTimes
		}
	}
	// The crowds come on top; take about what they add off everything.
	return level / (1 + crowdCount*crowdFor*(crowdTimes-1))
}

// next is the next moment, and false when the run is over.
func (t *tide) next() (time.Duration, bool) {
	const top = 1.7 * crowdTimes
	for {
		t.at += time.Duration(t.rng.ExpFloat64() / (t.rate * top) * float64(time.Second))
		if t.at >= t.length {
			return 0, false
		}
		if t.rng.Float64()*top <= t.level(t.at) {
			return t.at, true
		}
	}
}

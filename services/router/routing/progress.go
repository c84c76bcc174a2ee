package routing

import "maps"

// progress is how far the router has come: which decisions its state holds, and
// which statements are decided.
type progress struct {
	// Checkpoint is the last sequence of CONVERSATIONS in the state.
	Checkpoint uint64 `json:"checkpoint"`
	// Low: every statement up to here is decided. Done lists further ones.
	Low  uint64          `json:"low"`
	Done map[uint64]bool `json:"done,omitempty"`
}

func (p *progress) decided(seq uint64) bool { return seq <= p.Low || p.Done[seq] }

func (p *progress) mark(seq uint64) {
	if seq == 0 || p.decided(seq) {
		return
	}
	if p.Done == nil {
		p.Done = map[uint64]bool{}
	}
	p.Done[seq] = true
	for p.Done[p.Low+1] {
		p.Low++
		delete(p.Done, p.Low)
	}
}

// skipTo passes over statements that the stream no longer holds.
func (p *progress) skipTo(low uint64) {
	if low <= p.Low {
		return
	}
	p.Low = low
	maps.DeleteFunc(p.Done, func(seq uint64, _ bool) bool { return seq <= low })
	for p.Done[p.Low+1] {
		p.Low++
		delete(p.Done, p.Low)
	}
}

func (p *progress) clone() progress {
	out := *p
	out.Done = maps.Clone(p.Done)
	return out
}

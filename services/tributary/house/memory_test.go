package house

import "testing"

func TestRoomForGarbage(t *testing.T) {
	for live, want := range map[uint64]int{0: 1600, 8 << 20: 1600, 32 << 20: 400, 128 << 20: 100, 1 << 30: 100} {
		if got := gcPercent(live); got != want {
			t.Errorf("%d bytes live: %d percent, want %d", live, got, want)
		}
	}
}

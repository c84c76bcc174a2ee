package house

import "testing"

func TestRoomForGarbage(t *testing.T) {
	for live, want := range map[uint64]int{0: 3200, 8 << 20: 3200, 32 << 20: 800, 128 << 20: 200, 1 << 30: 100} {
		if got := gcPercent(live); got != want {
			t.Errorf("%d bytes live: %d percent, want %d", live, got, want)
		}
	}
}

func TestALimitThatGrowsWithWhatLives(t *testing.T) {
	for live, want := range map[uint64]int64{0: 640 << 20, 300 << 20: 640 << 20, 800 << 20: 1600 << 20} {
		if got := memoryLimit(live); got != want {
			t.Errorf("%d bytes live: a limit of %d, want %d", live, got, want)
		}
	}
}

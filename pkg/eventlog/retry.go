package eventlog

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// Retry calls fn until it returns anything but ErrConflict, at most attempts
// times (at least once), with a short random pause in between that doubles up to
// 50 ms. fn reads what stands in the log, decides, and appends; it must decide
// afresh each time. The last conflict is returned when the attempts are used up.
func Retry(ctx context.Context, attempts int, fn func(ctx context.Context) error) error {
	const first, longest = time.Millisecond, 50 * time.Millisecond
	for n, pause := 1, first; ; n, pause = n+1, min(2*pause, longest) {
		err := fn(ctx)
		if !errors.Is(err, ErrConflict) {
			return err
		}
		if n >= attempts {
			return fmt.Errorf("after %d attempts: %w", n, err)
		}
		timer := time.NewTimer(rand.N(pause) + pause/4)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return fmt.Errorf("%w: %w", ctx.Err(), err)
		}
	}
}

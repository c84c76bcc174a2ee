package bench

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

// profile takes a processor profile of the program from when a plan has warmed up
// until it ends, into a file named after plan and round. The figures of such a run
// are a little worse than without.
func (s *suite) profile(ctx context.Context, p *product, plan Plan) error {
	pause(ctx, plan.Warm)
	seconds := max(1, int((plan.Duration - plan.Warm).Seconds()))
	ctx, cancel := context.WithTimeout(ctx, time.Duration(seconds)*time.Second+stopWait)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("http://%s/debug/pprof/profile?seconds=%d", p.http, seconds), nil)
	if err != nil {
		return fmt.Errorf("profile: %w", err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("profile: %w", err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("profile: %s", res.Status)
	}
	f, err := os.Create(filepath.Join(s.o.Profile, plan.Kind+"-"+plan.Run+".pb.gz"))
	if err != nil {
		return fmt.Errorf("profile: %w", err)
	}
	_, err = io.Copy(f, res.Body)
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return fmt.Errorf("profile: %w", err)
	}
	return nil
}

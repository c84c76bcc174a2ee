package bench

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"text/tabwriter"
	"time"
)

// Figure is one number, measured in every round.
type Figure struct {
	Name   string    `json:"name"`
	Unit   string    `json:"unit"`
	Rounds []float64 `json:"rounds"`
	Spread Spread    `json:"spread"`
	// Bare is the same of the bare pipeline, in the same rounds.
	Bare       []float64 `json:"bare_rounds,omitempty"`
	BareSpread *Spread   `json:"bare,omitempty"`
	// Floor is what must hold and Aim what is wished for, nought where nothing is
	// promised. With Most they are upper bounds, otherwise lower ones.
	Floor float64 `json:"floor,omitempty"`
	Aim   float64 `json:"aim,omitempty"`
	Most  bool    `json:"most,omitempty"`
	Holds *bool   `json:"holds,omitempty"` // the median against the floor
}

// Spread is the least, the middle and the greatest.
type Spread struct {
	Min    float64 `json:"min"`
	Median float64 `json:"median"`
	Max    float64 `json:"max"`
}

// Report is all of a run.
type Report struct {
	At       time.Time `json:"at"`
	Took     string    `json:"took"`
	Go       string    `json:"go"`
	System   string    `json:"system"`
	CPUs     int       `json:"cpus"`
	Short    bool      `json:"short"`
	Figures  []*Figure `json:"figures"`
	Problems []string  `json:"problems"`

	index map[string]*Figure
}

func newReport(short bool) *Report {
	return &Report{
		At: time.Now().UTC(), Go: runtime.Version(), System: runtime.GOOS + "/" + runtime.GOARCH, CPUs: runtime.NumCPU(),
		Short: short, Problems: []string{}, index: map[string]*Figure{},
	}
}

// figure makes a figure or finds it.
func (r *Report) figure(name, unit string) *Figure {
	f := r.index[name]
	if f == nil {
		f = &Figure{Name: name, Unit: unit}
		r.index[name] = f
		r.Figures = append(r.Figures, f)
	}
	return f
}

func (f *Figure) add(v float64) *Figure {
	f.Rounds = append(f.Rounds, v)
	return f
}

func (f *Figure) addBare(v float64) { f.Bare = append(f.Bare, v) }

func (f *Figure) atMost(floor, aim float64)  { f.Floor, f.Aim, f.Most = floor, aim, true }
func (f *Figure) atLeast(floor, aim float64) { f.Floor, f.Aim = floor, aim }

func (r *Report) problem(format string, args ...any) {
	r.Problems = append(r.Problems, fmt.Sprintf(format, args...))
}

func (r *Report) finish() {
	r.Took = time.Since(r.At).Round(time.Second).String()
	for _, f := range r.Figures {
		f.Spread = spreadOf(f.Rounds)
		if len(f.Bare) > 0 {
			s := spreadOf(f.Bare)
			f.BareSpread = &s
		}
		if f.Floor > 0 && len(f.Rounds) > 0 {
			holds := f.Spread.Median >= f.Floor
			if f.Most {
				holds = f.Spread.Median <= f.Floor
			}
			f.Holds = &holds
		}
	}
}

func spreadOf(v []float64) Spread {
	if len(v) == 0 {
		return Spread{}
	}
	v = slices.Clone(v)
	slices.Sort(v)
	return Spread{v[0], v[len(v)/2], v[len(v)-1]}
}

// print writes the table.
func (r *Report) print(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprintf(w, "figure\tunit\tmedian\t(min – max, rounds)\tbare\t(min – max)\tfloor\taim\t\n")
	for _, f := range r.Figures {
		bare, bareRange := "", ""
		if f.BareSpread != nil {
			bare, bareRange = short(f.BareSpread.Median), fmt.Sprintf("(%s – %s)", short(f.BareSpread.Min), short(f.BareSpread.Max))
		}
		verdict := ""
		if f.Holds != nil {
			verdict = map[bool]string{true: "holds", false: "MISSED"}[*f.Holds]
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t(%s – %s, %d)\t%s\t%s\t%s\t%s\t%s\n", f.Name, f.Unit, short(f.Spread.Median),
			short(f.Spread.Min), short(f.Spread.Max), len(f.Rounds), bare, bareRange, f.bound(f.Floor), f.bound(f.Aim), verdict)
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("print the table: %w", err)
	}
	for _, p := range r.Problems {
		fmt.Fprintln(out, "PROBLEM:", p)
	}
	_, err := fmt.Fprintf(out, "%d processors, %s, %s, took %s\n", r.CPUs, r.System, r.Go, r.Took)
	return err
}

func (f *Figure) bound(v float64) string {
	switch {
	case v == 0:
		return ""
	case f.Most:
		return "≤ " + short(v)
	}
	return "≥ " + short(v)
}

func short(v float64) string {
	switch {
	case v >= 100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.2f", v)
}

func (r *Report) write(file string) error {
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("encode the report: %w", err)
	}
	if err := os.WriteFile(file, append(data, '\n'), 0o644); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}

// joined leaves out a second error that only follows from the first.
func joined(first, second error) error {
	if first == nil {
		return second
	}
	return errors.Join(first, second)
}

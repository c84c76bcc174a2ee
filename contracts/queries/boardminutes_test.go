package queries_test

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/queries"
)

// cut is what stands in n minutes before an end, out of all that ever was: a number
// for every minute of a line, nought where it had nothing.
func cut(all map[queries.BoardScope][]int, begin time.Time, end, n int) *queries.BoardMinutes {
	out := &queries.BoardMinutes{Until: begin.Add(time.Duration(end) * time.Minute), Count: n, Lines: []queries.BoardCourse{}}
	for _, scope := range scopes {
		list := slices.Clone(all[scope][end-n : end])
		if slices.Max(list) > 0 {
			out.Lines = append(out.Lines, queries.BoardCourse{Kind: scope.Kind, ID: scope.ID, Waiting: list, Arrivals: list, Departures: list})
		}
	}
	return out
}

var scopes = []queries.BoardScope{{Kind: queries.BoardTotal}, {Kind: queries.BoardQueue, ID: "qu1"}, {Kind: queries.BoardQueue, ID: "qu2"}, {Kind: queries.BoardInbox, ID: "in1"}}

// Whoever joins what is told has at every time what a whole board would tell, also
// where a part comes twice or says something else of a minute. To see it fail, leave
// out the noughts for lines of which a part does not speak.
func TestMinutesAreJoined(t *testing.T) {
	chance := rand.New(rand.NewPCG(1, 2))
	begin := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	for range 300 {
		all := map[queries.BoardScope][]int{}
		for _, scope := range scopes {
			list := make([]int, 400)
			for i := range list {
				if chance.IntN(40) == 0 || i > 0 && list[i-1] > 0 && chance.IntN(5) > 0 {
					list[i] = 1 + chance.IntN(9)
				}
			}
			all[scope] = list
		}
		end := 80
		told := cut(all, begin, end, queries.BoardHour)
		for end < 250 {
			n := 1 + chance.IntN(5)
			if chance.IntN(20) == 0 {
				n = 60
			}
			again := chance.IntN(min(n, 3))
			if again > 0 {
				all[scopes[1]][end-1] += chance.IntN(3) // it was not all in when it was told
			}
			end += n - again
			told = told.Join(cut(all, begin, end, n))
		}
		if want := cut(all, begin, end, queries.BoardHour); !reflect.DeepEqual(told, want) {
			t.Fatalf("joined %+v, want %+v", told, want)
		}
	}
}

func TestMinutesOfNothingAreNoMinutes(t *testing.T) {
	var none *queries.BoardMinutes
	one := &queries.BoardMinutes{Until: time.Unix(6000, 0), Count: 1 << 40, Lines: []queries.BoardCourse{{Waiting: []int{1}, Arrivals: make([]int, 99)}}}
	if got := none.Join(one); len(got.Lines) != 1 || got.Lines[0].Waiting[0] != 1 || len(got.Lines[0].Departures) != queries.BoardHour {
		t.Errorf("joined %+v", got)
	}
	if got := one.Join(none); len(got.Lines) != 1 || !got.Until.Equal(one.Until) {
		t.Errorf("joined %+v", got)
	}
}

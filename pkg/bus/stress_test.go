//go:build stress

package bus_test

import "testing"

// The suite's stress variant takes minutes, so it has a tag of its own: go
// test -tags stress ./bus. STRESS_TEST_COUNT sets how many suites run at once.

func TestStressInOrder(t *testing.T) { conform(t, true, true, inOrder) }

func TestStressManyAtATime(t *testing.T) { conform(t, true, false, atOnce) }

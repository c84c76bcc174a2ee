package api

import "testing"

// Spreadsheets in Korea and Japan take the wide signs for the plain ones, and some
// look behind spaces.
func TestNoWordBecomesAFormula(t *testing.T) {
	for word, want := range map[string]string{
		"＝1+1": "'＝1+1", "＠sum": "'＠sum", "＋1": "'＋1", "－1": "'－1", "  =1": "'  =1", " ": " ", "": "", "refund": "refund", "환불": "환불", "\xff": "\xff",
	} {
		if got := harmless(word); got != want {
			t.Errorf("%q is written %q, want %q", word, got, want)
		}
	}
}

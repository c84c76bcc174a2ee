package cluster

import (
	"testing"

	"go.uber.org/goleak"
)

// The search library starts its pool of workers when it is linked in.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/blevesearch/bleve_index_api.AnalysisWorker"))
}

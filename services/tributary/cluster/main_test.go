package cluster

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/tributary-inbox/tributary/pkg/testkit"
)

// The search library starts its pool of workers when it is linked in.
func TestMain(m *testing.M) {
	testkit.NoLeaks(m, goleak.IgnoreAnyFunction("github.com/blevesearch/bleve_index_api.AnalysisWorker"))
}

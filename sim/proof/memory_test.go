package proof

import (
	"fmt"
	"testing"
)

// recorder is a test that only notes whether it failed.
type recorder struct {
	testing.TB
	text string
}

func (r *recorder) Helper()                           {}
func (r *recorder) Errorf(format string, args ...any) { r.text = fmt.Sprintf(format, args...) }

var sink []byte

func TestMemoryComplainsOfWhatIsOutOfProportion(t *testing.T) {
	for _, tt := range []struct {
		size, cost int
		ok         bool
	}{
		{0, 0, true},
		{0, 32 << 10, true},
		{0, 128 << 10, false},
		{1 << 10, 120 << 10, true},
		{1 << 10, 1 << 20, false},
	} {
		var r recorder
		Memory(&r, tt.size, func() { sink = make([]byte, tt.cost) })
		if (r.text == "") != tt.ok {
			t.Errorf("%d bytes for an input of %d: got %q", tt.cost, tt.size, r.text)
		}
	}
}

func TestMemoryCountsManySmallObjects(t *testing.T) {
	var r recorder
	Memory(&r, 100, func() {
		for range 100_000 {
			sink = make([]byte, 16)
		}
	})
	if r.text == "" {
		t.Error("1.6 MB in small objects pass unseen")
	}
}

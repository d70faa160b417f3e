package typo

import (
	"strings"
	"testing"
)

func TestDistance(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"", "abc", 3}, {"memers", "members", 1}, {"tag", "tags", 1}, {"joni", "join", 2}, {"kitten", "sitting", 3},
		{strings.Repeat("a", 65), "a", 64}} {
		if got := Distance(tt.a, tt.b); got != tt.want {
			t.Errorf("%q and %q: got %d, want %d", tt.a, tt.b, got, tt.want)
		}
	}
}

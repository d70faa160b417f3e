//go:build interop

package interop

import (
	"fmt"
	"strings"
	"testing"
)

// TestPeerThatCannotReadTheSecondCipherIsNamed has one of ours encrypt in a way that the other side does not know: the join fails, and
// the log says whose program is too old. Another one of ours, which sends the old cipher, reads both.
func TestPeerThatCannotReadTheSecondCipherIsNamed(t *testing.T) {
	t.Parallel()
	modern := start(t, ours, "modern", "-encrypt="+key32, "-encrypt-cipher=xchacha20-poly1305")
	classic := start(t, ours, "classic", "-encrypt="+key32)
	old := start(t, theirs, "old", "-encrypt="+key32)

	joined(t, classic.must(t, ours, "join", modern.bind))
	sees(t, []*agent{modern, classic}, map[string]string{"modern": "alive", "classic": "alive"})

	out, code := modern.cli(t, ours, "join", old.bind)
	if want := "Unsupported encryption version 64"; code != 1 || !strings.Contains(out, want) {
		t.Errorf("join of %s: got exit %d and %q, want 1 and %q", old.node, code, out, want)
	}
	line := old.bind + " cannot read what this member sends: it does not know the cipher xchacha20-poly1305"
	eventually(t, "the log names the peer", func() error {
		if log := modern.log.String(); strings.Count(log, line) != 1 {
			return fmt.Errorf("no single line with %q in\n%s", line, tail(log, 20))
		}
		return nil
	})
}

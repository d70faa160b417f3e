package agent

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// sealedHere returns what an agent says that it sealed with its primary key.
func sealedHere(t *testing.T, a *Agent) uint64 {
	t.Helper()
	n, err := strconv.ParseUint(a.Stats()["encryption"]["messages_sealed"], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestSealedMessagesAreCountedOverRestarts(t *testing.T) {
	for _, beside := range []string{"keyring", "snapshot"} {
		t.Run(beside, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), beside)
			with := func(c *Config) {
				c.Keyring = ring(t, 'a')
				if beside == "keyring" {
					c.KeyringFile = path
				} else {
					c.SnapshotPath = path
				}
			}
			in(t, func(t *testing.T, w *world) {
				a := w.start(1, with)
				a.sealed.count.Add(5_000_000)
				_ = a.Shutdown()
				b := w.start(1, with)
				if got := sealedHere(t, b); got < 5_000_000 || got > 5_001_000 {
					t.Errorf("after a restart got %d messages, want 5000000 and few more", got)
				}
				b.setKeyring(ring(t, 'b'))
				if got := sealedHere(t, b); got > 1000 {
					t.Errorf("with another key got %d messages, want few", got)
				}
				_ = b.Shutdown()
				if got := sealedHere(t, w.start(1, with)); got < 5_000_000 || got > 5_001_000 {
					t.Errorf("with the first key again got %d messages, want 5000000 and few more", got)
				}
			})
		})
	}
}

// The file of an agent that is killed at any time has a count that is not below the true one.
func TestCrashMakesNoCountOfSealedMessagesSmaller(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keyring")
	inFile := func(a *Agent) uint64 {
		a.sealed.flush()
		counts, err := readSealed(path + sealedSuffix)
		if err != nil {
			t.Fatal(err)
		}
		return counts[a.sealed.key]
	}
	in(t, func(t *testing.T, w *world) {
		a := w.start(1, func(c *Config) { c.Keyring, c.KeyringFile = ring(t, 'a'), path })
		for range 5 {
			if file, now := inFile(a), a.sealed.count.Load(); file < now+sealedReserve/2 || file > now+sealedReserve {
				t.Fatalf("the file has %d after %d messages, want it ahead by %d to %d", file, now, sealedReserve/2, sealedReserve)
			}
			a.sealed.count.Store(a.sealed.next.Load() - 1)
			a.countSealed()
		}
	})
}

func TestWornKeyIsWarnedOfAtEveryStart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keyring")
	key := fingerprint([]byte(strings.Repeat("a", 16)))
	if err := os.WriteFile(path+sealedSuffix, fmt.Appendf(nil, `{%q:%d}`, key, sealedWarnAt+7), 0o600); err != nil {
		t.Fatal(err)
	}
	in(t, func(t *testing.T, w *world) {
		a := w.start(1, func(c *Config) { c.Keyring, c.KeyringFile = ring(t, 'a'), path })
		w.wantLine(a, "[WARN] agent: the encryption key has sealed 1073741831 messages here: change it (serf keys)")
	})
}

func TestCountOfSealedMessagesThatCannotBeReadOrWrittenStopsNothing(t *testing.T) {
	for name, content := range map[string]string{"damaged": "{\"x\":", "negative": `{"x":-1}`, "huge": strings.Repeat(" ", sealedFileBytesMax+1)} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "keyring")
			if err := os.WriteFile(path+sealedSuffix, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			in(t, func(t *testing.T, w *world) {
				a := w.start(1, func(c *Config) { c.Keyring, c.KeyringFile = ring(t, 'a'), path })
				w.wantLine(a, "[WARN] agent: cannot read how many messages were sealed, so their count begins at 0: "+path+sealedSuffix)
				w.works(a, 2)
			})
			var counts map[string]uint64
			if text, err := os.ReadFile(path + sealedSuffix); err != nil || json.Unmarshal(text, &counts) != nil || len(counts) != 1 {
				t.Errorf("the file was not mended: %s, %v", text, err)
			}
		})
	}
	in(t, func(t *testing.T, w *world) {
		a := w.start(1, func(c *Config) {
			c.Keyring, c.KeyringFile = ring(t, 'a'), filepath.Join(t.TempDir(), "missing", "keyring")
		})
		w.wantLine(a, "[ERR] agent: failed to write how many messages were sealed: ")
		w.works(a, 2)
	})
}

func TestKeysThatAreGoneAreForgottenInTheEnd(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		a := w.start(1, func(c *Config) { c.Keyring, c.KeyringFile = ring(t, 'a'), filepath.Join(t.TempDir(), "keyring") })
		for i := range 3 * sealedKeysMax {
			a.setKeyring(ring(t, byte(i%200)+1))
			w.pass(time.Millisecond)
		}
		if n := len(a.sealed.counts); n > sealedKeysMax+1 {
			t.Errorf("%d keys are remembered, want %d at most", n, sealedKeysMax+1)
		}
	})
}

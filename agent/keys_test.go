package agent

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"serf/eventbus"
)

func TestKeyringFileVectors(t *testing.T) {
	b, err := os.ReadFile("testdata/vectors/keyring.json")
	if err != nil {
		t.Fatal(err)
	}
	var vs []struct {
		Name  string
		Steps []struct {
			Keys [][]byte
			File *string
		}
	}
	if err := json.Unmarshal(b, &vs); err != nil {
		t.Fatal(err)
	}
	ran := 0
	for _, v := range vs {
		for i, s := range v.Steps {
			if s.File == nil {
				continue // nothing was changed
			}
			ran++
			if got := string(encodeKeys(s.Keys)); got != *s.File {
				t.Errorf("%s: step %d: got %q, want %q", v.Name, i, got, *s.File)
			}
		}
	}
	if ran == 0 {
		t.Error("no vector has a file")
	}
}

func TestKeysAreRotatedUnderTraffic(t *testing.T) {
	dir := t.TempDir()
	in(t, func(t *testing.T, w *world) {
		agents := w.cluster(3, func(c *Config) {
			c.Keyring = ring(t, 'a')
			c.KeyringFile = filepath.Join(dir, c.Cluster.Swim.Name)
		})
		var got []*collect
		for _, a := range agents {
			got = append(got, gather(a, eventbus.Only(eventbus.User), nil))
		}
		first, second := key64('a'), key64('b')
		events := 0
		traffic := func() {
			for _, a := range agents {
				if err := a.UserEvent(t.Context(), fmt.Sprint(events), nil, false); err != nil {
					t.Fatal(err)
				}
				events++
			}
		}
		steps := []struct {
			do   func(a *Agent) (*KeyResult, error)
			file string
		}{
			{func(a *Agent) (*KeyResult, error) { return a.InstallKey(t.Context(), second) }, "[\n  \"" + first + "\",\n  \"" + second + "\"\n]"},
			{func(a *Agent) (*KeyResult, error) { return a.UseKey(t.Context(), second) }, "[\n  \"" + second + "\",\n  \"" + first + "\"\n]"},
			{func(a *Agent) (*KeyResult, error) { return a.RemoveKey(t.Context(), first) }, "[\n  \"" + second + "\"\n]"},
		}
		for i, step := range steps {
			traffic()
			r, err := step.do(agents[i])
			if err != nil || r.NumNodes != 3 || r.NumResp != 3 || r.NumErr != 0 {
				t.Fatalf("step %d: %+v, %v", i, r, err)
			}
			traffic()
			for _, a := range agents {
				wantFile(t, filepath.Join(dir, a.Name()), step.file)
			}
			w.pass(time.Second)
		}
		r, err := agents[0].ListKeys(t.Context())
		if err != nil || r.Keys[second] != 3 || r.PrimaryKeys[second] != 3 || len(r.Keys) != 1 {
			t.Errorf("keys: %+v, %v", r, err)
		}
		w.pass(20 * time.Second)
		for i, c := range got {
			if n := len(c.all()); n != events {
				t.Errorf("%s got %d of %d events", agents[i].Name(), n, events)
			}
		}
		for _, a := range agents {
			if got := a.Stats()["trouble"]; got != nil {
				t.Errorf("%s: trouble = %v", a.Name(), got)
			}
			if n := count(a.log, "EventMemberFailed"); n != 0 {
				t.Errorf("%s saw %d failures", a.Name(), n)
			}
			w.wantLine(a, "[INFO] serf: Received install-key query")
			w.wantLine(a, "[INFO] serf: Received list-keys query")
		}
		w.wantLine(agents[0], "[INFO] agent: Initiating key installation")
		w.wantLine(agents[1], "[INFO] agent: Initiating primary key change")
		w.wantLine(agents[2], "[INFO] agent: Initiating key removal")
		w.wantLine(agents[0], "[INFO] agent: Initiating key listing")
	})
}

func TestKeyOperationsThatFailSayWhy(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		agents := w.cluster(2)
		if _, err := agents[0].InstallKey(t.Context(), "no base64"); err == nil || err.Error() != "illegal base64 data at input byte 2" {
			t.Errorf("a key that is no base64: %v", err)
		}
		r, err := agents[0].InstallKey(t.Context(), key64('a'))
		if err == nil || err.Error() != "2/2 nodes reported failure" {
			t.Errorf("without encryption: %v", err)
		}
		if r == nil || r.NumErr != 2 || r.Messages["n2"] != "No keyring to modify (encryption not enabled)" {
			t.Errorf("without encryption: %+v", r)
		}
	})
}

func TestKeyFileThatCannotBeWrittenIsToldToWhoAsked(t *testing.T) {
	dir := t.TempDir()
	in(t, func(t *testing.T, w *world) {
		agents := w.cluster(2, func(c *Config) {
			c.Keyring = ring(t, 'a')
			if c.Cluster.Swim.Name == "n2" {
				c.KeyringFile = filepath.Join(dir, "none", "keys")
			}
		})
		r, err := agents[0].InstallKey(t.Context(), key64('b'))
		if err == nil || err.Error() != "1/2 nodes reported failure" {
			t.Errorf("InstallKey: %v", err)
		}
		if r == nil || !strings.Contains(r.Messages["n2"], "failed to write the keyring file") {
			t.Errorf("InstallKey: %+v", r)
		}
		if got := agents[1].Keyring().Len(); got != 2 {
			t.Errorf("n2 has %d keys in use, want 2", got)
		}
	})
}

// key64 returns the key of ring in base64.
func key64(b byte) string {
	return base64.StdEncoding.EncodeToString([]byte(strings.Repeat(string(rune(b)), 16)))
}

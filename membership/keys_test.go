package membership

import (
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"serf/eventbus"
)

// key returns the i-th of some keys of 16 bytes.
func key(i int) []byte { return []byte(fmt.Sprintf("key number %5d", i))[:16] }

func keyText(i int) string { return base64.StdEncoding.EncodeToString(key(i)) }

func withKeys(n int) configure {
	return func(c *Config) {
		for i := range n {
			c.Keys = append(c.Keys, key(i))
		}
	}
}

// keyed runs a key operation to its end.
func (h *host) keyed(operation func(*Cluster, time.Time) error) Done {
	h.w.t.Helper()
	h.do(operation)
	d := h.wait(1)
	if d.Keys == nil {
		h.w.t.Fatalf("%s: a key operation ended without a result: %+v", h.name, d)
	}
	return d
}

func TestKeysRotate(t *testing.T) {
	w := newWorld(t, 51, 5, withKeys(1))
	w.together()
	steps := []struct {
		what string
		do   func(*Cluster, time.Time) error
		want [][]byte
	}{
		{"install", func(c *Cluster, now time.Time) error { return c.InstallKey(now, 1, key(1), 0) }, [][]byte{key(0), key(1)}},
		{"install again", func(c *Cluster, now time.Time) error { return c.InstallKey(now, 1, key(1), 2) }, [][]byte{key(0), key(1)}},
		{"use", func(c *Cluster, now time.Time) error { return c.UseKey(now, 1, key(1), 0) }, [][]byte{key(1), key(0)}},
		{"remove", func(c *Cluster, now time.Time) error { return c.RemoveKey(now, 1, key(0), 0) }, [][]byte{key(1)}},
	}
	for i, s := range steps {
		d := w.hosts[i].keyed(s.do)
		if r := d.Keys; d.Err != nil || r.NumNodes != 5 || r.NumResp != 5 || r.NumErr != 0 || len(r.Messages) != 0 {
			t.Errorf("%s: %+v, result %+v", s.what, d, r)
		}
		for _, h := range w.hosts {
			if !slices.EqualFunc(h.Cluster.keys.list, s.want, slices.Equal) || !slices.EqualFunc(h.keys, s.want, slices.Equal) {
				t.Errorf("%s: %s has %q, its driver %q, want %q", s.what, h.name, h.Cluster.keys.list, h.keys, s.want)
			}
		}
	}
	d := w.hosts[4].keyed(func(c *Cluster, now time.Time) error { return c.ListKeys(now, 1, 0) })
	want := map[string]int{keyText(1): 5}
	if d.Err != nil || !maps.Equal(d.Keys.Keys, want) || !maps.Equal(d.Keys.PrimaryKeys, want) {
		t.Errorf("list: %+v, result %+v", d, d.Keys)
	}
}

func TestKeyOperationsTellWhoFailed(t *testing.T) {
	w := newWorld(t, 52, 3, withKeys(2))
	w.together()
	h := w.hosts[0]
	d := h.keyed(func(c *Cluster, now time.Time) error { return c.RemoveKey(now, 1, key(0), 0) })
	if want := "3/3 nodes reported failure"; d.Err == nil || d.Err.Error() != want || d.Keys.Messages["n2"] != errKeyPrimary.Error() {
		t.Errorf("removing the primary key: %v, %v, want %s", d.Err, d.Keys.Messages, want)
	}
	d = h.keyed(func(c *Cluster, now time.Time) error { return c.UseKey(now, 1, key(9), 0) })
	if d.Err == nil || d.Keys.Messages["n1"] != errKeyMissing.Error() {
		t.Errorf("using an unknown key: %v, %v", d.Err, d.Keys.Messages)
	}
	d = h.keyed(func(c *Cluster, now time.Time) error { return c.InstallKey(now, 1, []byte("short"), 0) })
	if d.Err == nil || d.Keys.Messages["n0"] != errKeySize.Error() {
		t.Errorf("installing a short key: %v, %v", d.Err, d.Keys.Messages)
	}
	w.hosts[2].storing = errors.New("disk full")
	d = h.keyed(func(c *Cluster, now time.Time) error { return c.InstallKey(now, 1, key(2), 0) })
	if want := "1/3 nodes reported failure"; d.Err == nil || d.Err.Error() != want || d.Keys.Messages["n2"] != "disk full" {
		t.Errorf("a key that cannot be stored: %v, %v, want %s", d.Err, d.Keys.Messages, want)
	}
	w.cut = func(from, to *host) bool { return from == w.hosts[1] && to != w.hosts[1] }
	d = h.keyed(func(c *Cluster, now time.Time) error { return c.ListKeys(now, 1, 0) })
	if want := "2/3 nodes reported success"; d.Err == nil || d.Err.Error() != want {
		t.Errorf("a member does not answer: %v, want %s", d.Err, want)
	}
}

func TestKeyOperationsWithoutEncryptionFail(t *testing.T) {
	w := newWorld(t, 53, 2)
	w.together()
	d := w.hosts[0].keyed(func(c *Cluster, now time.Time) error { return c.InstallKey(now, 1, key(0), 0) })
	if d.Err == nil || d.Keys.Messages["n1"] != errKeyOff.Error() {
		t.Errorf("install: %v, %v", d.Err, d.Keys.Messages)
	}
	d = w.hosts[0].keyed(func(c *Cluster, now time.Time) error { return c.ListKeys(now, 1, 0) })
	if d.Err == nil || d.Keys.Messages["n1"] != errKeyListOff.Error() {
		t.Errorf("list: %v, %v", d.Err, d.Keys.Messages)
	}
}

func TestLongKeyListIsCutWithAWord(t *testing.T) {
	w := newWorld(t, 54, 2, withKeys(50))
	w.together()
	d := w.hosts[0].keyed(func(c *Cluster, now time.Time) error { return c.ListKeys(now, 1, 0) })
	if d.Err != nil || len(d.Keys.Keys) >= 50 || len(d.Keys.Keys) < 20 || !strings.Contains(d.Keys.Messages["n1"], "truncated key list response, showing first") {
		t.Errorf("list of 50 keys: %v, %d keys, %v", d.Err, len(d.Keys.Keys), d.Keys.Messages)
	}
}

func TestEmptyKeyRequestIsAnswered(t *testing.T) {
	w := newWorld(t, 55, 2, withKeys(1))
	w.together()
	for i, payload := range [][]byte{nil, {7}, {7, 0xc1}} {
		h := w.hosts[0]
		h.ask(Token(i), QueryParams{Name: eventbus.QueryUseKey, Payload: payload})
		h.wait(Token(i))
		if got := h.answers[Token(i)]; len(got) != 2 {
			t.Errorf("%x: %d answers, want 2", payload, len(got))
		}
	}
}

func TestRandomKeyRotationsLeaveOnePrimaryKey(t *testing.T) {
	w := newWorld(t, 56, 4, withKeys(1))
	w.together()
	for i := range 100 {
		h := w.hosts[w.rng.IntN(4)]
		for _, operation := range []func(*Cluster, time.Time) error{
			func(c *Cluster, now time.Time) error { return c.InstallKey(now, 1, key(i+1), 0) },
			func(c *Cluster, now time.Time) error { return c.UseKey(now, 1, key(i+1), 0) },
			func(c *Cluster, now time.Time) error { return c.RemoveKey(now, 1, key(i), 0) },
		} {
			if d := h.keyed(operation); d.Err != nil {
				t.Fatalf("rotation %d: %v", i, d.Err)
			}
		}
	}
	for _, h := range w.hosts {
		if got := h.Cluster.keys.list; len(got) != 1 || string(got[0]) != string(key(100)) {
			t.Errorf("%s has %q, want the last key", h.name, got)
		}
	}
}

// TestKeyringVectors compares key operations with those of the reference.
func TestKeyringVectors(t *testing.T) {
	var vs []struct {
		Name    string
		Initial [][]byte `json:"initial_keys"`
		Steps   []struct {
			Op struct {
				Op  string
				Key []byte
			}
			Keys    [][]byte
			Result  bool
			Message string
		}
	}
	readVectors(t, "keyring.json", &vs)
	for _, v := range vs {
		k := keyring{list: v.Initial}
		for i, s := range v.Steps {
			keys, err := k.changed(eventbus.InternalPrefix+s.Op.Op, s.Op.Key)
			if err == nil {
				k.list = keys
			}
			if (err == nil) != s.Result || err != nil && err.Error() != s.Message {
				t.Errorf("%s: step %d: %v, want %v %q", v.Name, i, err, s.Result, s.Message)
			}
			if !slices.EqualFunc(k.list, s.Keys, slices.Equal) {
				t.Errorf("%s: step %d: keys %q, want %q", v.Name, i, k.list, s.Keys)
			}
		}
	}
}

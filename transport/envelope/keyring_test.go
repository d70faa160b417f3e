package envelope

import (
	"bytes"
	"errors"
	"testing"
)

var (
	key16  = bytes.Repeat([]byte{1}, 16)
	key24  = bytes.Repeat([]byte{2}, 24)
	key32  = bytes.Repeat([]byte{3}, 32)
	other  = bytes.Repeat([]byte{4}, 16)
	badKey = bytes.Repeat([]byte{5}, 17)
)

func checkKeys(t *testing.T, r *Keyring, want ...[]byte) {
	t.Helper()
	got := r.Keys()
	if len(got) != len(want) || r.Len() != len(want) {
		t.Fatalf("got %d keys (Len %d), want %d", len(got), r.Len(), len(want))
	}
	for i := range want {
		if !bytes.Equal(got[i], want[i]) {
			t.Errorf("key %d: got %x, want %x", i, got[i], want[i])
		}
	}
	if len(want) > 0 && !bytes.Equal(r.Primary(), want[0]) {
		t.Errorf("primary: got %x, want %x", r.Primary(), want[0])
	}
}

func TestNewKeyringPutsThePrimaryFirst(t *testing.T) {
	r, err := NewKeyring([][]byte{key24, key16, key24, key32}, key16)
	if err != nil {
		t.Fatal(err)
	}
	checkKeys(t, r, key16, key24, key32)
}

func TestNewKeyringRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		keys    [][]byte
		primary []byte
		want    error
	}{
		"keys without primary": {[][]byte{key16}, nil, ErrNoPrimary},
		"odd primary":          {nil, badKey, ErrKeySize},
		"odd key":              {[][]byte{badKey}, key16, ErrKeySize},
		"empty key":            {[][]byte{{}}, key16, ErrKeySize},
	} {
		if _, err := NewKeyring(c.keys, c.primary); !errors.Is(err, c.want) {
			t.Errorf("%s: got error %v, want %v", name, err, c.want)
		}
	}
}

func TestKeyringOfNothingIsOff(t *testing.T) {
	r, err := NewKeyring(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range []*Keyring{r, nil} {
		checkKeys(t, r)
		if r.Primary() != nil {
			t.Errorf("primary: got %x, want none", r.Primary())
		}
		if _, err := r.Use(key16); !errors.Is(err, ErrUnknownKey) {
			t.Errorf("use: got error %v, want ErrUnknownKey", err)
		}
		if _, err := r.Remove(key16); err != nil {
			t.Errorf("remove: got error %v, want none", err)
		}
		next, err := r.Add(key16)
		if err != nil {
			t.Fatal(err)
		}
		checkKeys(t, next, key16)
	}
}

func TestKeyringChangesGiveNewRings(t *testing.T) {
	first := mustRing(t, key16)
	step := func(r *Keyring, err error) *Keyring {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	both := step(first.Add(key24))
	three := step(both.Add(key32))
	used := step(three.Use(key32))
	removed := step(used.Remove(key16))
	checkKeys(t, first, key16)
	checkKeys(t, both, key16, key24)
	checkKeys(t, three, key16, key24, key32)
	checkKeys(t, used, key32, key16, key24)
	checkKeys(t, removed, key32, key24)
	checkKeys(t, step(used.Add(key24)), key32, key16, key24)
	checkKeys(t, step(used.Remove(other)), key32, key16, key24)
	if _, err := used.Remove(key32); !errors.Is(err, ErrPrimaryKey) {
		t.Errorf("remove primary: got error %v, want ErrPrimaryKey", err)
	}
	if _, err := used.Use(other); !errors.Is(err, ErrUnknownKey) {
		t.Errorf("use unknown: got error %v, want ErrUnknownKey", err)
	}
	if _, err := used.Add(badKey); !errors.Is(err, ErrKeySize) {
		t.Errorf("add odd key: got error %v, want ErrKeySize", err)
	}
}

func TestKeyringKeepsNoCallerBytes(t *testing.T) {
	key := bytes.Clone(key16)
	r := mustRing(t, key)
	key[0] = 99
	r.Keys()[0][1] = 99
	r.Primary()[2] = 99
	checkKeys(t, r, key16)
}

func TestNonceCounterNeverRepeats(t *testing.T) {
	prefix := []byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}
	c := NewNonceCounter([NonceSeedBytes]byte(append(bytes.Clone(prefix), 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xf0)))
	seen := make(map[string]bool)
	for i := range 1000 {
		n := make([]byte, []int{NonceBytes, NonceSeedBytes}[i%2])
		c.NextNonce(n)
		if seen[string(n)] || !bytes.Equal(n[:len(n)-8], prefix[:len(n)-8]) {
			t.Fatalf("got nonce %x again, or with another prefix", n)
		}
		seen[string(n)] = true
	}
}

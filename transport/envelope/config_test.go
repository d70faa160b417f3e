package envelope

import (
	"strings"
	"testing"
)

func TestConfigValidateReportsAllProblems(t *testing.T) {
	c := Config{Label: strings.Repeat("x", 256), CompressBytesMin: -1, StreamBytesMax: -5}
	err := c.Validate()
	if err == nil {
		t.Fatal("got no error, want three")
	}
	for _, want := range []string{"label too long (256 > 255 bytes)", "CompressBytesMin", "StreamBytesMax"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("got %q, want it to name %q", err, want)
		}
	}
	for _, c := range []Config{{}, Default(), {Label: strings.Repeat("x", 255)}} {
		if err := c.Validate(); err != nil {
			t.Errorf("got error %v, want none", err)
		}
	}
}

func TestConstructorsPanicOnInvalidConfig(t *testing.T) {
	bad := Config{CompressBytesMin: -1}
	for name, construct := range map[string]func(){
		"sealer":  func() { NewSealer(bad, nil) },
		"opener":  func() { NewOpener(bad) },
		"scanner": func() { NewScanner(bad, nil, true) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: got no panic, want one", name)
				}
			}()
			construct()
		}()
	}
}

// TestOverheadIsWhatTheWrappersAdd seals incompressible bodies of two messages and compares with the promise.
func TestOverheadIsWhatTheWrappersAdd(t *testing.T) {
	ring := mustRing(t, key32)
	for name, c := range map[string]struct {
		cfg  Config
		ring *Keyring
		want int
	}{
		"bare":       {Config{}, nil, 5},
		"label":      {Config{Label: "blue"}, nil, 11},
		"encrypted":  {Config{}, ring, 34},
		"version 0":  {Config{Version0: true}, ring, 50},
		"everything": {Config{Label: "blue", Version0: true, Compression: true}, ring, 56},
	} {
		if got := c.cfg.Overhead(c.ring); got != c.want {
			t.Errorf("%s: got %d, want %d", name, got, c.want)
		}
		most := 0
		for n := 300; n < 316; n++ {
			body := inputs()["noise"][:n]
			body[0], body[100] = 8, 8
			got, err := NewSealer(c.cfg, new(NonceCounter)).SealPacket(nil, c.ring, body, []uint16{100, uint16(n - 100)}, true)
			if err != nil {
				t.Fatal(err)
			}
			most = max(most, len(got)-(n+2+4))
		}
		if most != c.want {
			t.Errorf("%s: got %d bytes added at most, want %d", name, most, c.want)
		}
	}
}

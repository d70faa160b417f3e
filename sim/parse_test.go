package sim

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"serf/sim/proof"
)

// FuzzParse reads what the simulator's command line has: what is accepted is within its limits, and the same when it is written and
// read again.
func FuzzParse(f *testing.F) {
	for _, text := range []string{"", "1%", "0.01", "-0", "NaN%", "100%", "0x1p-3", "3", "1..200", "5..4", "0..4294967295", "0..18446744073709551615", "..",
		"2/8", "0/1", "1/10001", "-1/-1", "/", "10m", "-1s", "500ms", "1" + strings.Repeat("\xd4", 1818)} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, check := range []func(*testing.T, string){checkShare, checkSeeds, checkShard, checkTime} {
			proof.Memory(t, len(text), func() { check(t, text) })
		}
	})
}

func checkShare(t *testing.T, text string) {
	if v, err := ParseShare(text); err == nil {
		if again, err := ParseShare(strconv.FormatFloat(v, 'g', -1, 64)); err != nil || again != v || v < 0 || v >= 1 {
			t.Errorf("share %q: got %v, then %v, %v", text, v, again, err)
		}
	}
}

func checkSeeds(t *testing.T, text string) {
	if from, to, err := ParseSeeds(text); err == nil {
		a, b, err := ParseSeeds(fmt.Sprintf("%d..%d", from, to))
		if err != nil || a != from || b != to || to < from || to-from >= seedsMax {
			t.Errorf("seeds %q: got %d to %d, then %d to %d, %v", text, from, to, a, b, err)
		}
	}
}

func checkShard(t *testing.T, text string) {
	if s, err := ParseShard(text); err == nil {
		if again, err := ParseShard(s.String()); err != nil || again != s || s.first() >= s.step() {
			t.Errorf("shard %q: got %v, then %v, %v", text, s, again, err)
		}
	}
}

func checkTime(t *testing.T, text string) {
	if d, err := parseTime(text); err == nil {
		if again, err := parseTime(d.String()); err != nil || again != d || d < 0 {
			t.Errorf("time %q: got %v, then %v, %v", text, d, again, err)
		}
	}
}

// FuzzParseSweep reads files of sweeps: what is accepted has points that can be run, and is the same when it is written and read again.
// Each of at most a thousand values of two bytes may be told of in an error of a hundred.
func FuzzParseSweep(f *testing.F) {
	for _, text := range []string{
		`{"scenario":"crash","seeds":"1..3","nodes":[10,"20"],"loss":["1%",0.5],"latency":"2ms","for":"10m","profile":["lan","wan"],"charts":true}`,
		`{"scenario":"crash","nodes":[` + strings.Repeat("1,", 2000) + `1]}`, `{"scenario":"crash","nodes":null,"loss":[null]}`, `{"scenario":"none"}`,
		`{"scenario":"crash","nodes":[` + strings.Repeat("10,", 900) + `10]}`, `{"scenario":"crash","seeds":"0..4294967295","loss":[0,0.1]}`, `{} {}`, `[]`,
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var s *Sweep
		var err error
		proof.MemoryWithin(t, len(text), 256*len(text)+512<<10, func() { s, err = ParseSweep(strings.NewReader(text)) })
		if err != nil {
			return
		}
		if n := s.Points(); n < 1 || n > pointsMax {
			t.Fatalf("%s: %d points", text, n)
		}
		s.params(0)
		s.params(s.Points() - 1)
		b, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		again, err := ParseSweep(strings.NewReader(string(b)))
		if err != nil || !reflect.DeepEqual(again.combination(s.combinations()-1), s.combination(s.combinations()-1)) || again.Points() != s.Points() {
			t.Fatalf("%s became %s: %+v, %v", text, b, again, err)
		}
	})
}

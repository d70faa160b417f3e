package eventbus

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"serf/sim/proof"
)

type filterVector struct {
	Name     string
	Filters  []string
	Decoded  struct{ Match bool }
	NodeName string `json:"node_name"`
	Tags     map[string]string
}

func TestFilterVectors(t *testing.T) {
	var vs []filterVector
	readVectors(t, "filters.json", &vs)
	var m Matcher
	for _, v := range vs {
		filters := make([][]byte, len(v.Filters))
		for i, f := range v.Filters {
			filters[i] = unhex(t, f)
		}
		for _, when := range []string{"first", "again"} {
			if got := m.Match(filters, v.NodeName, v.Tags); got != v.Decoded.Match {
				t.Errorf("%s, %s: got %v, want %v", v.Name, when, got, v.Decoded.Match)
			}
		}
	}
}

func TestFilterEncoding(t *testing.T) {
	for _, c := range []struct {
		got  []byte
		want string
	}{
		{AppendNodeFilter(nil, []string{"node-a", "node-b"}), "0092a66e6f64652d61a66e6f64652d62"},
		{AppendNodeFilter(nil, nil), "0090"},
		{AppendTagFilter(nil, "role", "^web"), "0182a445787072a45e776562a3546167a4726f6c65"},
	} {
		if got := fmt.Sprintf("%x", c.got); got != c.want {
			t.Errorf("got %s, want %s", got, c.want)
		}
	}
}

// TestBadPatternIsAnsweredWithItsReason: the asking member would otherwise wait for nobody.
func TestBadPatternIsAnsweredWithItsReason(t *testing.T) {
	q := newQueries(t)
	p := QueryParams{Name: "x", Tags: map[string]string{"role": "web("}}
	_, _, err := q.Start(start, &p, cluster(1), random())
	wantError(t, "Start", err, ErrPattern)
	if !strings.Contains(fmt.Sprint(err), "missing closing )") {
		t.Errorf("error %v does not give the reason", err)
	}
	if q.Time() != 1 || q.Running() != 0 {
		t.Errorf("clock %d, %d running: a refused query left something behind", q.Time(), q.Running())
	}
}

func TestExpressionsAreCompiledOnce(t *testing.T) {
	var x expressions
	if x.get([]byte("^web")) != x.get([]byte("^web")) {
		t.Error("the same expression was compiled twice")
	}
	pattern := []byte("^web")
	proof.Allocations(t, "known expression", 0, func() { x.get(pattern) })
}

func TestExpressionsAreBounded(t *testing.T) {
	var x expressions
	for i := range 3 * expressionsMax {
		x.get(fmt.Appendf(nil, "^web-%d$", i))
		x.get(fmt.Appendf(nil, "x{%d}", i%1000))
		sum := 0
		for _, e := range x.known { //order-free: a sum
			sum += e.cost
		}
		if len(x.known) > expressionsMax || len(x.known) != x.order.len() || x.cost > programsMax || sum != x.cost {
			t.Fatalf("%d expressions of cost %d (counted %d)", len(x.known), sum, x.cost)
		}
	}
}

func TestCostlyPatternsAreRefused(t *testing.T) {
	for _, pattern := range []string{strings.Repeat(".{1000}", 20), strings.Repeat("a", patternBytesMax+1)} {
		var m Matcher
		if err := m.Check(pattern); !errors.Is(err, ErrPattern) {
			t.Errorf("%.20q…: got %v, want %v", pattern, err, ErrPattern)
		}
		if m.Match([][]byte{AppendTagFilter(nil, "t", pattern)}, "a", nil) {
			t.Errorf("%.20q… let a member through", pattern)
		}
	}
}

// TestMatchingIsBounded: each expression alone may be matched, all of them together are too much.
func TestMatchingIsBounded(t *testing.T) {
	var m Matcher
	tags := map[string]string{"t": strings.Repeat("a", 400)}
	filter := AppendTagFilter(nil, "t", "(a{0,100}){2}")
	if !m.Match([][]byte{filter}, "a", tags) {
		t.Error("one expression did not match")
	}
	var many [][]byte
	for range 100 {
		many = append(many, filter)
	}
	if m.Match(many, "a", tags) {
		t.Error("a hundred expressions were all matched")
	}
}

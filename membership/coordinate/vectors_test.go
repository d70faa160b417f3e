package coordinate

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"
	"time"
)

// number is a float that may be given as NaN, +Inf or -Inf.
type number float64

func (n *number) UnmarshalJSON(b []byte) error {
	switch string(b) {
	case `"NaN"`:
		*n = number(math.NaN())
	case `"+Inf"`:
		*n = number(math.Inf(1))
	case `"-Inf"`:
		*n = number(math.Inf(-1))
	default:
		return json.Unmarshal(b, (*float64)(n))
	}
	return nil
}

// place is a coordinate of any number of dimensions.
type place struct {
	Vec                       []number
	Error, Adjustment, Height number
}

func (p *place) coordinate(t *testing.T) Coordinate {
	t.Helper()
	if len(p.Vec) != Dimensions {
		t.Fatalf("got %d dimensions, want %d", len(p.Vec), Dimensions)
	}
	c := Coordinate{Error: float64(p.Error), Adjustment: float64(p.Adjustment), Height: float64(p.Height)}
	for i, x := range p.Vec {
		c.Vec[i] = float64(x)
	}
	return c
}

// sameBits also tells the zeros apart.
func sameBits(a, b Coordinate) bool { return bits(a) == bits(b) }

func bits(c Coordinate) (u [Dimensions + 3]uint64) {
	for i, x := range append(c.Vec[:], c.Error, c.Adjustment, c.Height) {
		u[i] = math.Float64bits(x)
	}
	return u
}

type vector struct {
	Name   string
	Config *struct {
		AdjustmentWindow int `json:"adjustment_window"`
	}
	Start *place
	Steps []step
}

type step struct {
	Node     string
	Other    place
	RTT      int64 `json:"rtt_ns"`
	Result   place
	Distance *int64 `json:"distance_ns"`
	Rejected bool
	Draws    []float64

	A, B    place
	Force   float64
	Raw     float64 `json:"raw_seconds"`
	RTTText string  `json:"rtt_text"`

	Sample, Filtered float64
	Forget           string
}

func vectors[T any](t testing.TB, file string) (vs []T) {
	t.Helper()
	b, err := os.ReadFile("testdata/vectors/" + file)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &vs); err != nil {
		t.Fatal(err)
	}
	if len(vs) == 0 {
		t.Fatal("no vectors")
	}
	return vs
}

func named(t *testing.T, name string) vector {
	t.Helper()
	for _, v := range vectors[vector](t, "coordinate.json") {
		if v.Name == name {
			return v
		}
	}
	t.Fatalf("no vector %s", name)
	return vector{}
}

// draws returns the listed numbers and fails the test when there are too few.
type draws struct {
	t    *testing.T
	left []float64
}

func (d *draws) Float64() float64 {
	if len(d.left) == 0 {
		d.t.Fatal("drew more numbers than listed")
	}
	x := d.left[0]
	d.left = d.left[1:]
	return x
}

func newClient(t testing.TB, cfg Config) *Client {
	t.Helper()
	c, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// clientOf starts where the trace starts.
func clientOf(t *testing.T, v vector) *Client {
	t.Helper()
	cfg := DefaultConfig()
	if v.Config != nil {
		cfg.AdjustmentWindow = v.Config.AdjustmentWindow
	}
	c := newClient(t, cfg)
	if v.Start != nil {
		c.self = v.Start.coordinate(t)
	}
	return c
}

func TestTraces(t *testing.T) {
	for _, name := range []string{"trace_main", "trace_no_adjustment", "trace_moving_peer", "trace_rtt_edges", "trace_from_origin"} {
		t.Run(name, func(t *testing.T) {
			v := named(t, name)
			c := clientOf(t, v)
			for i := range v.Steps {
				replay(t, c, i, &v.Steps[i])
			}
			if c.Stats().Resets != 0 {
				t.Errorf("got %d resets, want 0", c.Stats().Resets)
			}
		})
	}
}

func replay(t *testing.T, c *Client, i int, s *step) {
	t.Helper()
	before, stats := c.Coordinate(), c.Stats()
	other := s.Other.coordinate(t)
	source := &draws{t, s.Draws}
	moved, err := c.Update(s.Node, &other, time.Duration(s.RTT), source)
	got := c.Coordinate()
	if s.Rejected {
		if err == nil || got != before || c.Stats().Refused() != stats.Refused()+1 {
			t.Fatalf("step %d: got error %v and %+v, want a refusal and %+v", i, err, got, before)
		}
		return
	}
	if err != nil {
		t.Fatalf("step %d: %v", i, err)
	}
	if want := s.Result.coordinate(t); !sameBits(got, want) {
		t.Fatalf("step %d: got %+v, want %+v", i, got, want)
	}
	if want := before.DistanceTo(&got); moved != want {
		t.Errorf("step %d: moved %v, want %v", i, moved, want)
	}
	if s.Distance != nil && got.DistanceTo(&other) != time.Duration(*s.Distance) {
		t.Errorf("step %d: distance %d ns, want %d", i, got.DistanceTo(&other), *s.Distance)
	}
	if len(source.left) != 0 {
		t.Errorf("step %d: %d draws left over", i, len(source.left))
	}
}

// The reference takes what is refused here, so the traces hold up to the forged sample. What comes after it is as if it
// had not been.
func TestForgedCoordinatesOfTracesAreRefused(t *testing.T) {
	for name, want := range map[string]error{"trace_overflow_reset": ErrTooFar, "trace_hostile_negative": ErrErrorRange} {
		t.Run(name, func(t *testing.T) {
			v := named(t, name)
			c, twin := clientOf(t, v), clientOf(t, v)
			forged := false
			for i, s := range v.Steps {
				other := s.Other.coordinate(t)
				if s.Node == "evil" {
					forged = true
					if _, err := c.Update(s.Node, &other, time.Duration(s.RTT), &draws{t: t}); !errors.Is(err, want) {
						t.Errorf("step %d: got error %v, want %v", i, err, want)
					}
					continue
				}
				if !forged {
					replay(t, c, i, &s)
				} else if _, err := c.Update(s.Node, &other, time.Duration(s.RTT), &draws{t: t}); err != nil {
					t.Fatalf("step %d: %v", i, err)
				}
				if _, err := twin.Update(s.Node, &other, time.Duration(s.RTT), &draws{t: t}); err != nil {
					t.Fatalf("step %d: %v", i, err)
				}
			}
			if got, want := c.Coordinate(), twin.Coordinate(); got != want {
				t.Errorf("got %+v, want %+v as without the forged samples", got, want)
			}
			if !forged || c.Stats().Resets != 0 {
				t.Errorf("forged %v, %d resets; want true, 0", forged, c.Stats().Resets)
			}
		})
	}
}

func TestLatencyFilter(t *testing.T) {
	filters := map[string]*latency{}
	for i, s := range named(t, "latency_filter").Steps {
		if s.Forget != "" {
			delete(filters, s.Forget)
			continue
		}
		if filters[s.Node] == nil {
			filters[s.Node] = &latency{}
		}
		sample := time.Duration(math.Round(s.Sample * 1e9))
		if got := filters[s.Node].add(sample).Seconds(); got != s.Filtered {
			t.Errorf("step %d: got %v, want %v", i, got, s.Filtered)
		}
	}
}

func TestDistances(t *testing.T) {
	for i, s := range named(t, "distance").Steps {
		a, b := s.A.coordinate(t), s.B.coordinate(t)
		if got := a.rawDistance(&b); got != s.Raw {
			t.Errorf("step %d: raw distance %v, want %v", i, got, s.Raw)
		}
		got := a.DistanceTo(&b)
		if got != time.Duration(*s.Distance) || got != b.DistanceTo(&a) {
			t.Errorf("step %d: distance %d, back %d, want %d", i, got, b.DistanceTo(&a), *s.Distance)
		}
		if text := fmt.Sprintf("%.3f ms", got.Seconds()*1000); text != s.RTTText {
			t.Errorf("step %d: got %s, want %s", i, text, s.RTTText)
		}
	}
}

func TestForces(t *testing.T) {
	for i, s := range named(t, "apply_force").Steps {
		got, b := s.A.coordinate(t), s.B.coordinate(t)
		got.push(s.Force, &b, &draws{t: t})
		if want := s.Result.coordinate(t); !sameBits(got, want) {
			t.Errorf("step %d: got %+v, want %+v", i, got, want)
		}
	}
}

type payloadVector struct {
	Name    string
	Hex     string
	Decoded *place
	Outcome string
}

// stricter names the payloads that the reference takes and this package refuses, with the reason.
var stricter = map[string]error{"height_negative": ErrHeight, "error_huge": ErrErrorRange, "error_negative": ErrErrorRange}

func TestPayloads(t *testing.T) {
	for _, v := range vectors[payloadVector](t, "ping_payload.json") {
		t.Run(v.Name, func(t *testing.T) {
			b, err := hex.DecodeString(v.Hex)
			if err != nil {
				t.Fatal(err)
			}
			c := newClient(t, DefaultConfig())
			_, err = c.HandleAck("n", b, time.Millisecond, steady{})
			checkOutcome(t, &v, err, c)
			if err == nil {
				checkDecoded(t, &v, b, c)
			}
		})
	}
}

// steady is a source whose directions are all the same.
type steady struct{}

func (steady) Float64() float64 { return 0.75 }

func checkOutcome(t *testing.T, v *payloadVector, err error, c *Client) {
	t.Helper()
	var malformed *DecodeError
	s := c.Stats()
	ok := false
	switch v.Outcome {
	case "accepted":
		ok = err == nil && s.Updates == 1 || stricter[v.Name] != nil && errors.Is(err, stricter[v.Name]) && s.Refused() == 1
	case "rejected":
		ok = (errors.Is(err, ErrDimensions) || errors.Is(err, ErrNotFinite)) && s.Refused() == 1
	case "bad-version":
		ok = errors.Is(err, ErrVersion) && s.PayloadVersion == 1
	case "decode-error":
		ok = errors.As(err, &malformed) && s.PayloadMalformed == 1
	case "ignored":
		ok = errors.Is(err, ErrPayloadEmpty) && s.PayloadEmpty == 1
	}
	if !ok {
		t.Errorf("got error %v and %+v, want %s", err, s, v.Outcome)
	}
	if err != nil && (c.Coordinate() != Fresh() || c.Len() != 0) {
		t.Errorf("got %+v and %d peers after a refusal", c.Coordinate(), c.Len())
	}
}

func checkDecoded(t *testing.T, v *payloadVector, b []byte, c *Client) {
	t.Helper()
	got, known := c.Peer("n")
	if want := v.Decoded.coordinate(t); !known || !sameBits(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	encoded := AppendPayload(nil, &got)
	if len(encoded) != PayloadBytes {
		t.Errorf("got %d bytes, want %d", len(encoded), PayloadBytes)
	}
	if len(b) == PayloadBytes && !strings.Contains(v.Name, "trailing") && !bytes.Equal(encoded, b) {
		t.Errorf("got %x, want %x", encoded, b)
	}
}

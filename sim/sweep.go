package sim

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Sweep is a scenario, run with every combination of some values and every seed.
//
// Invariants, made by ParseSweep: each list has values that its parameter may have, none of them twice.
type Sweep struct {
	Scenario string `json:"scenario"`
	Seeds    string `json:"seeds"` // as ParseSeeds reads it
	Nodes    values `json:"nodes"`
	Profile  values `json:"profile"`
	Loss     values `json:"loss"`
	Latency  values `json:"latency"`
	For      values `json:"for"`
	// Charts keeps what a page shows over time for each point, about 50 kB.
	Charts bool `json:"charts,omitempty"`

	scenario Scenario
	from, to uint64 // seeds
}

// Limits of a sweep.
const (
	sweepBytesMax = 1 << 20 // of its file
	pointsMax     = 10_000_000
	valuesMax     = 1000 // of one parameter
)

// values is a list of values of a parameter. As JSON it may be a single one, and values may be numbers or strings.
type values []string

// UnmarshalJSON reads one value or a list of them.
func (v *values) UnmarshalJSON(b []byte) error {
	var list []json.RawMessage
	if err := json.Unmarshal(b, &list); err != nil {
		list = []json.RawMessage{b}
	}
	if len(list) > valuesMax {
		return fmt.Errorf("%d values of one parameter are more than %d", len(list), valuesMax)
	}
	*v = nil
	for _, item := range list {
		var text string
		var number json.Number
		if json.Unmarshal(item, &text) != nil {
			if err := json.Unmarshal(item, &number); err != nil {
				return fmt.Errorf("%s is neither a number nor a string", item)
			}
			text = number.String()
		}
		*v = append(*v, text)
	}
	return nil
}

// axis is one parameter of a sweep.
type axis struct {
	name    string
	values  *values
	numeric bool
	set     func(p *Params, value string) error
}

// axes are the parameters in the order in which points are counted, the last one fastest; seeds are faster still.
func (s *Sweep) axes() []axis {
	return []axis{
		{"nodes", &s.Nodes, true, setNodes}, {"profile", &s.Profile, false, setProfile}, {"loss", &s.Loss, true, setLoss},
		{"latency", &s.Latency, true, setLatency}, {"for", &s.For, true, setFor},
	}
}

// ParseSweep reads the file of a sweep. What it does not say is as the scenario needs it.
func ParseSweep(r io.Reader) (*Sweep, error) {
	b, err := io.ReadAll(io.LimitReader(r, sweepBytesMax+1))
	if err != nil {
		return nil, fmt.Errorf("sim: sweep: %w", err)
	}
	if len(b) > sweepBytesMax {
		return nil, fmt.Errorf("sim: sweep: longer than %d bytes", sweepBytesMax)
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	var s Sweep
	if err := d.Decode(&s); err != nil {
		return nil, fmt.Errorf("sim: sweep: %w; it has scenario, seeds, nodes, profile, loss, latency, for, charts", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("sim: sweep: something follows the object")
	}
	if err := s.complete(); err != nil {
		return nil, fmt.Errorf("sim: sweep: %w", err)
	}
	return &s, nil
}

// complete fills in what is not said, and reports all that is wrong.
func (s *Sweep) complete() error {
	var found bool
	if s.scenario, found = FindScenario(s.Scenario); !found {
		return fmt.Errorf("scenario: %q is none; serfsim list shows them", s.Scenario)
	}
	s.Seeds = cmp.Or(s.Seeds, "1")
	var err error
	if s.from, s.to, err = ParseSeeds(s.Seeds); err != nil {
		return fmt.Errorf("seeds: %w", err)
	}
	defaults := []string{strconv.Itoa(max(2, s.scenario.Nodes)), "lan", "0", "1ms", s.scenario.For.String()}
	var problems []error
	points := int64(s.to - s.from + 1)
	for i, a := range s.axes() {
		if len(*a.values) == 0 {
			*a.values = values{defaults[i]}
		}
		for k, v := range *a.values {
			if err := a.set(&Params{}, v); err != nil {
				problems = append(problems, fmt.Errorf("%s: %w", a.name, err))
			}
			if slices.Contains((*a.values)[:k], v) {
				problems = append(problems, fmt.Errorf("%s: %q is there twice", a.name, v))
			}
		}
		if points *= int64(len(*a.values)); points > pointsMax {
			problems = append(problems, fmt.Errorf("more than %d points", pointsMax))
			break
		}
	}
	return errors.Join(problems...)
}

// Points is how many runs the sweep has.
func (s *Sweep) Points() int { return s.combinations() * s.seeds() }

func (s *Sweep) seeds() int { return int(s.to - s.from + 1) }

func (s *Sweep) combinations() int {
	n := 1
	for _, a := range s.axes() {
		n *= len(*a.values)
	}
	return n
}

// combination returns the values of combination i, in the order of axes.
func (s *Sweep) combination(i int) []string {
	axes := s.axes()
	list := make([]string, len(axes))
	for k := len(axes) - 1; k >= 0; k-- {
		v := *axes[k].values
		list[k], i = v[i%len(v)], i/len(v)
	}
	return list
}

// params returns what to run for point i.
func (s *Sweep) params(i int) Params {
	p := Params{Seed: s.from + uint64(i%s.seeds()), Charts: s.Charts}
	list := s.combination(i / s.seeds())
	for k, a := range s.axes() {
		if err := a.set(&p, list[k]); err != nil {
			panic("sim: sweep: " + err.Error()) // it was checked
		}
	}
	return p
}

// variant names combination i by the parameters that have several values.
func (s *Sweep) variant(i int) string {
	var words []string
	list := s.combination(i)
	for k, a := range s.axes() {
		if len(*a.values) > 1 {
			words = append(words, a.name+" "+list[k])
		}
	}
	return strings.Join(words, ", ")
}

func setNodes(p *Params, value string) (err error) {
	if p.Nodes, err = strconv.Atoi(value); err != nil || p.Nodes < 2 || p.Nodes > NodesMax {
		return fmt.Errorf("%q is not within 2 to %d", value, NodesMax)
	}
	return nil
}

func setProfile(p *Params, value string) error {
	if p.Profile = value; !slices.Contains(Profiles, value) {
		return fmt.Errorf("%q is not %s", value, strings.Join(Profiles, ", "))
	}
	return nil
}

func setLoss(p *Params, value string) (err error) {
	p.Loss, err = ParseShare(value)
	return err
}

func setLatency(p *Params, value string) (err error) {
	p.Latency, err = parseTime(value)
	return err
}

func setFor(p *Params, value string) (err error) {
	p.For, err = parseTime(value)
	return err
}

func parseTime(value string) (time.Duration, error) {
	d, err := time.ParseDuration(value)
	if err != nil || d < 0 {
		return 0, fmt.Errorf("%q is no time: write 10m or 500ms", value)
	}
	return d, nil
}

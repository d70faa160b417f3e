package sim

import (
	"context"
	"errors"
	"fmt"
	"time"

	"serf/membership"
)

// Params is what may be chosen about a scenario.
type Params struct {
	Nodes   int
	Seed    uint64
	For     time.Duration // how long the measured part is, in virtual time
	Profile string        // lan, wan or local
	Loss    float64
	Latency time.Duration // the mean of one way
	// LatencyTail, unless 0, has the latency be at least half of Latency, and that much more on average, without an end.
	LatencyTail time.Duration
	// Processors, unless 0, is how many processors the members share, and InputTime what each packet takes of one.
	Processors int
	InputTime  time.Duration
	// Formed begins with a cluster that has existed for long. Its members share what they know, which makes thousands possible.
	// The scenario that forms a cluster does so all the same.
	Formed bool
	// Charts has the report hold charts of what happened over time.
	Charts bool
	// Progress, unless nil, is told how far the run is.
	Progress func(Progress)

	phase phase
}

// NodesMax bounds the members of a world; each knows all others.
const NodesMax = 100_000

// Profiles are the timings that members may have.
var Profiles = []string{"lan", "wan", "local"}

// Scenario is a question about a cluster, answered by running one.
type Scenario struct {
	Name     string
	Synopsis string
	// Nodes and For are what they are when not chosen.
	Nodes int
	For   time.Duration
	// Run answers. When ctx is done it ends early and says in the report how far it came.
	Run func(ctx context.Context, p Params) (*Report, error)
}

// Scenarios returns all scenarios, in the order in which they are best read.
func Scenarios() []Scenario {
	return []Scenario{formScenario, idleScenario, crashScenario, eventScenario, partitionScenario}
}

// FindScenario returns the scenario of that name.
func FindScenario(name string) (Scenario, bool) {
	for _, s := range Scenarios() {
		if s.Name == name {
			return s, true
		}
	}
	return Scenario{}, false
}

func (p *Params) setting() string {
	return fmt.Sprintf("%s, seed %d", p.cluster(), p.Seed)
}

func (p *Params) cluster() string {
	formed := ""
	if p.Formed {
		formed = ", formed long ago"
	}
	return fmt.Sprintf("%d members, profile %s, loss %g %%, latency %v one way%s", p.Nodes, p.Profile, 100*p.Loss, p.Latency, formed)
}

// build returns a world of which no host is up, without loss.
func (p *Params) build() (*World, error) {
	c, known := membership.DefaultConfig(p.Profile)
	if !known {
		return nil, fmt.Errorf("sim: unknown profile %q: use lan, wan or local", p.Profile)
	}
	if p.Nodes < 2 {
		return nil, fmt.Errorf("sim: a cluster needs 2 nodes at least, not %d", p.Nodes)
	}
	if p.Loss < 0 || p.Loss >= 1 {
		return nil, fmt.Errorf("sim: loss %g is not within 0 to 1", p.Loss)
	}
	return NewWorld(Options{
		Seed: p.Seed, Hosts: p.Nodes, Cluster: &c, Direct: true, Shared: p.Formed,
		Network:    Network{LatencyMin: p.Latency / 2, LatencyMax: p.Latency * 3 / 2, LatencyTail: p.LatencyTail},
		Processors: p.Processors, InputTime: p.InputTime,
	})
}

// settled is how long the cluster may take to agree.
func (p *Params) settled() time.Duration {
	c, _ := membership.DefaultConfig(p.Profile)
	return Settled(&c, p.Nodes)
}

// world returns a world of members that are up and know each other.
func (p *Params) world(ctx context.Context) (*World, error) {
	w, err := p.build()
	if err != nil {
		return nil, err
	}
	if p.Formed {
		err = w.Populate()
	} else {
		err = p.form(ctx, w)
	}
	if err != nil {
		return nil, err
	}
	w.Network.Loss, w.Network.Resend = p.Loss, p.Loss > 0
	return w, nil
}

// form starts all members and lets them join each other until they agree.
func (p *Params) form(ctx context.Context, w *World) error {
	for i := range p.Nodes {
		if err := w.Start(i); err != nil {
			return err
		}
		if i > 0 {
			w.At(time.Duration(i)*10*time.Millisecond, func() { _ = w.Join(i, i/2) }) // both are up
		}
	}
	for w.Converged() != nil {
		p.progress(w, "forming the cluster: %v", w.Now())
		switch {
		case ctx.Err() != nil:
			return errors.New("sim: interrupted before the cluster had formed: nothing is measured yet")
		case w.Now() > p.settled():
			return fmt.Errorf("sim: the cluster did not form: %w", w.Converged())
		}
		w.Run(time.Second)
	}
	return nil
}

// run lets the world go on for d, a second at a time, and returns false when ctx is done before.
func (p *Params) run(ctx context.Context, w *World, d time.Duration, what string) bool {
	for end := w.Now() + d; w.Now() < end; {
		if ctx.Err() != nil {
			return false
		}
		p.progress(w, "%s: %v to go", what, (end - w.Now()).Round(time.Second))
		w.Run(min(time.Second, end-w.Now()))
	}
	return true
}

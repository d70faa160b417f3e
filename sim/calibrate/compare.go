//go:build linux

package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"

	"serf/sim"
)

// loopback is what a packet takes from one process to another when both have a processor.
const loopback = 50 * time.Microsecond

// Names of what the simulator measures.
const (
	heardDistribution  = "From an event until each member has heard it"
	failedDistribution = "From a crash until the first member calls it failed"
)

// runs is how many simulations of as many events as the agents were sent show how far chance goes.
const runs = 20

// eventPause is the virtual time from one event to the next.
const eventPause = 15 * time.Second

// simulated returns the values of one distribution of a scenario, and its report.
func simulated(ctx context.Context, scenario, distribution string, p sim.Params) ([]float64, *sim.Report, error) {
	s, _ := sim.FindScenario(scenario)
	p.Profile = "lan"
	r, err := s.Run(ctx, p)
	if err != nil {
		return nil, nil, err
	}
	for _, d := range r.Distributions {
		if d.Name == distribution {
			return slices.DeleteFunc(d.Values, func(v float64) bool { return v == 0 }), r, nil // senders hear at once
		}
	}
	return nil, nil, fmt.Errorf("scenario %s has no distribution %q", scenario, distribution)
}

// figure is the value of the figure of that name.
func figure(r *sim.Report, name string) float64 {
	for _, f := range r.Figures {
		if f.Name == name {
			return f.Value
		}
	}
	return 0
}

// packetsOfEvent is how many packets an event takes beyond those of an idle cluster.
func packetsOfEvent(ctx context.Context, agents int) (float64, error) {
	_, busy, err := simulated(ctx, "event", heardDistribution, sim.Params{Nodes: agents, Seed: 1, For: 10 * time.Minute, Latency: loopback})
	if err != nil {
		return 0, err
	}
	s, _ := sim.FindScenario("idle")
	idle, err := s.Run(ctx, sim.Params{Nodes: agents, Seed: 1, For: 10 * time.Minute, Profile: "lan", Latency: loopback})
	if err != nil {
		return 0, err
	}
	all := figure(busy, "packets that all members send from one event to the next, 15 s later")
	return all - figure(idle, "packets a member sends")*float64(agents)*eventPause.Seconds(), nil
}

// model is a way to simulate the agents' machine.
type model struct {
	name   string
	params sim.Params
}

// models go from the network alone to all that was measured.
func models(m *machine, input time.Duration) []model {
	p := sim.Params{Latency: loopback}
	list := []model{{"the network alone", p}}
	p.InputTime, p.Processors = input, 1000
	list = append(list, model{"each packet takes its time", p})
	p.Processors = m.processors
	list = append(list, model{fmt.Sprintf("of %d processors", m.processors), p})
	p.LatencyTail = m.wait
	return append(list, model{"which others use, too", p})
}

func compare(ctx context.Context, w io.Writer, agents, events int, m *machine, spread, detected []float64) error {
	packets, err := packetsOfEvent(ctx, agents)
	if err != nil {
		return err
	}
	input := m.input(packets)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "seconds\tvalues\t10 %\t50 %\t90 %\tmax\tKS distance\tby chance below\t")
	fmt.Fprintf(t, "event until heard, agents\t%s\t\t\t\n", quantiles(spread))
	for _, model := range models(m, input) {
		if err := model.row(ctx, t, agents, events, spread); err != nil {
			return err
		}
	}
	crashes, _, err := simulated(ctx, "crash", failedDistribution, sim.Params{Nodes: agents, Seed: 1, For: 2 * time.Hour, Latency: loopback})
	if err != nil {
		return err
	}
	fmt.Fprintf(t, "crash until failed, agents\t%s\t\t\t\n", quantiles(detected))
	fmt.Fprintf(t, "the network alone\t%s\t%.3f\t%.3f\t\n", quantiles(crashes), distance(detected, crashes), critical(len(detected), len(crashes)))
	if err := t.Flush(); err != nil {
		return err
	}
	return m.explain(w, packets, input)
}

// row simulates what the agents did, again and again. Values of one event hang together, so that what chance does is how far single runs
// are from all of them.
func (m *model) row(ctx context.Context, w io.Writer, agents, events int, spread []float64) error {
	var all []float64
	var each [][]float64
	for k := range runs {
		p := m.params
		p.Nodes, p.Seed, p.For = agents, uint64(k+1), time.Duration(events)*eventPause
		values, _, err := simulated(ctx, "event", heardDistribution, p)
		if err != nil {
			return err
		}
		each, all = append(each, values), append(all, values...)
	}
	var chance []float64
	for _, values := range each {
		chance = append(chance, distance(values, all))
	}
	slices.Sort(chance)
	_, err := fmt.Fprintf(w, "%s\t%s\t%.3f\t%.3f\t\n", m.name, quantiles(all), distance(spread, all), chance[len(chance)*95/100])
	return err
}

func quantiles(values []float64) string {
	if len(values) == 0 {
		return "0\t\t\t\t"
	}
	sorted := slices.Sorted(slices.Values(values))
	at := func(q float64) float64 { return sorted[min(len(sorted)-1, int(q*float64(len(sorted))))] }
	return fmt.Sprintf("%d\t%.4f\t%.4f\t%.4f\t%.4f", len(sorted), at(0.1), at(0.5), at(0.9), sorted[len(sorted)-1])
}

// explain says what the agents' machine is like, and what the rows mean.
func (m *machine) explain(w io.Writer, packets float64, input time.Duration) error {
	ms := func(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
	_, err := fmt.Fprintf(w, `
An event took %.0f ms of processor at the agents, in %.0f turns, and %.0f ms to read what they print; for %.0f packets, %.3f ms each. Threads
of agents waited %.0f ms for a processor during it, all together, and %.3f ms a turn while there were no events.

Nothing of the simulation is fitted: its rows add, one after the other, what a packet takes of a processor, that %d processors are there for
all, and the wait for them while nothing happens. A distance below the last column is one that 95 %% of equal simulations have. An event reaches
most members in a few packets, each sent as soon as the one before has been handled; so its time is that on a processor and the wait for one,
not the network's. What remains has two causes. A packet is handled in %.0f turns, of several threads, each of which may wait for whatever else
runs here: that spreads the times of agents. And agents are counted from the first line that is read, which is not always the sender's: that makes
some seem to have heard at once. Crashes take seconds, in which such waits are lost.
`, ms(m.event.ran), m.event.turns, ms(m.event.reading), packets, ms(input), ms(m.event.waited), ms(m.wait), m.processors, m.event.turns/packets)
	return err
}

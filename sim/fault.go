package sim

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"serf/membership"
)

// FaultKind is a kind of trouble in a trial.
type FaultKind uint8

const (
	// FaultCrash: hosts go down at once and come up again after For, with their disks.
	FaultCrash FaultKind = iota
	// FaultWipe: the same, without their disks.
	FaultWipe
	// FaultKill: hosts go down for good.
	FaultKill
	// FaultLeave: hosts leave, go down five seconds later and come up again after For more.
	FaultLeave
	// FaultFreeze: hosts do nothing for For.
	FaultFreeze
	// FaultSlow: hosts take Delay for each input.
	FaultSlow
	// FaultPartition: hosts and the rest do not reach each other.
	FaultPartition
	// FaultOneWay: nothing that the hosts send arrives.
	FaultOneWay
	// FaultDeaf: nothing that is sent to the hosts arrives.
	FaultDeaf
	// FaultLossy: Share of the packets from and to the hosts is lost.
	FaultLossy
	// FaultLate: packets to the hosts take Delay longer.
	FaultLate
	// FaultTags: hosts change their tags. It is no fault, but something to agree on; like the next two.
	FaultTags
	// FaultEvents: hosts send a user event each.
	FaultEvents
	// FaultQuery: hosts ask a query each.
	FaultQuery
	// FaultBlock: hosts neither send nor receive for For, while their timers run on. Half of what is drawn as FaultFreeze is.
	FaultBlock

	faultKinds
)

var faultNames = [faultKinds]string{
	"crash", "wipe", "kill", "leave", "freeze", "slow", "partition", "one-way", "deaf", "lossy", "late", "tags", "events", "query", "block",
}

// String returns the kind in lower case.
func (k FaultKind) String() string {
	if k < faultKinds {
		return faultNames[k]
	}
	return "unknown"
}

// Fault is one trouble.
type Fault struct {
	Kind    FaultKind
	At, For time.Duration
	Hosts   []int
	Share   float64
	Delay   time.Duration
}

// String describes f in one line.
func (f *Fault) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%9.3fs %-9s", f.At.Seconds(), f.Kind)
	if f.For > 0 {
		fmt.Fprintf(&b, " for %v", f.For)
	}
	if f.Share > 0 {
		fmt.Fprintf(&b, " share %.2f", f.Share)
	}
	if f.Delay > 0 {
		fmt.Fprintf(&b, " delay %v", f.Delay)
	}
	fmt.Fprintf(&b, " hosts %v", f.Hosts)
	return b.String()
}

// apply begins f in the world of t and schedules its end.
func (f *Fault) apply(t *trial) {
	w := t.world
	for _, i := range f.Hosts {
		switch f.Kind {
		case FaultCrash, FaultWipe, FaultKill:
			t.down(f, i)
		case FaultLeave:
			if w.Leave(i) == nil {
				w.At(5*time.Second, func() { t.down(f, i) })
			}
		case FaultFreeze:
			w.Freeze(i, f.For)
		case FaultBlock:
			w.Block(i, f.For)
		case FaultSlow:
			w.Slow(i, f.Delay)
			w.At(f.For, func() { w.Slow(i, 0) })
		case FaultTags:
			_ = w.SetTags(i, map[string]string{"at": fmt.Sprint(w.Now())}) // a host that is down has none
		case FaultEvents:
			_ = w.Event(i, fmt.Sprintf("e%d-%d", w.Now(), i), []byte("payload")) // nor sends one
		case FaultQuery:
			_ = w.Query(i, membership.QueryParams{Name: "load", Ack: true})
		}
	}
	f.bend(w)
}

// bend changes the network for as long as f lasts.
func (f *Fault) bend(w *World) {
	var rules []*Rule
	switch f.Kind {
	case FaultPartition:
		rules = append(rules, &Rule{From: f.Hosts, To: rest(w, f.Hosts), Cut: true}, &Rule{From: rest(w, f.Hosts), To: f.Hosts, Cut: true})
	case FaultOneWay:
		rules = append(rules, &Rule{From: f.Hosts, Cut: true})
	case FaultDeaf:
		rules = append(rules, &Rule{To: f.Hosts, Cut: true})
	case FaultLossy:
		rules = append(rules, &Rule{From: f.Hosts, Loss: f.Share}, &Rule{To: f.Hosts, Loss: f.Share})
	case FaultLate:
		rules = append(rules, &Rule{To: f.Hosts, Delay: f.Delay})
	}
	for _, r := range rules {
		w.AddRule(r)
		w.At(f.For, func() { w.RemoveRule(r) })
	}
}

// rest returns all hosts but the given ones.
func rest(w *World, hosts []int) []int {
	in := make([]bool, len(w.hosts))
	for _, i := range hosts {
		in[i] = true
	}
	var others []int
	for i := range w.hosts {
		if !in[i] {
			others = append(others, i)
		}
	}
	return others
}

// drawFault draws one fault that is over by end.
func drawFault(rng *rand.Rand, hosts int, end time.Duration) Fault {
	f := Fault{Kind: FaultKind(rng.IntN(int(FaultBlock))), Share: rng.Float64(), Delay: drawTime(rng, time.Millisecond, time.Second)}
	f.At = drawTime(rng, 0, end)
	f.For = min(drawTime(rng, 500*time.Millisecond, end/2), end-f.At)
	few, many := 1+rng.IntN(max(1, hosts/10)), 1+rng.IntN(max(1, hosts/2))
	n := few
	switch f.Kind {
	case FaultPartition:
		n = many
	case FaultKill, FaultSlow:
		n = 1 + few/4
	case FaultOneWay, FaultDeaf, FaultFreeze:
		n = 1 + few/2
	}
	switch f.Kind {
	case FaultSlow:
		f.Delay /= 50
	case FaultLate:
	default:
		f.Delay = 0
	}
	if f.Kind != FaultLossy {
		f.Share = 0
	}
	f.Hosts = rng.Perm(hosts)[:n]
	return f
}

// blockMax bounds how long hosts of a trial are blocked: what they send goes out later by as much, and invariants allow for what
// was on its way for resurrectionGrace.
const blockMax = 15 * time.Second

// drawBlocks makes some freezes blocks. It draws from random numbers of its own, so that other faults are as they would be without.
func drawBlocks(seed uint64, faults []Fault) {
	rng := rand.New(rand.NewPCG(seed, 0x626c_6f63_6b))
	for i := range faults {
		if f := &faults[i]; rng.IntN(2) == 0 && f.Kind == FaultFreeze {
			f.Kind, f.For = FaultBlock, min(f.For, blockMax)
		}
	}
}

func drawTime(rng *rand.Rand, from, to time.Duration) time.Duration {
	d := from + time.Duration(rng.Float64()*float64(max(0, to-from)))
	return d.Round(time.Millisecond)
}

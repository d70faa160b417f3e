package sim

import (
	"fmt"

	"serf/eventbus"
)

// exactlyOnceEvents: no application hears a user event twice in one life of its host, nor one that nobody sent. What must
// have been heard is judged at the end, by missing. Events are told apart by their names.
type exactlyOnceEvents struct {
	sent  map[string]send
	order []string
	heard map[heard]bool
	since map[int]begin // by host; absent: it is down or leaves
}

type send struct {
	at    int64
	host  int
	ltime uint64
}

// begin is the start of a life: when, and from which Lamport time on events concern it.
type begin struct {
	at    int64
	ltime uint64
}

type heard struct {
	event      string
	host, life int
}

func newExactlyOnceEvents() *exactlyOnceEvents {
	return &exactlyOnceEvents{sent: make(map[string]send), heard: make(map[heard]bool), since: make(map[int]begin)}
}

func (*exactlyOnceEvents) Name() string { return "exactly-once-events" }

func (c *exactlyOnceEvents) See(s *Sight) error {
	switch s.Kind {
	case SawStart:
		c.since[s.Host] = begin{int64(s.At), s.Clocks.Event}
	case SawCrash, SawLeave:
		delete(c.since, s.Host)
	case SawSend:
		c.sent[s.Event.Name] = send{int64(s.At), s.Host, s.Event.LTime}
		c.order = append(c.order, s.Event.Name)
	case SawEvent:
		if s.Event.Type == eventbus.User {
			return c.hear(heard{s.Event.Name, s.Host, s.Life})
		}
	}
	return nil
}

func (c *exactlyOnceEvents) hear(h heard) error {
	if _, sent := c.sent[h.event]; !sent {
		return fmt.Errorf("n%05d heard %q, which nobody sent", h.host, h.event)
	}
	if c.heard[h] {
		return fmt.Errorf("n%05d heard %q twice in life %d", h.host, h.event, h.life)
	}
	c.heard[h] = true
	return nil
}

// missing returns an error when an event did not reach somebody who was there from its sending on. Its sender must have been,
// too: what a member says just before it crashes may be lost with it. A member with a snapshot does not hear what is from
// before its time, as the events of a sender are that began anew and has not found the others yet.
func (c *exactlyOnceEvents) missing(w *World) error {
	for _, event := range c.order {
		sent := c.sent[event]
		if from, up := c.since[sent.host]; !up || from.at > sent.at {
			continue
		}
		for _, h := range w.hosts {
			from, up := c.since[h.index]
			if up && from.at < sent.at && from.ltime <= sent.ltime && !c.heard[heard{event, h.index, h.lives}] {
				return fmt.Errorf("%s never heard %q, which n%05d sent at %.3f s", h.name, event, sent.host, float64(sent.at)/1e9)
			}
		}
	}
	return nil
}

package sim

import (
	"errors"

	"serf/swim"
)

// Assemble starts all hosts and has each know all others at once, as if somebody had told it everything in a push/pull. It costs much
// less than joins, after which everybody tells everybody of everybody. It fails when a host is up already.
func (w *World) Assemble() error {
	state := swim.State{}
	for i, h := range w.hosts {
		if err := w.Start(i); err != nil {
			return err
		}
		state.Members = append(state.Members, h.cluster.Detector().Members...)
	}
	for _, h := range w.hosts {
		h.hear(&state)
	}
	return nil
}

// hear lets the host merge s as the request of a stream whose other end does not wait for the reply.
func (h *host) hear(s *swim.State) {
	h.streams++
	x := swim.Accepted(h.streams)
	h.callers[x] = caller{host: h}
	_ = h.cluster.HandleState(h.now(), x, s) // nothing refuses members of the own world
	h.drain()
}

// Populate starts all hosts as a cluster that has existed for long: each knows all others, and nobody has anything to tell. Of
// what they know they keep one copy until it changes, so that it costs next to nothing. It fails when a host is up already, or
// when the options do not say Shared.
func (w *World) Populate() error {
	if w.known == nil {
		return errors.New("sim: only hosts that share what they know can be a population")
	}
	var members []swim.Info
	for _, h := range w.hosts {
		c := h.config()
		members = append(members, c.Identity())
	}
	for i, h := range w.hosts {
		if i == 0 || w.options.apart {
			h.shared.Populate(members)
		}
	}
	w.populating = true
	defer func() { w.populating = false }()
	for i := range w.hosts {
		if err := w.Start(i); err != nil {
			return err
		}
	}
	return nil
}

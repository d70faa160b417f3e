package discover

import "sync/atomic"

// Stats counts what a Discovery did since its start.
type Stats struct {
	Polls       uint64
	PollsFailed uint64 // of these, those in which no question could be sent
	Found       uint64 // addresses that were tried
	Joined      uint64 // of these, those that answered

	Answered     uint64 // questions of others
	AnswersLimit uint64 // questions not answered, since there were too many in that second
	AnswersLost  uint64 // answers that could not be sent

	PacketsPort      uint64 // not from the port of multicast DNS
	PacketsMalformed uint64 // no answers, or not well formed
	PacketsSource    uint64 // one too many of one source
	PacketsLimit     uint64 // polls that ended early because of too many packets
	PacketsDropped   uint64 // came while too many others waited
	GapsLimit        uint64 // incomplete instances that were not asked about, one too many
	AddrsUnusable    uint64 // addresses at which no agent can be
	AddrsLimit       uint64 // addresses left for the next poll, one too many
}

// Ignored returns how much of what others sent was left aside, for any reason.
func (s Stats) Ignored() uint64 {
	return s.AnswersLimit + s.PacketsPort + s.PacketsMalformed + s.PacketsSource + s.PacketsLimit + s.PacketsDropped + s.GapsLimit +
		s.AddrsUnusable + s.AddrsLimit
}

// counters are the Stats while they change.
type counters struct {
	polls, pollsFailed, found, joined                                          atomic.Uint64
	answered, answersLimit, answersLost                                        atomic.Uint64
	packetsPort, packetsMalformed, packetsSource, packetsLimit, packetsDropped atomic.Uint64
	gapsLimit, addrsUnusable, addrsLimit                                       atomic.Uint64
}

// Stats returns the counters.
func (d *Discovery) Stats() Stats {
	c := &d.counters
	return Stats{
		Polls:            c.polls.Load(),
		PollsFailed:      c.pollsFailed.Load(),
		Found:            c.found.Load(),
		Joined:           c.joined.Load(),
		Answered:         c.answered.Load(),
		AnswersLimit:     c.answersLimit.Load(),
		AnswersLost:      c.answersLost.Load(),
		PacketsPort:      c.packetsPort.Load(),
		PacketsMalformed: c.packetsMalformed.Load(),
		PacketsSource:    c.packetsSource.Load(),
		PacketsLimit:     c.packetsLimit.Load(),
		PacketsDropped:   c.packetsDropped.Load(),
		GapsLimit:        c.gapsLimit.Load(),
		AddrsUnusable:    c.addrsUnusable.Load(),
		AddrsLimit:       c.addrsLimit.Load(),
	}
}

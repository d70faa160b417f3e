package membership

import (
	"math"

	"serf/swim/msgpack"
)

// pushPull is the Serf part of a full state exchange.
type pushPull struct {
	// LTime, EventLTime and QueryLTime are the sender's clocks.
	LTime uint64
	// StatusLTimes holds every member the sender knows, in whatever status.
	StatusLTimes []statusLTime
	// Said, unless nil, is StatusLTimes as it is encoded; of no meaning when decoded.
	Said []byte
	// Same, when decoded, tells that StatusLTimes is what was given to compare it with, and was left out.
	Same bool
	// LeftMembers names those that have left.
	LeftMembers []string
	EventLTime  uint64
	// Events is the sender's ring of user events; nil slots are empty ones.
	Events []*eventSlot
	// Replay, unless nil, is Events as it is encoded; of no meaning when decoded.
	Replay     []byte
	QueryLTime uint64
}

// statusLTime is the Lamport time of the last intent about a member.
type statusLTime struct {
	Name  string
	LTime uint64
}

// eventSlot holds the user events of one Lamport time.
type eventSlot struct {
	LTime  uint64
	Events []slotEvent
}

type slotEvent struct {
	Name    string
	Payload []byte
	// Coalesce travels between members of this kind only; others leave it out and skip it.
	Coalesce bool
}

// appendPushPull appends
//
//	[2] {EventLTime uint, Events list of (nil | {Events list of {Name string, Payload bytes}, LTime uint}), LTime uint,
//	     LeftMembers list of string, QueryLTime uint, StatusLTimes map of string to uint}
func appendPushPull(dst []byte, s *pushPull) []byte {
	dst = msgpack.AppendMap(append(dst, byte(typePushPull)), 6)
	dst = msgpack.AppendUint(msgpack.AppendString(dst, "EventLTime"), s.EventLTime)
	dst = msgpack.AppendString(dst, "Events")
	if s.Replay != nil {
		dst = append(dst, s.Replay...)
	} else {
		dst = appendSlots(dst, s.Events)
	}
	dst = msgpack.AppendUint(msgpack.AppendString(dst, "LTime"), s.LTime)
	dst = appendNames(msgpack.AppendString(dst, "LeftMembers"), s.LeftMembers)
	dst = msgpack.AppendUint(msgpack.AppendString(dst, "QueryLTime"), s.QueryLTime)
	dst = msgpack.AppendString(dst, "StatusLTimes")
	switch {
	case s.Said != nil:
		return append(dst, s.Said...)
	case s.StatusLTimes == nil:
		return append(dst, 0xc0)
	}
	dst = msgpack.AppendMap(dst, len(s.StatusLTimes))
	for i := range s.StatusLTimes {
		dst = msgpack.AppendUint(msgpack.AppendString(dst, s.StatusLTimes[i].Name), s.StatusLTimes[i].LTime)
	}
	return dst
}

func appendNames(dst []byte, names []string) []byte {
	if names == nil {
		return append(dst, 0xc0)
	}
	dst = msgpack.AppendArray(dst, len(names))
	for _, name := range names {
		dst = msgpack.AppendString(dst, name)
	}
	return dst
}

func appendSlots(dst []byte, slots []*eventSlot) []byte {
	if slots == nil {
		return append(dst, 0xc0)
	}
	dst = msgpack.AppendArray(dst, len(slots))
	for _, slot := range slots {
		if slot == nil {
			dst = append(dst, 0xc0)
			continue
		}
		dst = msgpack.AppendString(msgpack.AppendMap(dst, 2), "Events")
		if slot.Events == nil {
			dst = append(dst, 0xc0)
		} else {
			dst = msgpack.AppendArray(dst, len(slot.Events))
		}
		for _, e := range slot.Events {
			dst = msgpack.AppendString(msgpack.AppendMap(dst, 2), "Name")
			dst = msgpack.AppendString(dst, e.Name)
			dst = msgpack.AppendBytes(msgpack.AppendString(dst, "Payload"), e.Payload)
		}
		dst = msgpack.AppendUint(msgpack.AppendString(dst, "LTime"), slot.LTime)
	}
	return dst
}

// decodePushPull reads the Serf part of a push/pull, type byte included. Old peers send no QueryLTime. Payloads are
// slices of b. said, unless nil, is what StatusLTimes looks like when it says what the receiver does.
func decodePushPull(b, said []byte) (*pushPull, error) {
	d, err := newDecoder("push/pull", typePushPull, b)
	if err != nil {
		return nil, err
	}
	s := new(pushPull)
	names := []string{"LTime", "StatusLTimes", "LeftMembers", "EventLTime", "Events", "QueryLTime"}
	err = d.fields(names, func(field int) (err error) {
		switch field {
		case 0:
			s.LTime, err = d.r.Uint(math.MaxUint64)
		case 1:
			if s.Same = said != nil && d.r.Pass(said); !s.Same {
				s.StatusLTimes, err = d.statusLTimes()
			}
		case 2:
			s.LeftMembers, err = d.names()
		case 3:
			s.EventLTime, err = d.r.Uint(math.MaxUint64)
		case 4:
			s.Events, err = d.slots()
		case 5:
			s.QueryLTime, err = d.r.Uint(math.MaxUint64)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return s, nil
}

func (d *decoder) statusLTimes() ([]statusLTime, error) {
	if d.r.IsNil() {
		return nil, nil
	}
	n, isMap, err := d.r.Container()
	if err != nil {
		return nil, err
	}
	if !isMap {
		return nil, msgpack.ErrType
	}
	if err := d.take(n); err != nil {
		return nil, err
	}
	statuses := make([]statusLTime, 0, n)
	for range n {
		name, err := d.text()
		if err != nil {
			return nil, err
		}
		ltime, err := d.r.Uint(math.MaxUint64)
		if err != nil {
			return nil, err
		}
		statuses = append(statuses, statusLTime{name, ltime})
	}
	return statuses, nil
}

func (d *decoder) names() ([]string, error) {
	n, err := d.list()
	if n < 0 || err != nil {
		return nil, err
	}
	names := make([]string, 0, n)
	for range n {
		name, err := d.text()
		if err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	return names, nil
}

func (d *decoder) slots() ([]*eventSlot, error) {
	n, err := d.list()
	if n < 0 || err != nil {
		return nil, err
	}
	slots := make([]*eventSlot, 0, n)
	for range n {
		if d.r.IsNil() {
			slots = append(slots, nil)
			continue
		}
		slot, err := d.slot()
		if err != nil {
			return nil, err
		}
		slots = append(slots, slot)
	}
	return slots, nil
}

func (d *decoder) slot() (*eventSlot, error) {
	slot := new(eventSlot)
	err := d.fields([]string{"LTime", "Events"}, func(field int) (err error) {
		switch field {
		case 0:
			slot.LTime, err = d.r.Uint(math.MaxUint64)
		case 1:
			slot.Events, err = d.slotEvents()
		}
		return err
	})
	return slot, err
}

func (d *decoder) slotEvents() ([]slotEvent, error) {
	n, err := d.list()
	if n < 0 || err != nil {
		return nil, err
	}
	events := make([]slotEvent, 0, n)
	for range n {
		var e slotEvent
		err := d.fields([]string{"Name", "Payload", "CC"}, func(field int) (err error) {
			switch field {
			case 2:
				e.Coalesce, err = d.r.Bool()
			case 0:
				e.Name, err = d.text()
			case 1:
				e.Payload, err = d.r.Bytes()
			}
			return err
		})
		if err != nil {
			return nil, err
		}
		events = append(events, e)
	}
	return events, nil
}

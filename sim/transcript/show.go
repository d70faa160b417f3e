package transcript

import (
	"fmt"
	"net/netip"
	"reflect"
	"strings"

	"serf/swim"
)

func (w *world) printf(format string, args ...any) {
	w.lines = append(w.lines, fmt.Sprintf("%d.%03ds ", w.now.Milliseconds()/1000, w.now.Milliseconds()%1000)+fmt.Sprintf(format, args...))
}

// show writes an effect down.
func (w *world) show(a *actor, e *swim.Effect) {
	switch e.Kind {
	case swim.EffectPacket:
		var parts []string
		for m := range e.Batch.All {
			parts = append(parts, w.message(m))
		}
		lost := ""
		if w.drop[[2]string{a.name, w.name(e.To)}] {
			lost = "  (lost)"
		}
		w.printf("%s>%s %s%s", a.name, w.name(e.To), strings.Join(parts, " + "), lost)
	case swim.EffectDial:
		what := "stream"
		switch {
		case e.State != nil:
			what = "push-pull " + states(e.State)
		case len(e.Body) > 0:
			what = "stream " + w.message(e.Body)
		}
		w.printf("%s=>%s %s", a.name, w.name(e.To), what)
	case swim.EffectReply:
		what := "(empty)"
		switch {
		case e.State != nil:
			what = states(e.State)
		case len(e.Body) > 0:
			what = w.message(e.Body)
		}
		w.printf("%s<= reply %s", a.name, what)
	case swim.EffectClose:
		w.printf("%s closes a stream", a.name)
	case swim.EffectEvent:
		w.event(a, &e.Event)
	}
}

var eventNames = map[swim.EventKind]string{
	swim.EventJoin: "join", swim.EventLeave: "leave", swim.EventUpdate: "update", swim.EventConflict: "conflict",
	swim.EventUser: "user", swim.EventPinged: "pinged", swim.EventExchange: "exchange over", swim.EventLeft: "left",
	swim.EventMetaSent: "meta sent", swim.EventProbeFailed: "probe failed", swim.EventProbeLate: "probe late",
	swim.EventSuspicionExpired: "suspicion expired", swim.EventRefuted: "refuted", swim.EventStreamOnly: "stream only",
	swim.EventReclaimed: "reclaimed", swim.EventReaped: "reaped", swim.EventPushPull: "push-pull",
	swim.EventPushPullFailed: "push-pull failed", swim.EventDegraded: "refused",
}

func (w *world) event(a *actor, e *swim.Event) {
	s := eventNames[e.Kind]
	if e.Info != nil {
		s += " " + e.Info.Name
	}
	switch e.Kind {
	case swim.EventLeave:
		if e.Left {
			s += " (left)"
		} else {
			s += " (dead)"
		}
	case swim.EventSuspicionExpired:
		s += fmt.Sprintf(" confirmations=%d", e.Confirmations)
	case swim.EventRefuted:
		s += " of " + e.FromName
	case swim.EventPinged:
		s += fmt.Sprintf(" rtt=%v", e.RTT)
	case swim.EventConflict, swim.EventReclaimed:
		s += " by " + e.Other.Addr.String()
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	w.printf("%s! %s", a.name, s)
}

// message shows one message without its noise.
func (w *world) message(b []byte) string {
	switch swim.MessageType(b[0]) {
	case swim.TypePing:
		m, err := swim.DecodePing(b)
		return shown(err, "ping seq=%d", w.seq(m.Sequence))
	case swim.TypeIndirectPing:
		m, err := swim.DecodeIndirectPing(b)
		return shown(err, "indirect-ping %s seq=%d", m.Node, w.seq(m.Sequence))
	case swim.TypeAck:
		m, err := swim.DecodeAck(b)
		return shown(err, "ack seq=%d", w.seq(m.Sequence))
	case swim.TypeNack:
		m, err := swim.DecodeNack(b)
		return shown(err, "nack seq=%d", w.seq(m.Sequence))
	case swim.TypeSuspect:
		m, err := swim.DecodeSuspect(b)
		return shown(err, "suspect %s inc=%d from=%s", m.Node, m.Incarnation, m.From)
	case swim.TypeDead:
		m, err := swim.DecodeDead(b)
		return shown(err, "dead %s inc=%d from=%s", m.Node, m.Incarnation, m.From)
	case swim.TypeAlive:
		m, err := swim.DecodeAlive(b)
		return shown(err, "alive %s inc=%d", m.Node, m.Incarnation)
	}
	return fmt.Sprintf("type %d, %d bytes", b[0], len(b))
}

func shown(err error, format string, args ...any) string {
	if err != nil {
		return "undecodable: " + err.Error()
	}
	return fmt.Sprintf(format, args...)
}

func (w *world) seq(n uint32) int {
	i, ok := w.seqs[n]
	if !ok {
		i = len(w.seqs) + 1
		w.seqs[n] = i
	}
	return i
}

func (w *world) name(addr netip.AddrPort) string {
	if a := w.byAddr[addr]; a != nil {
		return a.name
	}
	return addr.String()
}

func states(s *swim.State) string {
	var parts []string
	if s.Join {
		parts = append(parts, "join")
	}
	for _, m := range s.Members {
		parts = append(parts, fmt.Sprintf("%s:%v/%d", m.Info.Name, m.Status, m.Incarnation))
	}
	return "[" + strings.Join(parts, " ") + "]"
}

// showStats writes down the counters that the last input moved, except those that merely count traffic.
func (w *world) showStats(a *actor) {
	now := a.node.Stats()
	was, is := reflect.ValueOf(a.stats), reflect.ValueOf(now)
	var moved []string
	for i := range is.NumField() {
		f := is.Type().Field(i)
		if f.Type.Kind() != reflect.Uint64 || boring[f.Name] {
			continue
		}
		if d := is.Field(i).Uint() - was.Field(i).Uint(); d != 0 {
			moved = append(moved, fmt.Sprintf("%s+%d", f.Name, d))
		}
	}
	a.stats = now
	if len(moved) > 0 {
		w.lines = append(w.lines, "       "+a.name+" stats: "+strings.Join(moved, " "))
	}
}

func (w *world) members(a *actor) {
	for _, m := range a.node.View().Members {
		w.printf("%s knows %s %v inc=%d", a.name, m.Info.Name, m.Status, m.Incarnation)
	}
}

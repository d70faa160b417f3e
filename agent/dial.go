package agent

import (
	"context"
	"net/netip"
	"time"

	"serf/swim"
	"serf/transport/envelope"
)

// dial is an exchange that the machine started, as a value of its own: the effect's bytes do not live long enough.
type dial struct {
	exchange  swim.Exchange
	to        netip.AddrPort
	state     *swim.State
	body      []byte
	wantReply bool
	deadline  time.Time
}

// onDial starts the exchange in a goroutine of its own.
func (l *loop) onDial(e *swim.Effect) {
	if len(l.dialed) >= dialsMax {
		l.agent.counters.dialsRefused.Add(1)
		l.refused = append(l.refused, e.Exchange)
		return
	}
	d := dial{
		exchange:  e.Exchange,
		to:        e.To,
		state:     e.State,
		body:      append([]byte(nil), e.Body...),
		wantReply: e.WantReply,
		deadline:  e.Deadline,
	}
	ctx, cancel := context.WithCancel(l.agent.ctx)
	l.dialed[d.exchange] = cancel
	l.agent.wg.Go(func() { l.agent.deliver(l.agent.run(ctx, d)) })
}

// run carries d out and returns its one completion. It gives up when ctx ends.
func (a *Agent) run(ctx context.Context, d dial) arrival {
	end := arrival{exchange: d.exchange, from: d.to}
	dialing, cancel := context.WithDeadline(ctx, d.deadline)
	defer cancel()
	conn, err := a.transport.Dial(dialing, d.to)
	if err != nil {
		end.err = err
		return end
	}
	defer conn.Close()
	defer closeWith(ctx, conn)()
	_ = conn.SetDeadline(d.deadline)
	if err := a.send(conn, encode(d.state, d.body), true); err != nil {
		end.err = err
		return end
	}
	if !d.wantReply {
		return end
	}
	r, err := a.receive(conn, envelope.NewScanner(a.envelope, a.Keyring(), false), nil)
	defer r.release(a)
	end.state, end.body, end.err = r.state, r.message, err
	a.checkCipher(d.to, r.message)
	return end
}

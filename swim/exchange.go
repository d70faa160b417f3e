package swim

import (
	"errors"
	"fmt"
	"net/netip"
	"time"
)

// exchangeKind says what an open exchange is for.
type exchangeKind uint8

const (
	exchangeJoin exchangeKind = iota + 1
	exchangePushPull
	exchangePing
	exchangeUser
)

// exchange is a stream that this node started.
type exchange struct {
	kind     exchangeKind
	to       netip.AddrPort
	sequence uint32 // of a ping
}

// Errors with which exchanges end.
var (
	// ErrRemote: the peer answered with an error message, whose text is behind it.
	ErrRemote = errors.New("remote error")
	// ErrReply: the reply does not fit the request.
	ErrReply = errors.New("unexpected reply")
)

// open numbers a new exchange, unless too many are open.
func (n *Node) open(x exchange) (Exchange, bool) {
	if len(n.exchanges) >= n.cfg.ExchangesMax {
		return 0, false
	}
	n.lastExchange += 2
	n.exchanges[n.lastExchange] = x
	return n.lastExchange, true
}

// take closes the exchange x and returns what it was.
func (n *Node) take(x Exchange) (exchange, bool) {
	e, ok := n.exchanges[x]
	if !ok {
		n.stats.UnexpectedExchange++
	}
	delete(n.exchanges, x)
	return e, ok
}

// Join starts a push/pull with the member at the given address, of which name is known or empty, to become part of its
// cluster. It ends in an EventExchange. It fails with ErrNameRequired, ErrLeaving or ErrBusy, and then nothing has
// changed.
func (n *Node) Join(now time.Time, to netip.AddrPort, name string) (Exchange, error) {
	if err := n.mayDial(to, name); err != nil {
		return 0, fmt.Errorf("swim: join: %w", err)
	}
	n.begin(now)
	x := n.pushPull(exchangeJoin, n.withPort(to), name)
	n.settle()
	return x, nil
}

// mayDial refuses exchanges that must not start.
func (n *Node) mayDial(to netip.AddrPort, name string) error {
	switch {
	case n.leaving:
		return ErrLeaving
	case !to.Addr().IsValid():
		return ErrAddress
	case n.cfg.RequireNodeNames && name == "":
		return ErrNameRequired
	case len(n.exchanges) >= n.cfg.ExchangesMax:
		return ErrBusy
	}
	return nil
}

// SendUser sends payload to the given address in one packet of its own. It fails with ErrTooLarge when it fits no datagram;
// the driver's network may refuse much less.
func (n *Node) SendUser(now time.Time, to netip.AddrPort, payload []byte) error {
	if len(payload)+1 > PacketBytesLimit {
		return fmt.Errorf("swim: user message: %w (%d >= %d bytes)", ErrTooLarge, len(payload), PacketBytesLimit)
	}
	n.begin(now)
	e := n.out.packet(n.withPort(to))
	e.Batch.Body = append(append(e.Batch.Body, byte(TypeUser)), payload...)
	closeMessage(&e.Batch, 0)
	n.stats.UserSent++
	n.settle()
	return nil
}

// SendUserStream sends payload over a stream. It ends in an EventExchange, without error when everything was written. It
// fails with ErrTooLarge above UserBytesMax, ErrLeaving never, ErrBusy when too many streams are open.
func (n *Node) SendUserStream(now time.Time, to netip.AddrPort, payload []byte) (Exchange, error) {
	if len(payload) > UserBytesMax {
		return 0, fmt.Errorf("swim: user message: %w (%d > %d bytes)", ErrTooLarge, len(payload), UserBytesMax)
	}
	to = n.withPort(to)
	x, ok := n.open(exchange{kind: exchangeUser, to: to})
	if !ok {
		return 0, fmt.Errorf("swim: user message: %w", ErrBusy)
	}
	n.begin(now)
	e := n.dial(x, to, "")
	e.WantReply = false
	e.Body = AppendUserStream(e.Body, payload)
	n.stats.UserSent++
	n.settle()
	return x, nil
}

// dial appends the effect that starts exchange x; its request is still missing.
func (n *Node) dial(x Exchange, to netip.AddrPort, name string) *Effect {
	e := n.out.add(EffectDial)
	e.Exchange, e.To, e.Name, e.WantReply = x, plain(to), name, true
	e.Deadline = n.stamp(n.now + int64(n.cfg.StreamTimeout))
	return e
}

// HandleStream takes the message, type byte first, of an accepted stream that is no push/pull: a ping, which is answered
// with an ack, or a user message. Anything else closes the stream; the error says why.
func (n *Node) HandleStream(now time.Time, x Exchange, from netip.AddrPort, b []byte) error {
	n.begin(now)
	err := n.onStream(x, from, b)
	n.settle()
	return err
}

func (n *Node) onStream(x Exchange, from netip.AddrPort, b []byte) error {
	var err error
	switch {
	case len(b) == 0:
		err = n.malformed(fmt.Errorf("swim: stream: %w", ErrEmpty))
	case MessageType(b[0]) == TypePing:
		return n.onStreamPing(x, b)
	case MessageType(b[0]) == TypeUser:
		err = n.onStreamUser(from, b)
	default:
		n.stats.UnknownType++
		err = fmt.Errorf("swim: stream: %w (%d)", ErrUnknownType, b[0])
	}
	n.out.add(EffectClose).Exchange = x
	return err
}

func (n *Node) onStreamPing(x Exchange, b []byte) error {
	m, err := DecodePing(b)
	switch {
	case err != nil:
		err = n.malformed(err)
	case len(m.Node) > 0 && string(m.Node) != n.cfg.Name:
		n.stats.PingsOtherNode++
		err = fmt.Errorf("swim: stream: %w (%q)", ErrOtherNode, m.Node)
	}
	if err != nil {
		n.out.add(EffectClose).Exchange = x
		return err
	}
	n.stats.StreamsServed++
	e := n.out.add(EffectReply)
	e.Exchange = x
	e.Body = AppendAck(e.Body, &Ack{Sequence: m.Sequence})
	return nil
}

func (n *Node) onStreamUser(from netip.AddrPort, b []byte) error {
	payload, err := DecodeUserStream(b)
	if err != nil {
		return n.malformed(err)
	}
	n.stats.StreamsServed++
	if len(payload) > 0 {
		n.onUser(from, payload)
	}
	return nil
}

// HandleReply takes the reply on a dialled stream, unless it is a push/pull: an ack, an error message, or nothing when
// none was wanted. The error says what is wrong with the reply; the exchange is over in any case.
func (n *Node) HandleReply(now time.Time, x Exchange, b []byte) error {
	n.begin(now)
	defer n.settle()
	e, ok := n.take(x)
	if !ok {
		return nil
	}
	err := n.replyError(e, b)
	n.complete(x, e, err)
	return err
}

// replyError returns what is wrong with the reply b in exchange e.
func (n *Node) replyError(e exchange, b []byte) error {
	switch {
	case e.kind == exchangeUser:
		return nil
	case len(b) > 0 && MessageType(b[0]) == TypeError:
		text, err := DecodeErrorMessage(b)
		if err != nil {
			return n.malformed(err)
		}
		return fmt.Errorf("%w: %s", ErrRemote, text)
	case e.kind != exchangePing || len(b) == 0:
		return fmt.Errorf("swim: %w (%d bytes)", ErrReply, len(b))
	}
	m, err := DecodeAck(b)
	switch {
	case err != nil:
		return n.malformed(err)
	case m.Sequence != e.sequence:
		return fmt.Errorf("swim: %w (ack %d, want %d)", ErrReply, m.Sequence, e.sequence)
	}
	return nil
}

// HandleFailure takes the end of an exchange that broke, dialled or accepted.
func (n *Node) HandleFailure(now time.Time, x Exchange, cause error) {
	n.begin(now)
	n.stats.StreamFailures++
	if x&1 == 0 {
		if e, ok := n.take(x); ok {
			n.complete(x, e, cause)
		}
	}
	n.settle()
}

// complete reports the end of exchange x.
func (n *Node) complete(x Exchange, e exchange, err error) {
	switch e.kind {
	case exchangeJoin, exchangeUser:
		if err != nil && e.kind == exchangeJoin {
			n.stats.PushPullFailures++
		}
		n.out.event(Event{Kind: EventExchange, Exchange: x, From: e.to, Err: err})
	case exchangePushPull:
		if err != nil {
			n.stats.PushPullFailures++
			n.out.event(Event{Kind: EventPushPullFailed, From: e.to, Err: err})
		}
	case exchangePing:
		n.streamPinged(e, err)
	}
}

// streamPinged notes the outcome of a ping over a stream; the verdict waits for the end of the probe's window, since an
// ack that arrives by packet until then is better news.
func (n *Node) streamPinged(e exchange, err error) {
	switch p := &n.probe; {
	case err != nil:
		n.stats.ProbeStreamErrors++
	case p.open && p.sequence == e.sequence:
		p.streamed = true
	}
}

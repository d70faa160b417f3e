package sim

import (
	"encoding/binary"
	"fmt"
	"math/bits"

	"serf/membership"
	"serf/swim"
)

// record folds everything that happens at the hosts' boundaries into one hash.
type record struct {
	hash    mixer
	buf     []byte
	digests *digests // unless nil, the members of a state are folded in by what they come to: in worlds whose hosts share lists
}

// sum names everything folded so far.
func (r *record) sum() string { return fmt.Sprintf("%016x%016x", r.hash.a, r.hash.b) }

func (r *record) begin(at int64, host int, what byte) {
	r.buf = binary.LittleEndian.AppendUint64(r.buf[:0], uint64(at))
	r.buf = binary.LittleEndian.AppendUint32(r.buf, uint32(host))
	r.buf = append(r.buf, what)
}

func (r *record) str(s string) {
	r.buf = binary.LittleEndian.AppendUint32(r.buf, uint32(len(s)))
	r.buf = append(r.buf, s...)
}

func (r *record) bytes(b []byte) {
	r.buf = binary.LittleEndian.AppendUint32(r.buf, uint32(len(b)))
	r.buf = append(r.buf, b...)
}

// effect records e before the driver acts on it.
func (r *record) effect(at int64, host int, e *membership.Effect) {
	r.begin(at, host, byte(e.Kind))
	switch e.Kind {
	case membership.EffectWire:
		r.wire(&e.Wire)
		if s := e.Wire.State; s != nil && r.digests != nil {
			r.state(s)
			return
		}
	case membership.EffectEvent:
		r.buf = append(r.buf, byte(e.Event.Type))
		r.buf = binary.LittleEndian.AppendUint64(r.buf, e.Event.LTime)
		r.str(e.Event.Name)
		r.bytes(e.Event.Payload)
		for _, m := range e.Event.Members {
			r.str(m.Name)
			r.buf = append(r.buf, byte(m.Status))
		}
	case membership.EffectNotice:
		r.buf = append(r.buf, byte(e.Notice.Kind), byte(e.Notice.Swim.Kind), byte(e.Notice.Type))
	case membership.EffectDone:
		r.buf = binary.LittleEndian.AppendUint64(r.buf, uint64(e.Done.Token))
	case membership.EffectAnswer:
		r.str(e.Answer.From)
		r.bytes(e.Answer.Payload)
	case membership.EffectKeys:
		for _, key := range e.Keys.Keys {
			r.bytes(key)
		}
	case membership.EffectPersist:
		r.buf = append(r.buf, byte(e.Record.Kind))
		r.str(e.Record.Name)
		r.buf = binary.LittleEndian.AppendUint64(r.buf, e.Record.LTime)
	}
	r.hash.write(r.buf)
}

func (r *record) wire(e *swim.Effect) {
	r.buf = append(r.buf, byte(e.Kind))
	r.buf = binary.LittleEndian.AppendUint64(r.buf, uint64(e.Exchange))
	if e.To.IsValid() {
		a := e.To.Addr().As16()
		r.buf = append(r.buf, a[:]...)
		r.buf = binary.LittleEndian.AppendUint16(r.buf, e.To.Port())
	}
	r.bytes(e.Batch.Body)
	r.bytes(e.Body)
	if e.State != nil && r.digests == nil {
		r.buf = swim.AppendState(r.buf, e.State)
	}
}

// state folds in an effect that carries s.
func (r *record) state(s *swim.State) {
	members := r.digests.of(s.Members)
	r.buf = swim.AppendStateHead(r.buf, s)
	r.buf = binary.LittleEndian.AppendUint64(r.buf, members.sum.a)
	r.buf = binary.LittleEndian.AppendUint64(r.buf, members.sum.b)
	r.hash.write(r.buf)
	r.hash.write(s.User)
}

// mixer is a hash of 128 bits that is the same on every machine. It is fast and not meant to withstand forgery.
type mixer struct{ a, b uint64 }

const (
	mixA = 0x9e3779b97f4a7c15
	mixB = 0xd6e8feb86659fd93
)

// write folds in b and its length.
func (m *mixer) write(b []byte) {
	m.word(uint64(len(b)))
	for ; len(b) >= 8; b = b[8:] {
		m.word(binary.LittleEndian.Uint64(b))
	}
	var rest [8]byte
	copy(rest[:], b)
	m.word(binary.LittleEndian.Uint64(rest[:]))
}

func (m *mixer) word(w uint64) {
	high, low := bits.Mul64(m.a^w^mixA, mixB|1)
	m.a = high ^ low ^ m.b
	m.b = bits.RotateLeft64(m.b^w, 29)*mixA + mixB
}

package sim

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"

	"serf/membership"
	"serf/swim"
)

// record folds everything that happens at the hosts' boundaries into one hash.
type record struct {
	h   hash.Hash
	buf []byte
}

func newRecord() *record { return &record{h: sha256.New()} }

func (r *record) sum() string { return hex.EncodeToString(r.h.Sum(nil)) }

func (r *record) begin(at int64, host int, what byte) {
	r.buf = binary.BigEndian.AppendUint64(r.buf[:0], uint64(at))
	r.buf = binary.BigEndian.AppendUint32(r.buf, uint32(host))
	r.buf = append(r.buf, what)
}

func (r *record) str(s string) {
	r.buf = binary.BigEndian.AppendUint32(r.buf, uint32(len(s)))
	r.buf = append(r.buf, s...)
}

func (r *record) end() { r.h.Write(r.buf) }

// effect records e before the driver acts on it.
func (r *record) effect(at int64, host int, e *membership.Effect) {
	r.begin(at, host, byte(e.Kind))
	switch e.Kind {
	case membership.EffectWire:
		r.wire(&e.Wire)
	case membership.EffectEvent:
		r.buf = append(r.buf, byte(e.Event.Type))
		r.buf = binary.BigEndian.AppendUint64(r.buf, e.Event.LTime)
		r.str(e.Event.Name)
		r.str(string(e.Event.Payload))
		for _, m := range e.Event.Members {
			r.str(m.Name)
			r.buf = append(r.buf, byte(m.Status))
		}
	case membership.EffectNotice:
		r.buf = append(r.buf, byte(e.Notice.Kind), byte(e.Notice.Swim.Kind), byte(e.Notice.Type))
	case membership.EffectDone:
		r.buf = binary.BigEndian.AppendUint64(r.buf, uint64(e.Done.Token))
	case membership.EffectAnswer:
		r.str(e.Answer.From)
		r.str(string(e.Answer.Payload))
	case membership.EffectKeys:
		for _, key := range e.Keys.Keys {
			r.str(string(key))
		}
	}
	r.end()
}

func (r *record) wire(e *swim.Effect) {
	r.buf = append(r.buf, byte(e.Kind))
	r.buf = binary.BigEndian.AppendUint64(r.buf, uint64(e.Exchange))
	r.str(e.To.String())
	r.str(string(e.Batch.Body))
	r.str(string(e.Body))
	if e.State != nil {
		r.buf = swim.AppendState(r.buf, e.State)
	}
}

package coordinate

import "errors"

// Stats counts what a Client did with what it was given.
type Stats struct {
	Updates uint64 // samples taken
	ZeroRTT uint64 // of these, how many with a round trip of 0
	Resets  uint64 // returns to the origin, since an update had led beyond the limits

	PayloadEmpty     uint64 // acknowledgements without payload: the peer has no coordinates
	PayloadVersion   uint64 // payloads of a version that is not known
	PayloadMalformed uint64

	// Samples refused, by reason.
	RefusedDimensions uint64
	RefusedNotFinite  uint64
	RefusedRTT        uint64
	RefusedError      uint64
	RefusedHeight     uint64
	RefusedTooFar     uint64
	RefusedPeersFull  uint64
}

// Refused returns how many samples were refused for any reason.
func (s Stats) Refused() uint64 {
	return s.RefusedDimensions + s.RefusedNotFinite + s.RefusedRTT + s.RefusedError + s.RefusedHeight + s.RefusedTooFar + s.RefusedPeersFull
}

// refuse counts err, which is one of the reasons of the package or a DecodeError.
func (s *Stats) refuse(err error) {
	switch {
	case errors.Is(err, ErrPayloadEmpty):
		s.PayloadEmpty++
	case errors.Is(err, ErrVersion):
		s.PayloadVersion++
	case errors.Is(err, ErrDimensions):
		s.RefusedDimensions++
	case errors.Is(err, ErrNotFinite):
		s.RefusedNotFinite++
	case errors.Is(err, ErrRTT):
		s.RefusedRTT++
	case errors.Is(err, ErrErrorRange):
		s.RefusedError++
	case errors.Is(err, ErrHeight):
		s.RefusedHeight++
	case errors.Is(err, ErrTooFar):
		s.RefusedTooFar++
	case errors.Is(err, ErrPeersFull):
		s.RefusedPeersFull++
	default:
		s.PayloadMalformed++
	}
}

package envelope

import (
	"encoding/binary"
	"errors"
	"fmt"
)

const typeEncrypt = 10

// frameHeaderBytes is the type byte and the length in front of an encrypted payload.
const frameHeaderBytes = 5

// Stage says how far a Scanner has come.
type Stage uint8

// Stages of a Scanner, in order.
const (
	// StageLabel waits for the label; its errors are never answered.
	StageLabel Stage = iota
	// StageType waits for the type byte, and the length of a frame.
	StageType
	// StageFrame waits for the bytes of an encrypted frame.
	StageFrame
	// StageBody walks over the structure of a message.
	StageBody
	// StageDone has the whole message.
	StageDone
)

// Scanner collects the one message that a stream carries in one direction and finds its end, for a plain message is not
// preceded by its length. It never waits and belongs to one goroutine.
//
// Invariants: start ≤ off while the stage is above StageType; off may lie beyond buf, in the middle of a long value, but
// never beyond the limit of the stream or frame, so that neither does buf by more than one piece fed.
type Scanner struct {
	cfg      Config
	ring     *Keyring
	acceptor bool

	buf   []byte
	stage Stage
	// start is where the message, its frame or its compress wrapper begins, off is up to where it is understood.
	start, off int
	walk       walker
	plan       plan

	message []byte
	nonce   []byte
	err     error
	// answered says that the acceptor sends err to the peer.
	answered bool
}

// NewScanner returns a Scanner. With acceptor it reads a request, which begins with the label if there is one, otherwise a
// reply, which has none. It panics if cfg is not valid.
func NewScanner(cfg Config, ring *Keyring, acceptor bool) *Scanner {
	s := &Scanner{cfg: cfg.mustBeValid(), ring: ring, acceptor: acceptor}
	if !acceptor {
		s.stage = StageType
	}
	return s
}

// Feed takes the next bytes of the stream, which it copies, and says whether the message is complete; bytes behind it are
// ignored. It fails as soon as it can be known that no good message will come, with ErrLabel, ErrEncrypted,
// ErrNotEncrypted, ErrType, ErrBody, ErrLength or ErrTooLarge, and then again with the same error.
func (s *Scanner) Feed(p []byte) (done bool, err error) {
	if s.err != nil || s.stage == StageDone {
		return s.stage == StageDone, s.err
	}
	s.grow(len(p))
	s.buf = append(s.buf, p...)
	for s.err == nil && s.stage != StageDone && s.step() {
	}
	if s.err != nil {
		s.buf = nil
	}
	return s.stage == StageDone && s.err == nil, s.err
}

// grow makes room for n bytes more: twice as much while it is little, then a quarter more.
func (s *Scanner) grow(n int) {
	need := len(s.buf) + n
	if need <= cap(s.buf) {
		return
	}
	size := max(need, 2*cap(s.buf))
	if size > doublingBytes {
		size = max(need, cap(s.buf)+cap(s.buf)/4)
	}
	if s.stage == StageFrame {
		size = max(need, min(size, s.off)) // more will not come
	}
	s.buf = append(make([]byte, 0, size), s.buf...)
}

// doublingBytes is up to which size the buffer of a stream doubles.
const doublingBytes = 512 << 10

// Claim returns how long the encrypted frame is to be that has begun, 0 before and for other messages.
func (s *Scanner) Claim() int {
	if s.stage == StageFrame || s.stage == StageDone && s.buf != nil && s.buf[s.start] == typeEncrypt {
		return s.off - s.start
	}
	return 0
}

// Size returns how many bytes of memory the buffer takes.
func (s *Scanner) Size() int { return cap(s.buf) }

// End tells that the stream has ended. Unless the message is complete or has failed it returns ErrEmpty when not a byte
// had come, else ErrShort. Neither is answered.
func (s *Scanner) End() error {
	switch {
	case s.err != nil || s.stage == StageDone:
	case len(s.buf) == 0:
		s.fail(ErrEmpty, false)
	default:
		s.fail(ErrShort, false)
	}
	return s.err
}

// Message returns the message, decrypted and inflated, type byte first; bytes may follow it. It belongs to the caller. It
// fails with ErrShort before the message is complete, and with the errors of Feed and of OpenPacket.
func (s *Scanner) Message() ([]byte, error) {
	if s.err == nil && s.stage != StageDone {
		return nil, &DecodeError{"stream", ErrShort}
	}
	if s.err == nil && s.message == nil {
		s.unwrap(s.buf[s.start:s.off])
		s.buf = nil
	}
	return s.message, s.err
}

// Nonce returns the nonce of the frame that Message has opened, nil if it was not encrypted.
func (s *Scanner) Nonce() []byte { return s.nonce }

// Stage returns how far the scan has come.
func (s *Scanner) Stage() Stage { return s.stage }

// ReplyError returns the text that an acceptor sends to the peer in an error message before it closes the stream, and
// whether it sends one: only for failures before the type of the message is known, and not for a wrong label or for a
// stream that just ended.
func (s *Scanner) ReplyError() (text string, ok bool) {
	var e *DecodeError
	if !s.acceptor || !s.answered || !errors.As(s.err, &e) {
		return "", false
	}
	return e.Err.Error(), true
}

func (s *Scanner) fail(err error, answered bool) {
	s.err, s.answered = &DecodeError{"stream", err}, answered
}

// step does what the stage can do with the bytes at hand. It returns false when more are needed.
func (s *Scanner) step() bool {
	switch s.stage {
	case StageLabel:
		return s.stepLabel()
	case StageType:
		return s.stepType()
	case StageFrame:
		return s.stepFrame()
	}
	return s.stepBody()
}

func (s *Scanner) stepLabel() bool {
	b := s.buf
	if len(b) == 0 || b[0] == typeLabel && (len(b) < 2 || len(b) < 2+int(b[1])) {
		return false
	}
	label, rest, err := cutLabel(b)
	if err == nil {
		err = s.cfg.checkLabel(label)
	}
	if err != nil {
		s.fail(err, false)
		return false
	}
	s.start, s.stage = len(b)-len(rest), StageType
	return true
}

func (s *Scanner) stepType() bool {
	b := s.buf[s.start:]
	switch {
	case len(b) == 0:
		return false
	case b[0] == typeEncrypt:
		return s.enterFrame(b)
	case s.ring.Len() > 0 && !s.cfg.AcceptPlaintext:
		s.fail(ErrNotEncrypted, true)
		return false
	}
	plan, ok := planOf(b[0], s.acceptor)
	if !ok {
		s.fail(fmt.Errorf("%w %d", ErrType, b[0]), false)
		return false
	}
	s.plan, s.walk.left = plan, plan.values
	s.off, s.stage = s.start+1, StageBody
	return true
}

func (s *Scanner) enterFrame(b []byte) bool {
	if s.ring.Len() == 0 {
		s.fail(ErrEncrypted, true)
		return false
	}
	if len(b) < frameHeaderBytes {
		return false
	}
	n := binary.BigEndian.Uint32(b[1:])
	if uint64(n) > uint64(s.cfg.FrameBytesMax) {
		s.fail(fmt.Errorf("remote node state is %w (%d)", ErrTooLarge, n), true)
		return false
	}
	s.off, s.stage = s.start+frameHeaderBytes+int(n), StageFrame
	return true
}

func (s *Scanner) stepFrame() bool {
	if len(s.buf) >= s.off {
		s.stage = StageDone
	}
	return s.stage == StageDone
}

// unwrap decrypts and inflates b, which is the whole message, and takes over its memory.
func (s *Scanner) unwrap(b []byte) {
	var err error
	if b[0] == typeEncrypt {
		if b, err = s.decrypt(b); err != nil {
			answered := !errors.Is(err, ErrPadding) && !errors.Is(err, ErrEmpty)
			s.fail(err, answered)
			return
		}
	}
	if b[0] == typeCompress {
		var cut bool
		if b, cut, err = new(inflater).decompress(nil, b, s.cfg.StreamBytesMax); err != nil {
			s.fail(err, !cut)
			return
		}
	}
	if plan, ok := planOf(b[0], s.acceptor); !ok || plan.wrapper {
		s.fail(fmt.Errorf("%w %d", ErrType, b[0]), false)
		return
	}
	s.message = b
}

// decrypt returns the text of a frame, which is not empty.
func (s *Scanner) decrypt(frame []byte) ([]byte, error) {
	payload := frame[frameHeaderBytes:]
	if len(payload) < sealHeaderBytes(versionAES)+tagBytes {
		return nil, fmt.Errorf("payload is too small to decrypt: %d (%w)", len(payload), ErrShort)
	}
	dst := payload[sealHeaderBytes(payload[0]):]
	if s.ring.Len() > 1 {
		dst = make([]byte, 0, len(payload)) // a failed try clears it
	}
	data := appendFrameData(nil, frame[:frameHeaderBytes], s.cfg.Label)
	text, err := s.ring.open(dst, payload, data, s.cfg.AcceptVersion0 || s.cfg.Version0)
	if err == nil && len(text) == 0 {
		err = ErrEmpty
	}
	if err == nil {
		s.nonce = append(s.nonce, payload[1:sealHeaderBytes(payload[0])]...)
	}
	return text, err
}

// appendFrameData appends the authenticated data of a frame, behind versionXChaCha: its header and the label.
func appendFrameData(dst, header []byte, label string) []byte {
	return append(append(append(dst, versionXChaCha), header...), label...)
}

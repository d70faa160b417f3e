package envelope

// Stage says how far a Scanner has come.
type Stage uint8

// Stages of a Scanner, in order.
const (
	StageLabel Stage = iota
	StageType
	StageFrame
	StageBody
	StageDone
)

// Scanner finds the end of the one message that a stream direction carries.
type Scanner struct{}

// NewScanner returns a Scanner. With acceptor it reads a request, which may begin with a label, otherwise a reply.
func NewScanner(cfg Config, ring *Keyring, acceptor bool) *Scanner { panic("not yet") }

// Feed takes the next bytes of the stream and says whether the message is complete.
func (s *Scanner) Feed(p []byte) (done bool, err error) { panic("not yet") }

// End is called when the stream ends before Feed was done.
func (s *Scanner) End() error { panic("not yet") }

// Message returns the message, decrypted and inflated, type byte first.
func (s *Scanner) Message() ([]byte, error) { panic("not yet") }

// Stage returns how far the scan has come.
func (s *Scanner) Stage() Stage { panic("not yet") }

// ReplyError returns the text that an acceptor answers a failed stream with, and whether it answers at all.
func (s *Scanner) ReplyError() (text string, ok bool) { panic("not yet") }

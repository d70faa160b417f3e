package envelope

// Opener unwraps what is received. It holds the scratch memory of one goroutine.
type Opener struct{}

// NewOpener returns an Opener. It panics if cfg is not valid.
func NewOpener(cfg Config) *Opener { panic("not yet") }

// OpenPacket unwraps one datagram, which it does not modify.
func (o *Opener) OpenPacket(ring *Keyring, datagram []byte) (Messages, error) { panic("not yet") }

// Messages are the messages of one packet. They are valid until the next OpenPacket.
type Messages struct{}

// Next returns the next message.
func (m *Messages) Next() ([]byte, bool) { panic("not yet") }

// Truncated returns how many parts of a compound were missing.
func (m *Messages) Truncated() int { panic("not yet") }

// Rejected returns how many parts of a compound were refused so far.
func (m *Messages) Rejected() int { panic("not yet") }

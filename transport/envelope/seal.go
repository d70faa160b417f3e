package envelope

// Sealer wraps what is sent. It holds the scratch memory of one goroutine.
type Sealer struct{}

// NewSealer returns a Sealer. It panics if cfg is not valid.
func NewSealer(cfg Config, nonces NonceSource) *Sealer { panic("not yet") }

// SealPacket appends to dst the packet that carries the messages of body, whose lengths are sizes.
func (s *Sealer) SealPacket(dst []byte, ring *Keyring, body []byte, sizes []uint16, checksum bool) ([]byte, error) {
	panic("not yet")
}

// SealStream appends to dst what one side of a stream writes to say message.
func (s *Sealer) SealStream(dst []byte, ring *Keyring, message []byte, initiator bool) ([]byte, error) {
	panic("not yet")
}

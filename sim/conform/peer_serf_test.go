//go:build conform

package conform

// Message types of the Serf layer, first byte of a user message.
const (
	serfLeave = iota
	serfJoin
	serfPushPull
	serfUserEvent
	serfQuery
	serfResponse
	serfConflict
	serfKeyRequest
	serfKeyResponse
	serfRelay
)

const (
	flagAck         = 1
	flagNoBroadcast = 2
)

type (
	leaveIntent struct {
		LTime uint64
		Node  string
		Prune bool
	}
	joinIntent struct {
		LTime uint64
		Node  string
	}
	slotEvent struct {
		Name    string
		Payload []byte
	}
	eventSlot struct {
		LTime  uint64
		Events []slotEvent
	}
	serfStateFields struct {
		LTime        uint64
		StatusLTimes map[string]uint64
		LeftMembers  []string
		EventLTime   uint64
		Events       []*eventSlot
		QueryLTime   uint64
	}
	userEvent struct {
		LTime   uint64
		Name    string
		Payload []byte
		CC      bool
	}
	query struct {
		LTime       uint64
		ID          uint32
		Addr        []byte
		Port        uint16
		SourceNode  string
		Filters     [][]byte
		Flags       uint32
		RelayFactor uint8
		Timeout     int64
		Name        string
		Payload     []byte
	}
	response struct {
		LTime   uint64
		ID      uint32
		From    string
		Flags   uint32
		Payload []byte
	}
	vote struct {
		Name                                  string
		Addr                                  []byte
		Port                                  uint16
		Tags                                  map[string]string
		Status                                int
		ProtocolMin, ProtocolMax, ProtocolCur uint8
		DelegateMin, DelegateMax, DelegateCur uint8
	}
	keyRequest  struct{ Key []byte }
	keyResponse struct {
		Result     bool
		Message    string
		Keys       []string
		PrimaryKey string
	}
	relayHeader struct {
		DestAddr struct {
			IP   []byte
			Port int
			Zone string
		}
		DestName string
	}
	tagFilter  struct{ Tag, Expr string }
	coordinate struct {
		Vec                       []float64
		Error, Adjustment, Height float64
	}
)

// tags encodes member tags as metadata.
func tags(t map[string]string) []byte {
	if t == nil {
		t = map[string]string{}
	}
	return message(0xff, t)
}

// serfState encodes the user part of a push/pull.
func serfState(s serfStateFields) []byte {
	if s.LeftMembers == nil {
		s.LeftMembers = []string{}
	}
	return message(serfPushPull, s)
}

// user wraps a message of the Serf layer for a packet.
func user(kind byte, v any) []byte { return append([]byte{typeUser}, message(kind, v)...) }

// isSerf accepts user messages of a type of the Serf layer.
func isSerf(kind byte) func(received) bool {
	return func(m received) bool { return m.kind == typeUser && len(m.body) > 0 && m.body[0] == kind }
}

// serfIs accepts user messages of a type whose decoded body fits.
func serfIs[T any](kind byte, fits func(T) bool) func(received) bool {
	return func(m received) bool { return isSerf(kind)(m) && fits(decodeAs[T](m.body[1:])) }
}

// query returns a question of the peer about nothing but an ack.
func (p *peer) query(ltime uint64, id uint32, name string) query {
	return query{LTime: ltime, ID: id, Addr: p.addr(), Port: 7946, SourceNode: p.name, Flags: flagAck, Timeout: int64(within), Name: name}
}

// ask sends a query and waits for the first message that answers it and fits.
func (p *peer) ask(a *agentProc, q query, expected string, fits func(response) bool) response {
	p.send(a, user(serfQuery, q))
	m := p.await(expected, serfIs(serfResponse, func(r response) bool { return r.ID == q.ID && r.LTime == q.LTime && fits(r) }))
	return decodeAs[response](m.body[1:])
}

package envelope_test

import (
	"fmt"

	"serf/transport/envelope"
)

// Two members of one cluster: what one seals the other opens.
func Example() {
	ring, err := envelope.NewKeyring(nil, []byte("sixteen byte key"))
	if err != nil {
		panic(err)
	}
	cfg := envelope.Default()
	cfg.Label = "blue"

	var seed [envelope.NonceSeedBytes]byte // from crypto/rand in a real program
	sealer := envelope.NewSealer(cfg, envelope.NewNonceCounter(seed))
	packet, err := sealer.SealPacket(nil, ring, []byte("\x08hello\x08world"), []uint16{6, 6}, true)
	if err != nil {
		panic(err)
	}

	messages, err := envelope.NewOpener(cfg).OpenPacket(ring, packet)
	if err != nil {
		panic(err)
	}
	for m, ok := messages.Next(); ok; m, ok = messages.Next() {
		fmt.Printf("%q\n", m)
	}
	// Output:
	// "\bhello"
	// "\bworld"
}

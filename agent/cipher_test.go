package agent

import (
	"testing"
	"time"

	"serf/eventbus"
	"serf/swim"
	"serf/transport/envelope"
)

// A cluster changes its cipher one member at a time: every mixture of both hears every event.
func TestCiphersMix(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		i := 0
		agents := w.cluster(3, func(c *Config) {
			c.Keyring = ring(t, 'a')
			if i++; i > 1 {
				c.Envelope.Cipher = envelope.XChaCha20
			}
		})
		var got []*collect
		for _, a := range agents {
			got = append(got, gather(a, eventbus.Only(eventbus.User), nil))
		}
		for _, a := range agents {
			if err := a.UserEvent(t.Context(), "from-"+a.Name(), nil, false); err != nil {
				t.Fatal(err)
			}
		}
		w.pass(20 * time.Second)
		for j, c := range got {
			if n := len(c.all()); n != len(agents) {
				t.Errorf("events at member %d: got %d, want %d", j, n, len(agents))
			}
		}
		for j, want := range []string{"aes-gcm", "xchacha20-poly1305", "xchacha20-poly1305"} {
			stats := agents[j].Stats()["encryption"]
			if stats["cipher"] != want || stats["keys"] != "1" || stats["messages_sealed"] == "0" {
				t.Errorf("encryption of member %d: got %v, want cipher %s, one key and sealed messages", j, stats, want)
			}
		}
	})
}

func TestPeerWithoutTheCipherIsNamed(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		a := w.cluster(2, func(c *Config) { c.Keyring, c.Envelope.Cipher = ring(t, 'a'), envelope.XChaCha20 })[0]
		a.checkCipher(addr(2), swim.AppendErrorMessage(nil, "no time for a push/pull"))
		const line = "cannot read what this member sends"
		if n := count(a.log, line); n != 0 {
			t.Errorf("another error: got %d lines with %q, want none", n, line)
		}
		for range 3 {
			a.checkCipher(addr(2), swim.AppendErrorMessage(nil, "Unsupported encryption version 64"))
		}
		w.wantLine(a, "memberlist: n2 10.0.0.2:7946 "+line+": it does not know the cipher xchacha20-poly1305")
	})
}

// Whoever records what members say and says it again reaches nobody.
func TestRepeatedPacketsAndStreamsAreDropped(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		a := w.cluster(1, func(c *Config) { c.Keyring = ring(t, 'a') })[0]
		stranger, sealer := w.endpoint(9), newSealer(a.envelope)
		ping := swim.AppendPing(nil, &swim.Ping{Sequence: 1, Node: []byte(a.Name())})
		packet, err := sealer.SealPacket(nil, a.Keyring(), ping, []uint16{uint16(len(ping))}, false)
		if err != nil {
			t.Fatal(err)
		}
		stream, err := sealer.SealStream(nil, a.Keyring(), ping, true)
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			w.packet(stranger, 1, packet)
			if _, err := w.dial(stranger, 1).Write(stream); err != nil {
				t.Fatal(err)
			}
			w.pass(time.Second)
		}
		for counter, want := range map[string]string{"packets_replayed": "2", "streams_replayed": "2"} {
			if got := a.Stats()["trouble"][counter]; got != want {
				t.Errorf("%s: got %q, want %s", counter, got, want)
			}
		}
		w.works(a, 3)
	})
}

func TestKeyThatSealedManyMessagesIsWarnedOf(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		a := w.start(1, func(c *Config) { c.Keyring = ring(t, 'a') })
		const line = "the encryption key has sealed 1073741824 messages here"
		a.sealed.count.Store(sealedWarnAt - 1)
		a.countSealed()
		a.countSealed()
		w.wantLine(a, line)
		a.setKeyring(ring(t, 'b'))
		if got := a.Stats()["encryption"]["messages_sealed"]; got != "0" {
			t.Errorf("messages sealed with a new key: got %s, want 0", got)
		}
	})
}

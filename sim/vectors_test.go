package sim

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"math/rand/v2"
	"net/netip"
	"os"
	"testing"
	"time"

	"serf/swim"
	"serf/transport/envelope"
)

// The envelope and the messages have tables of their own. Here both stand one behind the other, as in an agent, for the
// vectors that neither can decide alone.

// vector is a golden packet or stream of a reference peer.
type vector struct {
	Name   string
	Layer  string
	Config struct {
		Keys            []string
		Label           string
		ProtocolVersion int  `json:"protocol_version"`
		Skip            bool `json:"skip_inbound_label_check"`
	}
	Hex     string
	Error   string
	Decoded struct {
		Type     string
		Messages []struct{ Type, Payload string }
		Nodes    []struct {
			Name               string
			Incarnation, State uint32
			Addr               string
		}
		UserState string `json:"user_state"`
		Payload   string
		ReplyHex  string `json:"reply_hex"`
		Fields    map[string]any
	}
}

func loadVectors(t *testing.T, name string) []vector {
	t.Helper()
	b, err := os.ReadFile("../transport/envelope/testdata/vectors/" + name)
	if err != nil {
		t.Fatal(err)
	}
	var all []vector
	if err := json.Unmarshal(b, &all); err != nil || len(all) == 0 {
		t.Fatalf("%s: %d vectors, %v", name, len(all), err)
	}
	return all
}

func (v *vector) bytes(t *testing.T) []byte { return unhex(t, v.Hex) }

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (v *vector) envelope(t *testing.T) (envelope.Config, *envelope.Keyring) {
	t.Helper()
	cfg := envelope.Config{Label: v.Config.Label, SkipInboundLabelCheck: v.Config.Skip, AcceptVersion0: v.Config.ProtocolVersion == 1}
	if len(v.Config.Keys) == 0 {
		return cfg, nil
	}
	var keys [][]byte
	for _, k := range v.Config.Keys {
		keys = append(keys, unhex(t, k))
	}
	ring, err := envelope.NewKeyring(keys, keys[0])
	if err != nil {
		t.Fatal(err)
	}
	return cfg, ring
}

var peer = netip.MustParseAddrPort("127.0.0.23:17900")

// localNode is a node under the name that the vectors are addressed to.
func localNode(t *testing.T, name string) *swim.Node {
	t.Helper()
	cfg := swim.DefaultLAN()
	cfg.Name, cfg.Advertise = name, netip.MustParseAddrPort("127.0.0.1:7946")
	cfg.DelegateMin, cfg.DelegateMax, cfg.DelegateVersion = 2, 5, 4
	n, err := swim.New(cfg, time.Unix(0, 0), rand.New(rand.NewPCG(1, 1)))
	if err != nil {
		t.Fatal(err)
	}
	effects(n)
	return n
}

// effects drains n and returns the payloads of user events and the bodies of replies.
func effects(n *swim.Node) (users, replies [][]byte) {
	for e, ok := n.NextEffect(); ok; e, ok = n.NextEffect() {
		switch {
		case e.Kind == swim.EffectEvent && e.Event.Kind == swim.EventUser:
			users = append(users, bytes.Clone(e.Event.Payload))
		case e.Kind == swim.EffectReply:
			replies = append(replies, bytes.Clone(e.Body))
		}
	}
	return users, replies
}

func TestPacketsThatOnlyTheNodeCanRefuseAreRefused(t *testing.T) {
	left := map[string]int{ // name → messages that the envelope hands over and the node refuses
		"type-unknown": 1, "type-push-pull-in-packet": 1, "type-err-in-packet": 1, "alive-undecodable": 1,
		"ping-for-other-node": 1, "enc-without-keyring": 1, "enc-v0-without-keyring": 1, "compound-300-count-overflow": 44,
	}
	for _, file := range []string{"packets.json", "compound.json"} {
		for _, v := range loadVectors(t, file) {
			want, ok := left[v.Name]
			if !ok {
				continue
			}
			delete(left, v.Name)
			cfg, ring := v.envelope(t)
			messages, err := envelope.NewOpener(cfg).OpenPacket(ring, v.bytes(t))
			if err != nil {
				t.Errorf("%s: the envelope refuses it: %v", v.Name, err)
				continue
			}
			n, refused := localNode(t, "local"), 0
			for m, ok := messages.Next(); ok; m, ok = messages.Next() {
				before := n.Stats()
				err := n.HandlePacket(time.Unix(1, 0), peer, m)
				if err != nil || n.Stats() != before {
					refused++
				}
				for e, ok := n.NextEffect(); ok; e, ok = n.NextEffect() {
					if e.Kind == swim.EffectPacket {
						t.Errorf("%s: a refused message was answered", v.Name)
					}
				}
			}
			if refused != want {
				t.Errorf("%s: %d messages refused, want %d", v.Name, refused, want)
			}
		}
	}
	if len(left) > 0 {
		t.Errorf("vectors not found: %v", left)
	}
}

func TestUserMessagesComeThroughEveryWrapper(t *testing.T) {
	nested := map[string]bool{"double-compressed": true, "compound-nested": true} // refused on purpose
	delivered := 0
	for _, file := range []string{"packets.json", "compound.json", "captures.json"} {
		for _, v := range loadVectors(t, file) {
			if v.Error != "" || v.Layer == "stream" || nested[v.Name] || v.Name == "compound-300-count-overflow" {
				continue
			}
			if v.Config.ProtocolVersion == 0 && bytes.HasPrefix([]byte(v.Name), []byte("enc-v0")) || v.Name == "label-enc-v0" {
				v.Config.ProtocolVersion = 1 // version 0 is admitted only by configuration
			}
			cfg, ring := v.envelope(t)
			if v.Name == "verify-incoming-off-plain" || v.Name == "verify-incoming-off-encrypted" {
				cfg.AcceptPlaintext = true
			}
			messages, err := envelope.NewOpener(cfg).OpenPacket(ring, v.bytes(t))
			if err != nil {
				t.Errorf("%s: %v", v.Name, err)
				continue
			}
			n := localNode(t, "peer-x")
			var got [][]byte
			for m, ok := messages.Next(); ok; m, ok = messages.Next() {
				_ = n.HandlePacket(time.Unix(1, 0), peer, m) // vectors hold broken parts beside good ones
				users, _ := effects(n)
				got = append(got, users...)
			}
			var want [][]byte
			for _, m := range v.Decoded.Messages {
				if m.Type == "user" {
					want = append(want, unhex(t, m.Payload))
				}
			}
			if len(got) != len(want) {
				t.Errorf("%s: %d user messages, want %d", v.Name, len(got), len(want))
				continue
			}
			for i := range want {
				if !bytes.Equal(got[i], want[i]) {
					t.Errorf("%s: user message %d is %x, want %x", v.Name, i, got[i], want[i])
				}
				delivered++
			}
		}
	}
	if delivered < 300 {
		t.Errorf("only %d user messages were looked at", delivered)
	}
}

func TestStreamsComeThroughEveryWrapper(t *testing.T) {
	states := 0
	for _, file := range []string{"streams.json", "captures.json"} {
		for _, v := range loadVectors(t, file) {
			if v.Layer != "stream" {
				continue
			}
			cfg, ring := v.envelope(t)
			acceptor := !bytes.Contains([]byte(v.Name), []byte("reply")) && !bytes.HasSuffix([]byte(v.Name), []byte("-response"))
			s := envelope.NewScanner(cfg, ring, acceptor)
			if _, err := s.Feed(v.bytes(t)); err != nil {
				t.Errorf("%s: %v", v.Name, err)
				continue
			}
			m, err := s.Message()
			if err != nil {
				t.Errorf("%s: %v", v.Name, err)
				continue
			}
			if v.Decoded.Type == "push-pull" {
				checkState(t, &v, m)
				states++
				continue
			}
			name := "local"
			if node, ok := v.Decoded.Fields["Node"].(string); ok {
				name = node
			}
			n := localNode(t, name)
			if err := n.HandleStream(time.Unix(1, 0), swim.Accepted(1), peer, m); err != nil {
				t.Errorf("%s: %v", v.Name, err)
			}
			users, replies := effects(n)
			switch v.Decoded.Type {
			case "user":
				if len(users) != 1 || hex.EncodeToString(users[0]) != v.Decoded.Payload {
					t.Errorf("%s: delivered %x, want %s", v.Name, users, v.Decoded.Payload)
				}
			case "ping":
				if len(replies) != 1 || swim.MessageType(replies[0][0]) != swim.TypeAck {
					t.Errorf("%s: replied %x, want an ack", v.Name, replies)
				}
			}
		}
	}
	if states < 10 {
		t.Errorf("only %d push/pulls were looked at", states)
	}
}

func checkState(t *testing.T, v *vector, m []byte) {
	t.Helper()
	s, err := swim.DecodeState(m)
	if err != nil {
		t.Errorf("%s: %v", v.Name, err)
		return
	}
	if len(s.Members) != len(v.Decoded.Nodes) || hex.EncodeToString(s.User) != v.Decoded.UserState {
		t.Errorf("%s: %d members and user part %x, want %d and %s", v.Name, len(s.Members), s.User, len(v.Decoded.Nodes), v.Decoded.UserState)
		return
	}
	for i, want := range v.Decoded.Nodes {
		got := s.Members[i]
		if got.Info.Name != want.Name || got.Incarnation != want.Incarnation || uint32(got.Status) != want.State ||
			hex.EncodeToString(got.Info.Addr.Addr().AsSlice()) != want.Addr {
			t.Errorf("%s: member %d is %s %v, want %+v", v.Name, i, got.Info.Name, got, want)
		}
	}
}

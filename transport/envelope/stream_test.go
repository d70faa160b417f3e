package envelope

import (
	"bytes"
	"encoding/hex"
	"errors"
	"runtime"
	"testing"

	"serf/swim/msgpack"
)

// pushPull returns a push/pull message of n members that declares what it holds, and user bytes behind.
func pushPull(n int, user []byte) []byte {
	b := msgpack.AppendMap([]byte{typePushPull}, 3)
	b = msgpack.AppendBool(msgpack.AppendString(b, "Join"), true)
	b = msgpack.AppendInt(msgpack.AppendString(b, "Nodes"), int64(n))
	b = msgpack.AppendInt(msgpack.AppendString(b, "UserStateLen"), int64(len(user)))
	for i := range n {
		b = msgpack.AppendMap(b, 2)
		b = msgpack.AppendUint(msgpack.AppendString(b, "Incarnation"), uint64(i*i))
		b = msgpack.AppendString(msgpack.AppendString(b, "Name"), "member-of-a-large-cluster")
	}
	return append(b, user...)
}

func TestStreamRoundTrip(t *testing.T) {
	messages := map[string][]byte{
		"ack":          append([]byte{typeAck}, "\x82\xa7Payload\xc0\xa5SeqNo\x05"...),
		"pushpull":     pushPull(3, []byte("user state")),
		"large":        pushPull(5000, bytes.Repeat([]byte("state"), 50000)),
		"no members":   pushPull(0, nil),
		"only state":   pushPull(0, []byte{1}),
		"nil header":   {typePushPull, 0xc0},
		"array header": {typePushPull, 0x92, 0x01, 0x02, 0x80, 'h', 'i'},
	}
	for i, cfg := range configs() {
		cfg.SkipInboundLabelCheck = false
		for _, ring := range []*Keyring{nil, mustRing(t, key16), mustRing(t, key32, key24)} {
			for name, message := range messages {
				acceptor := name != "ack"
				stream, err := NewSealer(cfg, new(NonceCounter)).SealStream([]byte("before"), ring, message, acceptor)
				if err != nil {
					t.Fatal(err)
				}
				got, err := scanned(NewScanner(cfg, ring, acceptor), stream[6:], 1000)
				if err != nil || !bytes.Equal(got, message) {
					t.Errorf("config %d, %d keys, %s: got %d bytes and error %v, want %d",
						i, ring.Len(), name, len(got), err, len(message))
				}
			}
		}
	}
}

func TestStreamOfAnotherKeyOfTheRing(t *testing.T) {
	message := pushPull(100, []byte("state"))
	stream, err := NewSealer(Default(), new(NonceCounter)).SealStream(nil, mustRing(t, key24), message, true)
	if err != nil {
		t.Fatal(err)
	}
	got, err := scanned(NewScanner(Config{}, mustRing(t, key16, key32, key24), true), stream, 100)
	if err != nil || !bytes.Equal(got, message) {
		t.Errorf("got %d bytes and error %v, want %d", len(got), err, len(message))
	}
}

func TestSealStreamRefuses(t *testing.T) {
	small := Config{StreamBytesMax: 1000, FrameBytesMax: 500}
	for name, c := range map[string]struct {
		ring    *Keyring
		message []byte
		want    error
	}{
		"nothing":   {nil, nil, ErrEmpty},
		"too long":  {nil, make([]byte, 1001), ErrTooLarge},
		"big frame": {mustRing(t, key16), make([]byte, 500), ErrTooLarge},
	} {
		got, err := NewSealer(small, new(NonceCounter)).SealStream([]byte("before"), c.ring, c.message, true)
		if !errors.Is(err, c.want) || string(got) != "before" {
			t.Errorf("%s: got %d bytes and error %v, want dst as it was and %v", name, len(got), err, c.want)
		}
	}
}

// TestScannerBelievesNoClaim feeds headers that claim much more than follows; each must be refused or wait, with next to
// no memory taken.
func TestScannerBelievesNoClaim(t *testing.T) {
	ring := mustRing(t, key16)
	for name, c := range map[string]struct {
		hex  string
		ring *Keyring
		want error // nil: waits for more
	}{
		"2^31-1 members":          {"0681a54e6f646573d27fffffff", nil, ErrLength},
		"2^31 members":            {"0681a54e6f646573d30000000080000000", nil, ErrLength},
		"2^64-1 members":          {"0681a54e6f646573cfffffffffffffffff", nil, ErrLength},
		"limit of members":        {"0681a54e6f646573d200100000", nil, nil},
		"members over the limit":  {"0681a54e6f646573d200100001", nil, ErrLength},
		"limit of user state":     {"0681ac557365725374617465 4c656ed201400000", nil, nil},
		"user over the limit":     {"0681ac557365725374617465 4c656ed201400001", nil, ErrLength},
		"user message of 2^31-1":  {"0881aa557365724d73674c656ed27fffffff", nil, ErrLength},
		"negative user message":   {"0881aa557365724d73674c656eff", nil, ErrLength},
		"map of 2^32-1 pairs":     {"00dfffffffff", nil, nil},
		"string of 4 GiB":         {"0081a14edbffffffff", nil, ErrTooLarge},
		"bytes of 4 GiB":          {"0981a14ec6ffffffff", nil, ErrTooLarge},
		"frame of 4 GiB":          {"0affffffff", ring, ErrTooLarge},
		"frame of the limit":      {"0a01400000", ring, nil},
		"frame over the limit":    {"0a01400001", ring, ErrTooLarge},
		"reserved byte":           {"0081c1", nil, ErrBody},
		"member inside a string":  {"0681a54e6f646573a161", nil, ErrBody},
		"extension of 4 GiB":      {"0081a14ec9ffffffff01", nil, ErrTooLarge},
		"header is a number":      {"0605", nil, ErrBody},
		"user header is an array": {"0891d201400001", nil, ErrLength},
	} {
		stream, err := hex.DecodeString(string(bytes.ReplaceAll([]byte(c.hex), []byte(" "), nil)))
		if err != nil {
			t.Fatal(err)
		}
		s := NewScanner(Config{}, c.ring, true)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		done, err := s.Feed(stream)
		runtime.ReadMemStats(&after)
		if done || !errors.Is(err, c.want) {
			t.Errorf("%s: got done %v and error %v, want %v", name, done, err, c.want)
		}
		if got := after.TotalAlloc - before.TotalAlloc; got > 4096 {
			t.Errorf("%s: got %d bytes allocated, want next to none", name, got)
		}
		if _, again := s.Feed([]byte{1}); c.want != nil && !errors.Is(again, c.want) {
			t.Errorf("%s: fed again: got error %v, want %v", name, again, c.want)
		}
	}
}

func TestScannerRefusesDeepNesting(t *testing.T) {
	deep := func(n int) []byte {
		return append(append([]byte{typePing, 0x81, 0xa1, 'x'}, bytes.Repeat([]byte{0x91}, n)...), 0xc0)
	}
	if done, err := NewScanner(Config{}, nil, true).Feed(deep(msgpack.DepthMax - 1)); !done || err != nil {
		t.Errorf("at the limit: got done %v and error %v, want true and none", done, err)
	}
	if _, err := NewScanner(Config{}, nil, true).Feed(deep(msgpack.DepthMax)); !errors.Is(err, ErrBody) {
		t.Errorf("above the limit: got error %v, want ErrBody", err)
	}
}

func TestDeclaredBytesBeyondTheLimitAreRefused(t *testing.T) {
	message := pushPull(1, make([]byte, 5000))
	s := NewScanner(Config{StreamBytesMax: 5000}, nil, true)
	if done, err := s.Feed(message[:100]); done || !errors.Is(err, ErrTooLarge) {
		t.Errorf("got done %v and error %v, want ErrTooLarge", done, err)
	}
}

// TestEndlessStreamIsBounded feeds members without end, each one legal.
func TestEndlessStreamIsBounded(t *testing.T) {
	const limit = 100000
	s := NewScanner(Config{StreamBytesMax: limit}, nil, true)
	header := []byte{typePushPull, 0x81, 0xa5, 'N', 'o', 'd', 'e', 's', 0xd2, 0, 0x10, 0, 0}
	done, err := s.Feed(header)
	fed := len(header)
	for ; !done && err == nil && fed < 10*limit; fed += 4096 {
		done, err = s.Feed(bytes.Repeat([]byte{0x80}, 4096))
	}
	if done || !errors.Is(err, ErrTooLarge) || fed > limit+2*4096 {
		t.Errorf("got done %v and error %v after %d bytes, want ErrTooLarge soon after %d", done, err, fed, limit)
	}
}

func TestStreamBombIsBounded(t *testing.T) {
	const limit = 1 << 20
	bomb := wrapCompress(append([]byte{typePushPull}, make([]byte, 30<<20)...))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	s := NewScanner(Config{StreamBytesMax: limit}, nil, true)
	_, err := scanned(s, bomb, 1<<16)
	runtime.ReadMemStats(&after)
	if !errors.Is(err, ErrTooLarge) {
		t.Errorf("got error %v, want ErrTooLarge", err)
	}
	if text, ok := s.ReplyError(); !ok || text == "" {
		t.Errorf("got reply %q, %v, want one", text, ok)
	}
	if got := after.TotalAlloc - before.TotalAlloc; got > 4*limit {
		t.Errorf("got %d bytes allocated for a limit of %d", got, limit)
	}
}

func TestScannerStages(t *testing.T) {
	cfg, ring := Config{Label: "blue"}, mustRing(t, key16)
	stream, err := NewSealer(cfg, new(NonceCounter)).SealStream(nil, ring, pushPull(1, nil), true)
	if err != nil {
		t.Fatal(err)
	}
	s := NewScanner(cfg, ring, true)
	for n, want := range map[int]Stage{
		0: StageLabel, 5: StageLabel, 6: StageType, 10: StageType, 11: StageFrame, len(stream): StageDone,
	} {
		s = NewScanner(cfg, ring, true)
		if _, err := s.Feed(stream[:n]); err != nil || s.Stage() != want {
			t.Errorf("after %d bytes: got stage %d and error %v, want %d", n, s.Stage(), err, want)
		}
	}
	s = NewScanner(Config{}, nil, true)
	if _, err := s.Feed(pushPull(1, nil)[:9]); err != nil || s.Stage() != StageBody {
		t.Errorf("plain: got stage %d and error %v, want %d", s.Stage(), err, StageBody)
	}
	if _, err := s.Message(); !errors.Is(err, ErrShort) {
		t.Errorf("message of an incomplete stream: got error %v, want ErrShort", err)
	}
}

func TestInitiatorRefusesRequestsAndLabels(t *testing.T) {
	for name, stream := range map[string][]byte{
		"ping": {typePing, 0x80}, "user": {typeUser, 0x80}, "compound": {typeCompound, 0},
		"label": {typeLabel, 1, 'x', typeAck, 0x80},
	} {
		s := NewScanner(Config{}, nil, false)
		if _, err := s.Feed(stream); !errors.Is(err, ErrType) {
			t.Errorf("%s: got error %v, want ErrType", name, err)
		}
		if text, ok := s.ReplyError(); ok {
			t.Errorf("%s: got reply %q, want none from an initiator", name, text)
		}
	}
}

func TestBytesBehindTheMessageAreIgnored(t *testing.T) {
	s := NewScanner(Config{}, nil, true)
	message := pushPull(2, []byte("state"))
	if done, err := s.Feed(append(bytes.Clone(message), "rest"...)); !done || err != nil {
		t.Fatalf("got done %v and error %v, want true and none", done, err)
	}
	if done, err := s.Feed([]byte("more")); !done || err != nil {
		t.Fatalf("fed again: got done %v and error %v, want true and none", done, err)
	}
	if got, err := s.Message(); err != nil || !bytes.Equal(got, message) {
		t.Errorf("got %x and error %v, want %x", got, err, message)
	}
}

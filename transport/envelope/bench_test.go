package envelope

import "testing"

// packetOf returns a sealed packet and what is needed to open it.
func packetOf(b *testing.B, cfg Config, bodyBytes, messages int) (packet []byte, ring *Keyring) {
	b.Helper()
	ring = mustRing(b, key16)
	body := gossip(bodyBytes)
	packet, err := NewSealer(cfg, new(NonceCounter)).SealPacket(nil, ring, body, split(body, messages), messages > 1)
	if err != nil {
		b.Fatal(err)
	}
	return packet, ring
}

func benchmarkSeal(b *testing.B, cfg Config, bodyBytes, messages int) {
	ring := mustRing(b, key16)
	body := gossip(bodyBytes)
	sizes := split(body, messages)
	sealer, dst := NewSealer(cfg, new(NonceCounter)), make([]byte, 0, 2000)
	b.ReportAllocs()
	for b.Loop() {
		dst, _ = sealer.SealPacket(dst[:0], ring, body, sizes, messages > 1)
	}
}

func benchmarkOpen(b *testing.B, cfg Config, bodyBytes, messages int) {
	packet, ring := packetOf(b, cfg, bodyBytes, messages)
	opener := NewOpener(cfg)
	b.ReportAllocs()
	for b.Loop() {
		m, err := opener.OpenPacket(ring, packet)
		if err != nil {
			b.Fatal(err)
		}
		for _, ok := m.Next(); ok; _, ok = m.Next() {
		}
	}
}

func BenchmarkSealPing(b *testing.B)     { benchmarkSeal(b, Default(), 91, 1) }
func BenchmarkOpenAck(b *testing.B)      { benchmarkOpen(b, Default(), 91, 1) }
func BenchmarkSealCompound(b *testing.B) { benchmarkSeal(b, Default(), 1352, 13) }
func BenchmarkOpenCompound(b *testing.B) { benchmarkOpen(b, Default(), 1352, 13) }
func BenchmarkSeal1370(b *testing.B)     { benchmarkSeal(b, Config{}, 1370, 1) }
func BenchmarkOpen1370(b *testing.B)     { benchmarkOpen(b, Config{}, 1370, 1) }

func BenchmarkOpenGarbage(b *testing.B) {
	packet, ring := packetOf(b, Default(), 91, 1)
	packet[len(packet)-1]++
	opener := NewOpener(Default())
	b.ReportAllocs()
	for b.Loop() {
		_, _ = opener.OpenPacket(ring, packet)
	}
}

func BenchmarkSealStream(b *testing.B) {
	ring, message := mustRing(b, key16), pushPull(10000, nil)
	sealer := NewSealer(Default(), new(NonceCounter))
	var dst []byte
	b.ReportAllocs()
	b.SetBytes(int64(len(message)))
	for b.Loop() {
		dst, _ = sealer.SealStream(dst[:0], ring, message, true)
	}
}

func benchmarkScan(b *testing.B, cfg Config) {
	ring, message := mustRing(b, key16), pushPull(10000, nil)
	if cfg.SendPlaintext {
		ring = nil
	}
	stream, err := NewSealer(cfg, new(NonceCounter)).SealStream(nil, ring, message, true)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.SetBytes(int64(len(message)))
	for b.Loop() {
		if _, err := scanned(NewScanner(cfg, ring, true), stream, 1<<16); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkScanSealed(b *testing.B) { benchmarkScan(b, Default()) }
func BenchmarkScanPlain(b *testing.B)  { benchmarkScan(b, Config{SendPlaintext: true}) }

func BenchmarkSeal1370XChaCha(b *testing.B) { benchmarkSeal(b, Config{Cipher: XChaCha20}, 1370, 1) }
func BenchmarkOpen1370XChaCha(b *testing.B) { benchmarkOpen(b, Config{Cipher: XChaCha20}, 1370, 1) }

func BenchmarkNonceMemory(b *testing.B) {
	m, nonce := NewNonceMemory(96<<10), make([]byte, NonceBytes)
	counter := new(NonceCounter)
	b.ReportAllocs()
	for b.Loop() {
		counter.NextNonce(nonce)
		m.Seen(nonce)
	}
}

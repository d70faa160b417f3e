package agent

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"serf/agent/journal"
	"serf/transport/envelope"
)

const (
	// sealedWarnAt is how many messages under one key make a warning: nonces of AES-GCM have 96 bits and many members draw
	// them, so a key should have been changed long before a cluster has sealed 2^32.
	sealedWarnAt = 1 << 30
	// sealedReserve is how far the count in the file is ahead, so that a crash never makes a count smaller, and the file is
	// written seldom. A crash counts for as many messages at most: it takes four thousand of them to reach the warning.
	sealedReserve = 1 << 18
	// sealedKeysMax is how many keys that are in use no more are remembered, if they are not too many.
	sealedKeysMax = 64
	// sealedFileBytesMax bounds the file: a ring of a thousand keys needs less.
	sealedFileBytesMax = 128 << 10
	// sealedSuffix is what the name of the file has behind that of the keyring or the snapshot.
	sealedSuffix = ".sealed"
)

// sealed counts what was encrypted with each primary key, over restarts if there is a file for that. The file is a JSON object
// of counts by fingerprint; its counts are never below the true ones.
type sealed struct {
	path  string // "": there is no file
	log   *journal.Journal
	count atomic.Uint64 // with the primary key
	next  atomic.Uint64 // at this count more is reserved
	warn  bool          // the cipher wears out

	mu      sync.Mutex
	key     string            // fingerprint of the primary key; "": there is none
	counts  map[string]uint64 // of other keys, by fingerprint
	pending []byte            // what the file is to hold; nil: what it holds
	idle    chan struct{}     // closed when the goroutine that writes it ends; nil: there is none
}

// sealedPath is where counts are kept, beside the keyring or else the snapshot.
func (c *Config) sealedPath() string {
	switch {
	case c.Keyring.Len() == 0:
		return ""
	case c.KeyringFile != "":
		return c.KeyringFile + sealedSuffix
	case c.SnapshotPath != "":
		return c.SnapshotPath + sealedSuffix
	}
	return ""
}

// open takes up what the file knows. One that cannot be read is as good as none.
func (s *sealed) open(path string) {
	s.path, s.counts = path, make(map[string]uint64)
	if path == "" {
		return
	}
	counts, err := readSealed(path)
	if err != nil {
		s.log.Printf(journal.Warn, "agent", "cannot read how many messages were sealed, so their count begins at 0: %v", err)
		return
	}
	s.counts = counts
}

func readSealed(path string) (map[string]uint64, error) {
	counts := make(map[string]uint64)
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return counts, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, sealedFileBytesMax+1))
	if err == nil && len(text) > sealedFileBytesMax {
		err = fmt.Errorf("the file is longer than %d bytes", sealedFileBytesMax)
	}
	if err == nil {
		err = json.Unmarshal(text, &counts)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return counts, nil
}

// fingerprint names a key without giving it away.
func fingerprint(key []byte) string {
	sum := sha256.Sum256(append([]byte("serf seal count\x00"), key...))
	return hex.EncodeToString(sum[:16])
}

// use goes on with the count of the primary key of ring. It does not wait for the disk.
func (s *sealed) use(ring *envelope.Keyring) {
	if ring.Len() == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	key := fingerprint(ring.Primary())
	if key == s.key {
		return
	}
	if s.key != "" {
		s.counts[s.key] = s.count.Load()
	}
	s.key = key
	s.count.Store(s.counts[key])
	if s.warn && s.counts[key] >= sealedWarnAt {
		s.warnOf(s.counts[key])
	}
	s.forget(ring)
	s.save(sealedReserve)
}

// forget drops the counts of keys that are not in the ring, when there are many.
func (s *sealed) forget(ring *envelope.Keyring) {
	if len(s.counts) <= sealedKeysMax {
		return
	}
	known := make(map[string]bool)
	for _, key := range ring.Keys() {
		known[fingerprint(key)] = true
	}
	maps.DeleteFunc(s.counts, func(key string, _ uint64) bool { return !known[key] })
}

// save has the counts written, that of the primary key ahead by so many. It does not wait for that.
func (s *sealed) save(ahead uint64) {
	n := s.count.Load() + ahead
	s.next.Store(n - ahead/2)
	if s.path == "" {
		return
	}
	s.counts[s.key] = n
	text, err := json.Marshal(s.counts)
	if err != nil {
		panic(err) // numbers can be encoded
	}
	s.pending = text
	if s.idle == nil {
		s.idle = make(chan struct{})
		go s.run()
	}
}

// run writes the file until nothing is left to write.
func (s *sealed) run() {
	for {
		text := s.take()
		if text == nil {
			return
		}
		if err := replaceFile(s.path, text); err != nil {
			s.log.Limited("sealed file", journal.Err, "agent", "failed to write how many messages were sealed: %v", err)
		}
	}
}

// take returns what is to be written next, nil at the end.
func (s *sealed) take() (text []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	text, s.pending = s.pending, nil
	if text == nil {
		close(s.idle)
		s.idle = nil
	}
	return text
}

// flush waits until the file is written, but not long for a disk that hangs.
func (s *sealed) flush() {
	s.mu.Lock()
	idle := s.idle
	s.mu.Unlock()
	if idle == nil {
		return
	}
	patience := time.NewTimer(snapshotCloseTimeout)
	defer patience.Stop()
	select {
	case <-idle:
	case <-patience.C:
		s.log.Limited("sealed file", journal.Err, "agent", "failed to write how many messages were sealed within %v", snapshotCloseTimeout)
	}
}

// close writes the counts as they are. Nothing is sealed any more.
func (s *sealed) close() {
	s.mu.Lock()
	if s.key != "" {
		s.save(0)
	}
	s.mu.Unlock()
	s.flush()
}

// add counts one message.
func (s *sealed) add() {
	n := s.count.Add(1)
	if n == sealedWarnAt && s.warn {
		s.warnOf(n)
	}
	if n == s.next.Load() {
		s.mu.Lock()
		s.save(sealedReserve)
		s.mu.Unlock()
	}
}

func (s *sealed) warnOf(n uint64) {
	s.log.Printf(journal.Warn, "agent", "the encryption key has sealed %d messages here: change it (serf keys), or use the cipher %v",
		n, envelope.XChaCha20)
}

// countSealed counts one encrypted message.
func (a *Agent) countSealed() {
	if a.Keyring().Len() > 0 {
		a.sealed.add()
	}
}

package agent

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"sync"

	"serf/agent/journal"
)

// keyFile writes the keyring to its file, in a goroutine that is there only while something is to be written. Of changes that
// come while one is being written only the last is.
type keyFile struct {
	path string
	log  *journal.Journal
	done func(generation uint64, err error) // called from that goroutine for every change, in order

	mu      sync.Mutex
	pending []uint64 // changes not yet being written
	keys    [][]byte // as of the last of them
	running bool
}

// write starts to write keys as of a change, and says whether a goroutine has to call run for that.
func (f *keyFile) write(generation uint64, keys [][]byte) (start bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.pending, f.keys = append(f.pending, generation), keys
	start = !f.running
	f.running = true
	return start
}

// run writes until nothing is left to write.
func (f *keyFile) run() {
	for {
		changes, keys := f.take()
		if len(changes) == 0 {
			return
		}
		err := replaceFile(f.path, encodeKeys(keys))
		if err != nil {
			err = fmt.Errorf("failed to write the keyring file: %w", err)
			f.log.Limited("keyring file", journal.Err, "agent", "%v", err)
		}
		for _, generation := range changes {
			f.done(generation, err)
		}
	}
}

func (f *keyFile) take() (changes []uint64, keys [][]byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	changes, keys = f.pending, f.keys
	f.pending, f.keys = nil, nil
	f.running = len(changes) > 0
	return changes, keys
}

// encodeKeys returns keys as they stand in a file.
func encodeKeys(keys [][]byte) []byte {
	texts := make([]string, len(keys))
	for i, k := range keys {
		texts[i] = base64.StdEncoding.EncodeToString(k)
	}
	b, err := json.MarshalIndent(texts, "", "  ")
	if err != nil {
		panic(err) // strings can be encoded
	}
	return b
}

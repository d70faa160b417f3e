package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"sync"

	"serf/agent/journal"
)

// tagsFileBytesMax bounds a tags file: tags are at most 512 bytes when they travel.
const tagsFileBytesMax = 1 << 20

// SetTags replaces the tags of this member and returns when that has been broadcast. When the tags do not fit into the
// member's metadata it returns an error and nothing changes.
func (a *Agent) SetTags(ctx context.Context, tags map[string]string) error {
	_, err := a.do(ctx, command{kind: commandSetTags, tags: maps.Clone(tags)})
	return a.storeTags(err)
}

// UpdateTags removes the tags in remove from those of this member, then sets those in set; otherwise it is like SetTags.
func (a *Agent) UpdateTags(ctx context.Context, set map[string]string, remove []string) error {
	_, err := a.do(ctx, command{kind: commandUpdateTags, tags: maps.Clone(set), remove: remove})
	return a.storeTags(err)
}

// changed returns tags without those in remove and with those in set.
func changed(tags, set map[string]string, remove []string) map[string]string {
	if tags == nil {
		tags = make(map[string]string)
	}
	for _, name := range remove {
		delete(tags, name)
	}
	maps.Copy(tags, set)
	return tags
}

// storeTags writes the tags that are in force after a change that ended with err: one that was given up may still have been
// made.
func (a *Agent) storeTags(err error) error {
	if stored := a.tagsFile.write(a.Tags); err == nil {
		return stored
	}
	return err
}

// tagsFile keeps the tags of a member in a file. One without a path does nothing.
type tagsFile struct {
	path string
	mu   sync.Mutex // held while the file is written
	last string     // its content, as far as it is known
}

// restore returns the tags in the file of cfg, or those of cfg when there is none.
func (f *tagsFile) restore(cfg Config) (map[string]string, error) {
	f.path = cfg.TagsFile
	tags := cfg.Cluster.Tags
	if f.path == "" {
		return tags, nil
	}
	content, err := readFile(f.path, tagsFileBytesMax)
	if errors.Is(err, fs.ErrNotExist) { // it is made at the first change
		f.last = string(encodeTags(tags))
		return tags, nil
	}
	if err != nil {
		//lint:ignore ST1005 scripts match on this text
		return nil, fmt.Errorf("Failed to read tags file: %w", err)
	}
	tags, err = decodeTags(content)
	if err != nil {
		//lint:ignore ST1005 scripts match on this text
		return nil, fmt.Errorf("Failed to decode tags file: %w", err)
	}
	f.last = string(content)
	cfg.Log.Printf(journal.Info, "agent", "Restored %d tag(s) from %s", len(tags), f.path)
	return tags, nil
}

// write makes the file hold what tags returns when its turn has come, so that of several writers the last has the latest.
func (f *tagsFile) write(tags func() map[string]string) error {
	if f.path == "" {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	content := encodeTags(tags())
	if string(content) == f.last {
		return nil
	}
	if err := replaceFile(f.path, content); err != nil {
		return fmt.Errorf("agent: the tags are in force but not in their file: %w", err)
	}
	f.last = string(content)
	return nil
}

// encodeTags returns tags as they stand in a file.
func encodeTags(tags map[string]string) []byte {
	if tags == nil {
		tags = map[string]string{}
	}
	b, err := json.MarshalIndent(tags, "", "  ")
	if err != nil {
		panic(err) // strings can be encoded
	}
	return b
}

// decodeTags is the opposite of encodeTags.
func decodeTags(content []byte) (map[string]string, error) {
	var tags map[string]string
	err := json.Unmarshal(content, &tags)
	return tags, err
}

// readFile returns a file of up to limit bytes.
func readFile(path string, limit int64) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Size() > limit {
		return nil, fmt.Errorf("%s is too large (%d > %d bytes)", path, info.Size(), limit)
	}
	return os.ReadFile(path)
}

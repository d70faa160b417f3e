package sim

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
)

// SweepFile is results of a shard, to be merged.
type SweepFile struct {
	Name string
	R    io.Reader
}

// shardReader reads one of several shards.
type shardReader struct {
	name  string
	lines *lineReader
	sweep *Sweep
	shard Shard
}

// MergeSweep joins the results of all shards to what one run of the whole would have written, byte for byte. It fails when
// they are of different sweeps, when a shard is missing, there twice or not done. What was written to w then is no result.
func MergeSweep(w io.Writer, files []SweepFile) (*Sweep, error) {
	shards, err := openShards(files)
	if err != nil {
		return nil, err
	}
	sweep := shards[0].sweep
	out := bufio.NewWriterSize(w, 1<<16)
	head, err := sweep.header(Shard{})
	if err != nil {
		return nil, err
	}
	_, _ = out.Write(head) // Flush tells
	for i := range sweep.Points() {
		s := shards[i%len(shards)]
		b, err := s.lines.result(i)
		if errors.Is(err, io.EOF) || errors.Is(err, errTorn) {
			return nil, fmt.Errorf("sim: merge: %s: shard %v is not done, point %d is missing: run its sweep again, it goes on there", s.name, s.shard, i)
		}
		if err != nil {
			return nil, fmt.Errorf("sim: merge: %s: %w", s.name, err)
		}
		_, _ = out.Write(b) // Flush tells
	}
	for _, s := range shards {
		if _, err := s.lines.next(); !errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("sim: merge: %s: something follows the last result", s.name)
		}
	}
	if err := out.Flush(); err != nil {
		return nil, fmt.Errorf("sim: merge: %w", err)
	}
	return sweep, nil
}

// openShards reads the first lines and returns the shards in order.
func openShards(files []SweepFile) ([]*shardReader, error) {
	var first *shardReader
	var list []*shardReader
	for _, f := range files {
		s := &shardReader{name: f.Name, lines: newLineReader(f.R)}
		var err error
		if s.sweep, s.shard, err = s.lines.readHeader(); err != nil {
			return nil, fmt.Errorf("sim: merge: %s: %w", f.Name, err)
		}
		if first == nil {
			first, list = s, make([]*shardReader, s.shard.Of)
		}
		if !reflect.DeepEqual(s.sweep.plain(), first.sweep.plain()) {
			return nil, fmt.Errorf("sim: merge: %s and %s are of different sweeps", first.name, s.name)
		}
		if s.shard.Of != first.shard.Of {
			return nil, fmt.Errorf("sim: merge: %s is shard %v and %s is shard %v: they overlap", first.name, first.shard, s.name, s.shard)
		}
		if other := list[s.shard.first()]; other != nil {
			return nil, fmt.Errorf("sim: merge: %s and %s are both shard %v", other.name, s.name, s.shard)
		}
		list[s.shard.first()] = s
	}
	if first == nil {
		return nil, errors.New("sim: merge: there is nothing to merge")
	}
	return list, missingShards(list)
}

func missingShards(list []*shardReader) error {
	var missing []string
	for i, s := range list {
		if s == nil && len(missing) < 10 {
			missing = append(missing, Shard{i + 1, len(list)}.String())
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("sim: merge: missing: shard %s: run the sweep with -shard %s", strings.Join(missing, ", "), missing[0])
	}
	return nil
}

// plain is what the file says, without what is derived from it.
func (s *Sweep) plain() Sweep {
	c := *s
	c.scenario = Scenario{}
	return c
}

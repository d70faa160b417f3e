package sim

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Results of a sweep are lines of JSON: first a sweepHeader, then a SweepResult for each point of the shard, in order.

// sweepHeader says what the results are of.
type sweepHeader struct {
	Sweep  *Sweep `json:"sweep"`
	Points int    `json:"points"` // of all shards
	Shard  string `json:"shard"`
}

// SweepResult is what came of one point.
type SweepResult struct {
	Point int     `json:"point"`
	Seed  uint64  `json:"seed"`
	Error string  `json:"error,omitempty"` // why there is no report
	Found *Report `json:"report,omitempty"`
}

// lineBytesMax bounds a line of results.
const lineBytesMax = 64 << 20

// line returns v as a line.
func line(v any) ([]byte, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("sim: sweep: %w", err)
	}
	return append(b, '\n'), nil
}

// header is the first line of the results of a shard.
func (s *Sweep) header(shard Shard) ([]byte, error) {
	return line(sweepHeader{s, s.Points(), shard.String()})
}

// errTorn says that the last line is not whole, as after a crash.
var errTorn = errors.New("the last line is not whole")

// lineReader reads results.
type lineReader struct {
	r    *bufio.Reader
	read int64 // bytes of whole lines so far
}

func newLineReader(r io.Reader) *lineReader { return &lineReader{r: bufio.NewReaderSize(r, 1<<16)} }

// next returns the next line, with its end. It fails with io.EOF behind the last one, and with errTorn where that has no end.
func (l *lineReader) next() ([]byte, error) {
	var whole []byte
	for {
		part, err := l.r.ReadSlice('\n')
		whole = append(whole, part...)
		switch {
		case err == nil:
			l.read += int64(len(whole))
			return whole, nil
		case len(whole) > lineBytesMax:
			return nil, fmt.Errorf("a line is longer than %d bytes", lineBytesMax)
		case errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF) && len(whole) > 0:
			return nil, errTorn
		default:
			return nil, err
		}
	}
}

// readHeader reads the first line.
func (l *lineReader) readHeader() (*Sweep, Shard, error) {
	b, err := l.next()
	if err != nil {
		return nil, Shard{}, fmt.Errorf("no results of a sweep: %w", err)
	}
	var h sweepHeader
	if err := json.Unmarshal(b, &h); err != nil || h.Sweep == nil {
		return nil, Shard{}, errors.New("no results of a sweep: the first line says nothing of one")
	}
	if err := h.Sweep.complete(); err != nil {
		return nil, Shard{}, fmt.Errorf("no results of a sweep: %w", err)
	}
	shard, err := ParseShard(h.Shard)
	if err != nil {
		return nil, Shard{}, fmt.Errorf("no results of a sweep: %w", err)
	}
	return h.Sweep, shard, nil
}

// result reads the next line and checks that it is of the given point.
func (l *lineReader) result(point int) ([]byte, error) {
	b, err := l.next()
	if err != nil {
		return nil, err
	}
	var r struct {
		Point *int `json:"point"`
	}
	if err := json.Unmarshal(b, &r); err != nil || r.Point == nil || *r.Point != point {
		return nil, fmt.Errorf("where the result of point %d should be there is %.40q", point, b)
	}
	return b, nil
}

// Done reads what is there of the results of a shard and returns how many points are done, and how many bytes they take: what
// follows is half a line, if anything. It fails when the results are of something else.
func (s *Sweep) Done(r io.Reader, shard Shard) (points int, size int64, err error) {
	l := newLineReader(r)
	head, err := l.next()
	if errors.Is(err, io.EOF) || errors.Is(err, errTorn) {
		return 0, 0, nil
	}
	if err != nil {
		return 0, 0, err
	}
	want, err := s.header(shard)
	if err != nil {
		return 0, 0, err
	}
	if !bytes.Equal(head, want) {
		return 0, 0, errors.New("it has results of another sweep or shard; choose another file, or remove it")
	}
	for i := shard.first(); ; i += shard.step() {
		_, err := l.result(i)
		if errors.Is(err, io.EOF) || errors.Is(err, errTorn) {
			if points == 0 { // the first line is written together with the first result
				return 0, 0, nil
			}
			return points, l.read, nil
		}
		if err != nil {
			return 0, 0, err
		}
		points++
	}
}

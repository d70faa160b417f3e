package membership

import (
	"bytes"
	"errors"
	"hash/crc32"
	"io"
)

const (
	// replayBytes is how much of a file is held at one time. A line that fills it is skipped.
	replayBytes = 128 << 10
	// replaySkippedMax is how many skipped lines a report describes; it counts all.
	replaySkippedMax = 8
	// replayTextMax is how much of a skipped line a report shows.
	replayTextMax = 80
)

// ReplayReport says what was read and what was not understood.
type ReplayReport struct {
	// Lines is how many whole lines were read, Skipped how many of them were ignored. Examples describes the first ones.
	Lines, Skipped uint64
	Examples       []SkippedLine
	// Damaged counts the checksums that do not match their lines, or that are not understood.
	Damaged uint64
	// Clean is how many bytes there are up to and with the last newline, Torn how many bytes of an unfinished line follow.
	// What is appended belongs behind the clean ones.
	Clean, Torn int64
	// Unfinished says that a whole state begins and does not end. It is only a part of what was before; the file should be
	// compacted before anything is appended.
	Unfinished bool
	// Leaves is how often a leave was read.
	Leaves uint64
	// Err is why reading ended before the end of the file; nil if it did not.
	Err error
}

// SkippedLine is a line that was ignored.
type SkippedLine struct {
	Line   uint64 // from 1
	Text   string // its beginning
	Reason string
}

// ReplaySnapshot reads a snapshot file to its end. It always returns a state, ready for further records: what could not be
// read or understood is in the report. It holds a fixed piece of the file and the members, not the lines.
func ReplaySnapshot(src io.Reader, rejoin bool) (*Snapshot, ReplayReport) {
	r := replay{state: NewSnapshot(rejoin), buf: make([]byte, replayBytes)}
	r.state.hints = new([1 << 16]int32)
	for {
		n, err := src.Read(r.buf[r.end:])
		r.end += n
		if err != nil {
			r.take(true)
			if !errors.Is(err, io.EOF) {
				r.report.Err = err
			}
			break
		}
		r.take(false)
	}
	r.report.Clean, r.report.Torn = r.offset, r.torn+int64(r.end)
	r.report.Unfinished = r.state.begun != 0
	r.state.begun, r.state.hints = 0, nil
	return r.state, r.report
}

// replay is one reading of a file.
type replay struct {
	state  *Snapshot
	report ReplayReport
	buf    []byte // unread bytes are buf[:end]
	end    int
	offset int64 // of buf[0] in the file, less torn
	torn   int64 // bytes of a line that is longer than buf, already dropped
}

// take reads the whole lines in the buffer. Before the end of the file it leaves the last ones, whose checksum may be
// still to come.
func (r *replay) take(last bool) {
	r.skipLong()
	whole := r.buf[:bytes.LastIndexByte(r.buf[:r.end], '\n')+1]
	done := r.takeSealed(whole)
	rest := whole[done:]
	if !last {
		rest = rest[:bytes.LastIndexByte(rest[:max(0, len(rest)-sealBytesMax)], '\n')+1]
	}
	if done+len(rest) == 0 && r.end == len(r.buf) {
		rest = whole // nothing else makes room
	}
	r.apply(rest, true)
	r.drop(done + len(rest))
	if r.end == len(r.buf) {
		r.torn, r.end = r.torn+int64(r.end), 0
	}
}

// drop forgets the first n bytes of the buffer.
func (r *replay) drop(n int) {
	r.offset += int64(n)
	r.end = copy(r.buf, r.buf[n:r.end])
}

// skipLong ends a line that was too long for the buffer if its newline has come.
func (r *replay) skipLong() {
	if r.torn == 0 {
		return
	}
	i := bytes.IndexByte(r.buf[:r.end], '\n')
	if i < 0 {
		return
	}
	r.report.Lines++
	r.skip(r.buf[:0], reasonLong)
	r.offset += r.torn
	r.torn = 0
	r.drop(i + 1)
}

// takeSealed reads the lines up to and with the last checksum, and returns their length.
func (r *replay) takeSealed(lines []byte) (done int) {
	for {
		at := findSeal(lines[done:])
		if at < 0 {
			return done
		}
		block := lines[done : done+at]
		seal := lines[done+at:]
		seal = seal[:bytes.IndexByte(seal, '\n')]
		r.takeBlock(block, seal[len(checksumPrefix):])
		r.report.Lines++
		done += at + len(seal) + 1
	}
}

// takeBlock reads lines that a checksum follows. It may cover only the last of them: the reference appends without. A
// checksum that does not fit the lines is itself damaged, and says nothing about them.
func (r *replay) takeBlock(lines, seal []byte) {
	n, sum, ok := parseSeal(seal)
	free := len(lines) - n
	if !ok || free < 0 || free > 0 && lines[free-1] != '\n' {
		r.report.Damaged++
		r.apply(lines, true)
		return
	}
	r.apply(lines[:free], true)
	good := crc32.Checksum(lines[free:], castagnoli) == sum
	if !good {
		r.report.Damaged++
	}
	r.apply(lines[free:], good)
}

// findSeal returns where the first line of checksum starts, or -1.
func findSeal(lines []byte) int {
	for at := 0; ; at++ {
		i := bytes.IndexByte(lines[at:], '#')
		if i < 0 {
			return -1
		}
		at += i
		if at > 0 && lines[at-1] != '\n' {
			continue
		}
		if _, ok := cut(lines[at:], checksumPrefix); ok {
			return at
		}
	}
}

// apply takes whole lines into the state.
func (r *replay) apply(lines []byte, trusted bool) {
	for len(lines) > 0 {
		i := bytes.IndexByte(lines, '\n')
		line := lines[:i]
		lines = lines[i+1:]
		r.report.Lines++
		if string(line) == leaveLine {
			r.report.Leaves++
		}
		if why := r.state.line(line, trusted); why != "" {
			r.skip(line, why)
		}
	}
}

func (r *replay) skip(line []byte, why string) {
	r.report.Skipped++
	if len(r.report.Examples) < replaySkippedMax {
		text := string(line[:min(len(line), replayTextMax)])
		r.report.Examples = append(r.report.Examples, SkippedLine{Line: r.report.Lines, Text: text, Reason: why})
	}
}

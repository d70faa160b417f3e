package agent

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"serf/agent/journal"
	"serf/membership"
)

// compactSuffix is what the reference appends to the name of the file that is to replace the snapshot.
const compactSuffix = ".compact"

// snapshotWriter is the part of a snapshot that belongs to its goroutine.
type snapshotWriter struct {
	file      diskFile
	mode      fs.FileMode
	size      int64  // of the file's whole lines; writing goes on there
	compacted int64  // size after the last compaction
	unwritten []byte // lines taken that are not in the file yet
	whole     bool   // the file misses lines: only the whole state mends it
	unsettled bool   // a power cut may still undo the last creation or replacement
	scratch   []byte // of lines with their checksums

	tried     time.Time     // last attempt to write
	backoff   time.Duration // until the next attempt; 0: the last one succeeded
	repaired  time.Time     // last attempt to replace the file that failed
	complaint time.Time     // last log line about trouble
	swallowed int           // lines not logged since
	recovery  bool          // an end of the trouble is worth a line
}

// errReplace is why a file is rewritten in place.
type errReplace struct{ err error }

func (e errReplace) Error() string { return e.err.Error() }
func (e errReplace) Unwrap() error { return e.err }

// write brings the file up to the state. After a failure everything is kept and the next attempt put off.
func (s *snapshot) write(now time.Time) error {
	urgent := s.take()
	err := s.writeTaken(now)
	if err == nil && urgent {
		err = s.sync()
	}
	s.tried = now
	if err == nil {
		s.onWritten(now)
		return nil
	}
	if urgent {
		s.mu.Lock()
		s.urgent = true
		s.mu.Unlock()
	}
	s.backoff = min(max(2*s.backoff, snapshotFlushInterval), snapshotRetryMax)
	s.complain(now, "snapshot cannot be written: %v", err)
	return err
}

// take moves the pending lines to unwritten, and reports whether they must be durable.
func (s *snapshot) take() (urgent bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.takeLocked()
	urgent, s.urgent = s.urgent, false
	return urgent
}

func (s *snapshot) takeLocked() {
	s.whole = s.whole || s.lost || len(s.unwritten)+len(s.pending) > snapshotPendingMax
	if s.whole {
		s.unwritten = s.unwritten[:0]
	} else {
		s.unwritten = append(s.unwritten, s.pending...)
	}
	s.pending, s.lost = s.pending[:0], false
	if cap(s.pending) > snapshotFlushBytes {
		s.pending = nil
	}
}

// writeTaken writes the unwritten lines, or the whole state if that is what it takes, and compacts a file that has grown.
func (s *snapshot) writeTaken(now time.Time) error {
	if s.whole {
		return s.rewrite(now)
	}
	err := s.writeLines()
	grown := err == nil && s.grown()
	if err == nil && !grown || now.Sub(s.repaired) < snapshotRepairInterval {
		return err
	}
	repair := s.rewrite(now)
	if repair == nil {
		return nil
	}
	s.repaired = now
	if grown {
		s.complain(now, "snapshot cannot be compacted: %v", repair)
	}
	return err
}

// grown reports whether the file should be compacted. One that is large because its names are long is not, until it has
// doubled.
func (s *snapshot) grown() bool {
	s.mu.Lock()
	limit := s.state.CompactAbove(s.bytesMin)
	s.mu.Unlock()
	return s.size > max(limit, 2*s.compacted)
}

// writeLines appends the unwritten lines to the file.
func (s *snapshot) writeLines() error {
	if len(s.unwritten) == 0 {
		return nil
	}
	s.scratch = membership.AppendSealed(s.scratch[:0], s.unwritten)
	if err := s.extend(s.scratch); err != nil {
		return err
	}
	s.unwritten = s.unwritten[:0]
	if cap(s.unwritten) > snapshotFlushBytes {
		s.unwritten, s.scratch = nil, nil
	}
	return nil
}

// extend writes b behind the file's whole lines, all of it or nothing.
func (s *snapshot) extend(b []byte) error {
	n, err := s.file.WriteAt(b, s.size)
	if err != nil {
		if n > 0 && s.file.Truncate(s.size) != nil {
			s.whole = true // a rest that is not overwritten would be read after what is to come
		}
		return err
	}
	s.size += int64(len(b))
	return nil
}

// sync makes the file durable, with its name.
func (s *snapshot) sync() error {
	if err := s.syncFile(); err != nil {
		return err
	}
	return s.settle()
}

// syncFile makes the content of the file durable. After a failure nobody knows what the disk holds: then only the whole
// state helps.
func (s *snapshot) syncFile() error {
	err := s.file.Sync()
	if err != nil {
		s.whole = true
	}
	return err
}

// settle makes the last creation or replacement durable. On file systems that cannot do that for a directory it is not
// asked for again.
func (s *snapshot) settle() error {
	if !s.unsettled {
		return nil
	}
	err := s.disk.SyncDir(filepath.Dir(s.path))
	if errors.Is(err, errors.ErrUnsupported) || errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EINVAL) {
		err = nil
	}
	s.unsettled = err != nil
	return err
}

// rewrite replaces the file by one that holds just the present state, or, where no file can be made or put in its place,
// rewrites it.
func (s *snapshot) rewrite(now time.Time) error {
	s.mu.Lock()
	s.takeLocked()
	frozen := s.state.Freeze()
	s.mu.Unlock()
	err := s.replace(now, &frozen)
	var cannot errReplace
	if errors.As(err, &cannot) {
		s.complain(now, "snapshot cannot be replaced, rewriting it in place: %v", err)
		err = s.rewriteInPlace(now, &frozen)
	}
	if err != nil {
		return err
	}
	s.compacted = s.size
	s.unwritten, s.whole = s.unwritten[:0], false
	return nil
}

// replace writes a new file and renames it over the old one, which stays open and good until then.
func (s *snapshot) replace(now time.Time, frozen *membership.Frozen) error {
	path := s.path + compactSuffix
	file, err := s.disk.Open(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, s.mode)
	if err != nil {
		return errReplace{err}
	}
	content := frozen.AppendCompacted(nil)
	_, err = file.WriteAt(content, 0)
	if err == nil {
		err = file.Sync()
	}
	if err == nil {
		if err = s.disk.Rename(path, s.path); err != nil {
			err = errReplace{err}
		}
	}
	if err != nil {
		_ = file.Close()
		_ = s.disk.Remove(path)
		return err
	}
	_ = s.file.Close()
	s.file, s.size, s.unsettled = file, int64(len(content)), true
	if err := s.settle(); err != nil {
		s.complain(now, "snapshot was compacted, but a power cut may undo that: %v", err)
	}
	return nil
}

// rewriteInPlace appends the whole state, and only when that is durable overwrites the beginning with it and cuts the rest
// off. At each moment a reader finds a whole state, and if the second half fails the file is merely longer.
func (s *snapshot) rewriteInPlace(now time.Time, frozen *membership.Frozen) error {
	before := s.size
	if err := s.extend(frozen.AppendRestated(nil)); err != nil {
		return err
	}
	if err := s.syncFile(); err != nil {
		return err
	}
	content := frozen.AppendCompacted(nil)
	if int64(len(content)) > before {
		return nil
	}
	_, err := s.file.WriteAt(content, 0)
	if err == nil {
		err = s.file.Sync()
	}
	if err == nil {
		err = s.file.Truncate(int64(len(content)))
	}
	if err != nil {
		s.complain(now, "snapshot cannot be shortened: %v", err)
		return nil
	}
	s.size = int64(len(content))
	return s.syncFile()
}

// finish is the last write.
func (s *snapshot) finish() error {
	err := s.write(time.Now())
	if err == nil {
		err = s.sync()
	}
	if cerr := s.file.Close(); err == nil {
		err = cerr
	}
	return err
}

// complain logs trouble, one line per snapshotRepairInterval.
func (s *snapshot) complain(now time.Time, format string, args ...any) {
	if !s.complaint.IsZero() && now.Sub(s.complaint) < snapshotRepairInterval {
		s.swallowed++
		return
	}
	text := fmt.Sprintf(format, args...)
	if s.swallowed > 0 {
		text += fmt.Sprintf(" (%d similar lines suppressed)", s.swallowed)
	}
	s.complaint, s.swallowed, s.recovery = now, 0, true
	s.log.Printf(journal.Warn, "serf", "%s", text)
}

// onWritten ends a time of trouble.
func (s *snapshot) onWritten(now time.Time) {
	failing := s.backoff > 0
	s.backoff = 0
	if failing && s.recovery {
		s.recovery = false
		s.log.Printf(journal.Info, "serf", "snapshot is written again")
	}
}

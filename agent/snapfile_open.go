package agent

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"serf/agent/journal"
	"serf/membership"
)

// snapshotMode is the mode of a new file.
const snapshotMode = 0o644

var errNotRegular = errors.New("not a regular file")

// openSnapshot opens or creates the snapshot at path, reads it, and starts its writer. Damage is logged and never an error;
// only a file that cannot be opened at all is. With rejoin, an earlier leave is forgotten rather than the members.
func openSnapshot(path string, rejoin bool, log *journal.Journal) (*snapshot, membership.Recovered, error) {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target // a compaction must replace the file, not the link
	}
	s := newSnapshot(osDisk{}, path, log, membership.SnapshotBytesMin)
	recovered, err := s.open(rejoin)
	if err != nil {
		return nil, membership.Recovered{}, fmt.Errorf("failed to open snapshot: %w", err)
	}
	go s.run()
	return s, recovered, nil
}

func newSnapshot(d disk, path string, log *journal.Journal, bytesMin int64) *snapshot {
	return &snapshot{
		path:           path,
		disk:           d,
		log:            log,
		bytesMin:       bytesMin,
		wake:           make(chan struct{}, 1),
		requests:       make(chan chan error),
		closing:        make(chan struct{}),
		done:           make(chan struct{}),
		snapshotWriter: snapshotWriter{mode: snapshotMode},
	}
}

// open reads the file and makes it ready for writing.
func (s *snapshot) open(rejoin bool) (membership.Recovered, error) {
	created, err := s.find()
	if err != nil {
		return membership.Recovered{}, err
	}
	s.file, err = s.disk.Open(s.path, os.O_RDWR|os.O_CREATE, snapshotMode)
	if err != nil {
		return membership.Recovered{}, err
	}
	if created {
		s.unsettled = true
		_ = s.settle() // if it fails, the next sync tries again
	} else {
		_ = s.disk.Remove(s.path + compactSuffix) // of a compaction that did not come to its end
	}
	state, report := membership.ReplaySnapshot(s.file, rejoin)
	recovered := state.Recovered()
	s.tell(report, rejoin)
	s.state, s.size, s.whole = state, report.Clean, report.Err != nil || report.Unfinished
	if report.Torn > 0 && report.Err == nil {
		if err := s.file.Truncate(s.size); err != nil {
			s.log.Printf(journal.Warn, "serf", "snapshot: cannot cut off the unfinished line: %v", err)
		}
	}
	if s.whole {
		s.rouse()
	}
	return recovered, nil
}

// find looks for the file. Where only the result of a compaction is there, it takes its place: the reference removes the
// file before it renames the other.
func (s *snapshot) find() (created bool, err error) {
	info, err := s.disk.Stat(s.path)
	switch {
	case err == nil && !info.Mode().IsRegular():
		return false, &fs.PathError{Op: "open", Path: s.path, Err: errNotRegular}
	case err == nil:
		s.mode = info.Mode().Perm()
		return false, nil
	case !errors.Is(err, fs.ErrNotExist):
		return false, openError(s.path, err)
	}
	compact := s.path + compactSuffix
	if info, err := s.disk.Stat(compact); err != nil || !info.Mode().IsRegular() {
		return true, nil
	}
	if err := s.disk.Rename(compact, s.path); err != nil {
		s.log.Printf(journal.Warn, "serf", "snapshot: cannot take over what a compaction left: %v", err)
		return true, nil
	}
	s.log.Printf(journal.Info, "serf", "snapshot: took over what an interrupted compaction left")
	return true, nil
}

// openError gives the failure to look at path the form of a failure to open it.
func openError(path string, err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		err = p.Err
	}
	return &fs.PathError{Op: "open", Path: path, Err: err}
}

// tell logs what a replay found.
func (s *snapshot) tell(report membership.ReplayReport, rejoin bool) {
	for _, l := range report.Examples {
		s.log.Printf(journal.Warn, "serf", "snapshot: skipped line %d %q: %s", l.Line, l.Text, l.Reason)
	}
	if more := report.Skipped - uint64(len(report.Examples)); more > 0 {
		s.log.Printf(journal.Warn, "serf", "snapshot: skipped %d more lines", more)
	}
	if report.Damaged > 0 {
		s.log.Printf(journal.Warn, "serf", "snapshot: %d checksums do not match, the file was damaged", report.Damaged)
	}
	if report.Torn > 0 {
		s.log.Printf(journal.Warn, "serf", "snapshot: skipped an unfinished last line of %d bytes", report.Torn)
	}
	if report.Err != nil {
		s.log.Printf(journal.Err, "serf", "snapshot: read only %d bytes: %v", report.Clean, report.Err)
	}
	if report.Leaves > 0 && rejoin {
		s.log.Printf(journal.Info, "serf", "Ignoring previous leave in snapshot")
	}
}

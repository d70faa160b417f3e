package sim

import (
	"bytes"
	"time"

	"serf/membership"
)

// flushInterval is how long the agent lets records wait for the disk at most; what waits is lost in a crash.
const flushInterval = int64(500 * time.Millisecond)

// disk is what a host keeps when it goes down: the snapshot file and the keyring file.
type disk struct {
	state   *membership.Snapshot // as of the last record, flushed or not
	file    []byte               // flushed
	pending []byte               // not yet
	since   int64                // when the first byte of pending came
	keys    [][]byte             // nil: never stored
}

// append takes a record; it is in the file half a second later at most.
func (d *disk) append(now int64, r membership.Record) {
	d.flush(now)
	if len(d.pending) == 0 {
		d.since = now
	}
	d.pending = d.state.AppendRecord(d.pending, r)
}

// flush does what should have happened since the last call.
func (d *disk) flush(now int64) {
	if len(d.pending) == 0 || now-d.since < flushInterval {
		return
	}
	d.file = append(d.file, d.pending...)
	d.pending = d.pending[:0]
	if int64(len(d.file)) > d.state.CompactAbove(membership.SnapshotBytesMin) {
		f := d.state.Freeze()
		d.file = f.AppendCompacted(d.file[:0])
	}
}

// crash loses what was not flushed.
func (d *disk) crash(now int64) {
	d.flush(now)
	d.pending = nil
}

// open reads the file as a member does at its start.
func (d *disk) open() *membership.Recovered {
	fresh := d.state == nil
	d.state, _ = membership.ReplaySnapshot(bytes.NewReader(d.file), false)
	if fresh {
		return nil
	}
	r := d.state.Recovered()
	return &r
}

// Wipe makes host i, which must be down, forget everything that it had on disk.
func (w *World) Wipe(i int) { w.hosts[i].disk = disk{} }

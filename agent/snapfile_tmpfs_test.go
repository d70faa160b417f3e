//go:build interop

package agent

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"serf/agent/journal"
)

// A real file system of 256 KiB is filled under the writer. It needs the right to mount, and fails without.
func TestSnapshotOnAFullTmpfs(t *testing.T) {
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=256k"); err != nil {
		t.Fatalf("mounting a tmpfs needs root: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, 0); err != nil {
			t.Errorf("unmount: %v", err)
		}
	})
	path, filler := filepath.Join(dir, "snap"), filepath.Join(dir, "filler")
	log := journal.New(journal.Options{})
	s, _, err := openSnapshot(path, false, log)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filler, make([]byte, 1<<20), 0o600); err == nil {
		t.Fatal("the file system takes more than its size")
	}
	failures := 0
	for i := range 20_000 {
		s.append(aliveRecord(i%500), eventRecord(uint64(i)))
		if i%1000 == 0 && s.flush(t.Context()) != nil {
			failures++
		}
	}
	if got := len(logLines(log, "no space left on device")); failures == 0 || got != 1 {
		t.Errorf("%d failures: got %d lines, want 1", failures, got)
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*snapshotRetryMax)
	defer cancel()
	for ctx.Err() == nil && len(logLines(log, "written again")) == 0 {
		<-time.After(snapshotFlushInterval) // the writer comes back by itself
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	checkSnapshotFile(t, s, string(text))
	closeSnapshot(t, s)
}

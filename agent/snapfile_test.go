package agent

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"serf/agent/journal"
	"serf/membership"
)

const snapPath = "/disk/snapshot"

// runSnapshot opens the snapshot of d and lets its writer run.
func runSnapshot(t *testing.T, d *fakeDisk, bytesMin int64) (*snapshot, membership.Recovered, *journal.Journal) {
	t.Helper()
	log := journal.New(journal.Options{})
	s := newSnapshot(d, snapPath, log, bytesMin)
	recovered, err := s.open(false)
	if err != nil {
		t.Fatal(err)
	}
	go s.run()
	return s, recovered, log
}

func closeSnapshot(t *testing.T, s *snapshot) {
	t.Helper()
	if err := s.close(context.Background()); err != nil {
		t.Errorf("close: %v", err)
	}
}

// replayed returns what a member would recover from text.
func replayed(text string) membership.Recovered {
	s, _ := membership.ReplaySnapshot(strings.NewReader(text), false)
	return s.Recovered()
}

// inMemory returns what a member would recover from the state of s.
func inMemory(s *snapshot) membership.Recovered {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state.Recovered()
}

func checkSnapshotFile(t *testing.T, s *snapshot, text string) {
	t.Helper()
	got, want := replayed(text), inMemory(s)
	got.Left, want.Left = false, false
	if !reflect.DeepEqual(got, want) {
		t.Errorf("replay of the file: got %d alive, %d failed, clocks %d %d %d; want %d alive, %d failed, clocks %d %d %d",
			len(got.Alive), len(got.Failed), got.Clock, got.EventClock, got.QueryClock,
			len(want.Alive), len(want.Failed), want.Clock, want.EventClock, want.QueryClock)
	}
}

func logLines(log *journal.Journal, part string) (out []string) {
	for _, l := range log.Tail() {
		if strings.Contains(l.Text, part) {
			out = append(out, l.Text)
		}
	}
	return out
}

func snapAddr(i int) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}), 7946)
}

func aliveRecord(i int) membership.Record {
	return membership.Record{Kind: membership.RecordAlive, Name: fmt.Sprint("n", i), Addr: snapAddr(i)}
}

func eventRecord(t uint64) membership.Record {
	return membership.Record{Kind: membership.RecordEventClock, LTime: t}
}

// W30: nothing has to come after a record for it to be written.
func TestSnapshotOfAnIdleMemberIsWrittenWithinTheInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newFakeDisk()
		s, _, _ := runSnapshot(t, d, membership.SnapshotBytesMin)
		s.append(eventRecord(1))
		synctest.Wait()
		if got := replayed(d.text(snapPath)).EventClock; got != 1 {
			t.Errorf("at once: got event clock %d, want 1", got)
		}
		s.append(eventRecord(2))
		synctest.Wait()
		if got := replayed(d.text(snapPath)).EventClock; got != 1 {
			t.Errorf("a moment later: got event clock %d, want the first still", got)
		}
		<-time.After(snapshotFlushInterval)
		synctest.Wait()
		if got := replayed(d.text(snapPath)).EventClock; got != 2 {
			t.Errorf("after the interval: got event clock %d, want 2", got)
		}
		closeSnapshot(t, s)
	})
}

func TestSnapshotFlushWritesWhatWasAppended(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newFakeDisk()
		s, _, _ := runSnapshot(t, d, membership.SnapshotBytesMin)
		for i := range uint64(10) {
			s.append(eventRecord(i + 1))
			if err := s.flush(context.Background()); err != nil {
				t.Fatal(err)
			}
			if got := replayed(d.text(snapPath)).EventClock; got != i+1 {
				t.Errorf("got event clock %d, want %d", got, i+1)
			}
		}
		closeSnapshot(t, s)
		s.append(eventRecord(99))
		if err := s.flush(context.Background()); err != nil {
			t.Errorf("flush of a closed snapshot: got %v", err)
		}
		if got := replayed(d.text(snapPath)).EventClock; got != 10 {
			t.Errorf("after the end: got event clock %d, want 10", got)
		}
	})
}

func TestSnapshotLeaveIsDurableAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newFakeDisk()
		s, _, _ := runSnapshot(t, d, membership.SnapshotBytesMin)
		s.append(aliveRecord(1))
		s.append(membership.Record{Kind: membership.RecordLeave})
		synctest.Wait()
		if got := string(d.now[snapPath].durable); !strings.Contains(got, "\nleave\n") {
			t.Errorf("durable: got %q, want a leave", got)
		}
		closeSnapshot(t, s)
	})
}

// W19: a disk that hangs delays no caller, takes no memory without bound, and loses nothing.
func TestSnapshotOnAHangingDiskBlocksNobodyAndLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newFakeDisk()
		s, _, _ := runSnapshot(t, d, membership.SnapshotBytesMin)
		release := make(chan struct{})
		d.fail = func(string, string, int64) error { <-release; return nil }
		start := time.Now()
		for i := range 50_000 {
			s.append(aliveRecord(i%3000), eventRecord(uint64(i)))
			if i%100 == 0 {
				s.append(membership.Record{Kind: membership.RecordGone, Name: fmt.Sprint("n", i%3000)})
				synctest.Wait()
			}
		}
		if took := time.Since(start); took != 0 {
			t.Errorf("appending took %v", took)
		}
		if n := len(s.pending); n > snapshotPendingMax {
			t.Errorf("pending: got %d bytes", n)
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		if err := s.flush(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("flush: got %v, want it to give up", err)
		}
		if err := s.close(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("close: got %v, want it to give up", err)
		}
		cancel()
		close(release)
		closeSnapshot(t, s)
		checkSnapshotFile(t, s, d.text(snapPath))
	})
}

// On a full disk the member runs on with a line each half minute, and once there is room everything is written without
// anything new coming.
func TestSnapshotOnAFullDiskComplainsSeldomAndRecovers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newFakeDisk()
		s, _, log := runSnapshot(t, d, membership.SnapshotBytesMin)
		d.setSpace(1000)
		for i := range 6000 {
			s.append(aliveRecord(i), eventRecord(uint64(i)))
			<-time.After(100 * time.Millisecond)
		}
		if got := len(logLines(log, "snapshot")); got < 15 || got > 21 {
			t.Errorf("lines in 10 minutes: got %d, want about 20; the last %v", got, log.Tail()[max(0, got-3):])
		}
		if len(d.text(snapPath)) > 1000 {
			t.Errorf("the fake disk took %d bytes", len(d.text(snapPath)))
		}
		if got := replayed(d.text(snapPath)); len(got.Alive) < 5 {
			t.Errorf("what had fitted: got %d members", len(got.Alive))
		}
		d.setSpace(-1)
		<-time.After(snapshotRetryMax + time.Second)
		synctest.Wait()
		checkSnapshotFile(t, s, d.text(snapPath))
		if got := len(logLines(log, "written again")); got != 1 {
			t.Errorf("lines about the end of it: got %d, want 1", got)
		}
		closeSnapshot(t, s)
	})
}

func TestSnapshotIsCompacted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newFakeDisk()
		s, _, log := runSnapshot(t, d, 2000)
		for i := range 3000 {
			s.append(aliveRecord(i%20), membership.Record{Kind: membership.RecordFailed, Name: fmt.Sprint("n", i%20)}, eventRecord(uint64(i)))
			<-time.After(100 * time.Millisecond)
			if size := len(d.text(snapPath)); size > 20*256+2000 {
				t.Fatalf("size after %d records: got %d", i, size)
			}
		}
		closeSnapshot(t, s)
		checkSnapshotFile(t, s, d.text(snapPath))
		if d.text(snapPath+compactSuffix) != "" || len(log.Tail()) != 0 {
			t.Errorf("got %q and log %v", d.text(snapPath+compactSuffix), log.Tail())
		}
	})
}

func TestSnapshotOfLongNamesIsNotCompactedAgainAndAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newFakeDisk()
		s, _, _ := runSnapshot(t, d, 100)
		for i := range 50 {
			r := aliveRecord(i)
			r.Name += strings.Repeat("x", 800)
			s.append(r)
		}
		synctest.Wait() // nothing is being written
		var renames int
		d.fail = func(op, _ string, _ int64) error {
			if op == "rename" {
				renames++
			}
			return nil
		}
		for i := range 200 {
			s.append(eventRecord(uint64(i)))
			if err := s.flush(context.Background()); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		if renames > 2 {
			t.Errorf("compactions for 200 lines: got %d", renames)
		}
		closeSnapshot(t, s)
	})
}

// W28, W32: the old file is there until the new one is, and whatever cannot be done, the file stays good and bounded.
func TestSnapshotThatCannotBeReplacedIsRewrittenInPlace(t *testing.T) {
	for _, op := range []string{"open", "rename"} {
		synctest.Test(t, func(t *testing.T) {
			d := newFakeDisk()
			s, _, log := runSnapshot(t, d, 2000)
			d.fail = func(o, path string, _ int64) error {
				if o == op && strings.HasSuffix(path, compactSuffix) {
					return syscall.EACCES
				}
				return nil
			}
			for i := range 2000 {
				s.append(aliveRecord(i%20), membership.Record{Kind: membership.RecordFailed, Name: fmt.Sprint("n", i%7)}, eventRecord(uint64(i)))
				<-time.After(100 * time.Millisecond)
				if size := len(d.text(snapPath)); size > 20*256+4000 {
					t.Fatalf("%s: size after %d records: got %d", op, i, size)
				}
				if i%50 == 0 {
					synctest.Wait()
					if got := replayed(d.text(snapPath)); len(got.Alive)+len(got.Failed) < min(i, 20) {
						t.Fatalf("%s: members in the file after %d records: got %d", op, i, len(got.Alive)+len(got.Failed))
					}
				}
			}
			closeSnapshot(t, s)
			checkSnapshotFile(t, s, d.text(snapPath))
			got := logLines(log, "rewriting it in place: ")
			if len(got) == 0 || len(got) != len(log.Tail()) || len(got) > 8 {
				t.Errorf("%s: log in 200 s: got %v", op, log.Tail())
			}
		})
	}
}

// A disk that fails now and then, in any way, loses nothing once it works again.
func TestSnapshotSurvivesFailuresOfAllKinds(t *testing.T) {
	for _, op := range []string{"write", "sync", "truncate", "open", "rename", "remove", "syncdir"} {
		synctest.Test(t, func(t *testing.T) {
			d := newFakeDisk()
			s, _, _ := runSnapshot(t, d, 1000)
			var calls atomic.Int64
			var healthy atomic.Bool
			d.fail = func(o, _ string, _ int64) error {
				if n := calls.Add(1); !healthy.Load() && (o == op || o == "truncate" && op == "write" || n%11 == 0) && n%3 != 0 {
					return syscall.EIO
				}
				return nil
			}
			for i := range 1500 {
				s.append(aliveRecord(i%30), membership.Record{Kind: membership.RecordFailed, Name: fmt.Sprint("n", i%11)}, eventRecord(uint64(i)))
				if i%700 == 300 {
					d.setSpace(1500)
				}
				if i%700 == 400 {
					d.setSpace(-1)
				}
				<-time.After(100 * time.Millisecond)
			}
			healthy.Store(true)
			<-time.After(snapshotRepairInterval + snapshotRetryMax)
			s.append(eventRecord(9999))
			closeSnapshot(t, s)
			checkSnapshotFile(t, s, d.text(snapPath))
		})
	}
}

// W29: what is written after a crash does not run into what the crash left.
func TestSnapshotTailIsCutBeforeAppending(t *testing.T) {
	file := "alive: n1 10.0.0.1:7946\nclock: 4\nevent-clock: 5\nalive: n2 10.0.0.2:7946\n"
	for n := range len(file) + 1 {
		synctest.Test(t, func(t *testing.T) {
			d := newFakeDisk()
			d.put(snapPath, file[:n])
			s, recovered, log := runSnapshot(t, d, membership.SnapshotBytesMin)
			if want := replayed(file[:n]); !reflect.DeepEqual(recovered, want) {
				t.Errorf("cut at %d: got %+v, want %+v", n, recovered, want)
			}
			torn := n - strings.LastIndexByte(file[:n], '\n') - 1
			if got := len(logLines(log, "unfinished last line")); got != min(torn, 1) {
				t.Errorf("cut at %d: lines about the tail: got %d", n, got)
			}
			s.append(aliveRecord(7), eventRecord(70))
			closeSnapshot(t, s)
			text := d.text(snapPath)
			checkSnapshotFile(t, s, text)
			if !strings.HasPrefix(text, file[:n-torn]+"alive: n7 10.0.0.7:7946\n") {
				t.Errorf("cut at %d: got %q", n, text)
			}
		})
	}
}

func TestSnapshotTellsWhatItSkipped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newFakeDisk()
		d.put(snapPath, "alive: n1 10.0.0.1:7946\nbad\x1b[31m\n# crc: 4 00000000\nalive: x nowhere\n"+strings.Repeat("?\n", 20)+"leave\nclo")
		log := journal.New(journal.Options{})
		s := newSnapshot(d, snapPath, log, membership.SnapshotBytesMin)
		if _, err := s.open(true); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, l := range log.Tail() {
			got = append(got, l.Text[len("2006/01/02 15:04:05 "):])
		}
		want := []string{
			`[WARN] serf: snapshot: skipped line 2 "bad\x1b[31m": not understood`,
			`[WARN] serf: snapshot: skipped line 4 "x nowhere": not a usable address`,
		}
		want[1] = `[WARN] serf: snapshot: skipped line 4 "alive: x nowhere": not a usable address`
		for i := range 6 {
			want = append(want, fmt.Sprintf(`[WARN] serf: snapshot: skipped line %d "?": not understood`, 5+i))
		}
		want = append(want, "[WARN] serf: snapshot: skipped 14 more lines", "[WARN] serf: snapshot: 1 checksums do not match, the file was damaged",
			"[WARN] serf: snapshot: skipped an unfinished last line of 3 bytes", "[INFO] serf: Ignoring previous leave in snapshot")
		if !slices.Equal(got, want) {
			t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	})
}

// W28: the reference removes the file before it renames the compacted one; a crash in between leaves only that.
func TestSnapshotTakesOverWhatAnInterruptedCompactionLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newFakeDisk()
		d.put(snapPath+compactSuffix, "alive: n1 10.0.0.1:7946\nclock: 4\n")
		s, recovered, log := runSnapshot(t, d, membership.SnapshotBytesMin)
		if len(recovered.Alive) != 1 || recovered.Clock != 4 || len(log.Tail()) != 1 {
			t.Errorf("got %+v, log %v", recovered, log.Tail())
		}
		closeSnapshot(t, s)

		d.put(snapPath+compactSuffix, "alive: n2 10.0.0.2:7946\n")
		s, recovered, _ = runSnapshot(t, d, membership.SnapshotBytesMin)
		if len(recovered.Alive) != 1 || recovered.Alive[0].Name != "n1" || d.text(snapPath+compactSuffix) != "" {
			t.Errorf("with both: got %+v and a rest %q", recovered, d.text(snapPath+compactSuffix))
		}
		closeSnapshot(t, s)
	})
}

func TestSnapshotThatCannotBeReadToItsEndIsReplaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newFakeDisk()
		file := strings.Repeat("alive: n1 10.0.0.1:7946\n", 20_000)
		d.put(snapPath, file+"clock: 4\n")
		d.fail = func(op, _ string, at int64) error {
			if op == "read" && at > 100_000 {
				return syscall.EIO
			}
			return nil
		}
		s, recovered, log := runSnapshot(t, d, membership.SnapshotBytesMin)
		synctest.Wait()
		if len(recovered.Alive) != 1 || len(logLines(log, "input/output error")) != 1 {
			t.Errorf("got %+v, log %v", recovered, log.Tail())
		}
		if text := d.text(snapPath); len(text) > 1000 {
			t.Errorf("the file has still %d bytes", len(text))
		}
		closeSnapshot(t, s)
		checkSnapshotFile(t, s, d.text(snapPath))
	})
}

func TestSnapshotOnARealDisk(t *testing.T) {
	dir := t.TempDir()
	path, link := filepath.Join(dir, "snap"), filepath.Join(dir, "link")
	if err := os.WriteFile(path, []byte("alive: n1 10.0.0.1:7946\nclo"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("snap", link); err != nil {
		t.Fatal(err)
	}
	s, recovered, err := openSnapshot(link, false, nil)
	if err != nil || len(recovered.Alive) != 1 {
		t.Fatalf("got %+v, %v", recovered, err)
	}
	for i := range 40_000 {
		s.append(aliveRecord(i%50), eventRecord(uint64(i)))
		if i%500 == 0 {
			if err := s.flush(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	closeSnapshot(t, s)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	checkSnapshotFile(t, s, string(text))
	info, err := os.Lstat(link)
	if err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link: got %v, %v", info, err)
	}
	if info, err = os.Stat(path); err != nil || info.Mode().Perm() != 0o600 || info.Size() > membership.SnapshotBytesMin+8192 {
		t.Errorf("the file: got %v, %v", info, err)
	}
	if names, _ := filepath.Glob(filepath.Join(dir, "*")); len(names) != 2 {
		t.Errorf("files left: got %v", names)
	}
}

// A directory in the way of the new file keeps it from being made, for root too.
func TestSnapshotOnARealDiskIsRewrittenInPlace(t *testing.T) {
	path := filepath.Join(t.TempDir(), "snap")
	log := journal.New(journal.Options{})
	s, _, err := openSnapshot(path, false, log)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(path+compactSuffix, "full"), 0o700); err != nil {
		t.Fatal(err)
	}
	for i := range 40_000 {
		s.append(aliveRecord(i%50), eventRecord(uint64(i)))
		if i%500 == 0 {
			if err := s.flush(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	closeSnapshot(t, s)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	checkSnapshotFile(t, s, string(text))
	if len(text) > membership.SnapshotBytesMin+8192+2500 || len(logLines(log, "rewriting it in place")) != 1 {
		t.Errorf("got %d bytes, log %v", len(text), log.Tail())
	}
}

func TestSnapshotOpenErrorsNameThePath(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct{ path, want string }{
		{filepath.Join(dir, "none", "snap"), ": no such file or directory"},
		{dir, ": not a regular file"},
		{"/dev/null", ": not a regular file"},
		{"/dev/null/snap", ": not a directory"},
	} {
		_, _, err := openSnapshot(c.path, false, nil)
		if want := "failed to open snapshot: open " + c.path + c.want; err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func BenchmarkSnapshotAppend(b *testing.B) {
	s, _, err := openSnapshot(filepath.Join(b.TempDir(), "snap"), false, nil)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for i := uint64(0); b.Loop(); i++ {
		s.append(eventRecord(i))
	}
	if err := s.close(context.Background()); err != nil {
		b.Fatal(err)
	}
}

func BenchmarkSnapshotOpenMillionLines(b *testing.B) {
	var text bytes.Buffer
	for i := range 1_000_000 {
		fmt.Fprintf(&text, "alive: node-%05d %v\n", i*7919%10_000, snapAddr(i*7919%10_000))
	}
	path := filepath.Join(b.TempDir(), "snap")
	if err := os.WriteFile(path, text.Bytes(), 0o600); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		s := newSnapshot(osDisk{}, path, nil, membership.SnapshotBytesMin)
		if _, err := s.open(false); err != nil {
			b.Fatal(err)
		}
		if err := s.file.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

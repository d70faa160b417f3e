package membership

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"net/netip"
	"reflect"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"

	"serf/sim/proof"
)

// naiveReplay reads text by the rules of the reference, line by line, except that unusable addresses are skipped.
func naiveReplay(text string, rejoin bool) Recovered {
	var r Recovered
	alive := make(map[string]netip.AddrPort)
	for {
		line, rest, whole := strings.Cut(text, "\n")
		if !whole {
			break
		}
		text = rest
		if name, ok := strings.CutPrefix(line, "alive: "); ok {
			if i := strings.LastIndexByte(name, ' '); i >= 0 && i <= snapshotNameBytesMax {
				addr, ok := parseAddr([]byte(name[i+1:]))
				if ok {
					alive[name[:i]] = netip.MustParseAddrPort(addr)
					r.Left = false
				}
			}
		} else if name, ok := strings.CutPrefix(line, "not-alive: "); ok {
			delete(alive, name)
		} else if line == "leave" {
			r.Left = true
			if !rejoin {
				r = Recovered{Left: true}
				clear(alive)
			}
		}
		for prefix, clock := range map[string]*uint64{"clock: ": &r.Clock, "event-clock: ": &r.EventClock, "query-clock: ": &r.QueryClock} {
			if number, ok := strings.CutPrefix(line, prefix); ok {
				if n, err := strconv.ParseUint(number, 10, 64); err == nil {
					*clock = n
				}
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(alive)) {
		r.Alive = append(r.Alive, Target{name, alive[name]})
	}
	return r
}

// sampleSnapshot returns a file with some history, and how many of its lines are those of the first life.
func sampleSnapshot() []byte {
	s := NewSnapshot(false)
	var file []byte
	put := func(records ...Record) {
		var lines []byte
		for _, r := range records {
			lines = s.AppendRecord(lines, r)
		}
		file = AppendSealed(file, lines)
	}
	put(aliveRecord("one", 1), aliveRecord("two", 2), clockRecord(4))
	put(aliveRecord("three", 3), Record{Kind: RecordEventClock, LTime: 17})
	put(failedRecord("two", 2), clockRecord(6), Record{Kind: RecordQueryClock, LTime: 3})
	put(aliveRecord("odd\nname", 4), Record{Kind: RecordGone, Name: "three"}, aliveRecord("four five", 5))
	put(clockRecord(1234567), Record{Kind: RecordEventClock, LTime: 22})
	return file
}

func TestSnapshotCutAtEveryByteKeepsItsWholeLines(t *testing.T) {
	file := sampleSnapshot()
	for n := range len(file) + 1 {
		s, report := ReplaySnapshot(bytes.NewReader(file[:n]), false)
		whole := bytes.LastIndexByte(file[:n], '\n') + 1
		if report.Clean != int64(whole) || report.Torn != int64(n-whole) || report.Skipped+report.Damaged != 0 {
			t.Fatalf("cut at %d: got %+v, want %d clean bytes", n, report, whole)
		}
		got, want := s.Recovered(), naiveReplay(string(file[:n]), false)
		clear(want.Alive)
		odd := func(m Target) bool { return strings.Contains(m.Name, "\n") }
		want.Alive = naiveReplay(string(file[:n]), false).Alive
		got.Alive, got.Failed = slices.DeleteFunc(got.Alive, odd), nil
		if len(got.Alive) == 0 {
			got.Alive = nil
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("cut at %d: got %+v, want %+v", n, got, want)
		}
		// What follows is understood as if nothing had happened.
		again, report := ReplaySnapshot(bytes.NewReader(AppendSealed(slices.Clone(file[:whole]), []byte("clock: 99\nalive: z 127.0.0.9:7946\n"))), false)
		if got := again.Recovered(); got.Clock != 99 || !slices.Contains(got.Alive, Target{"z", snapAddr(9)}) || report.Damaged != 0 {
			t.Fatalf("appended behind %d: got %+v, %+v", whole, got, report)
		}
	}
}

// One damaged byte costs at most the two lines it touches, never moves a clock forward, and does not go unnoticed.
func TestSnapshotWithAnyByteFlippedKeepsTheRest(t *testing.T) {
	file := sampleSnapshot()
	want := recovered(string(file), false)
	for i := range file {
		for _, bit := range []byte{1, 2, 4, 8, 16, 32, 64, 128, '\n' ^ file[i]} {
			damaged := slices.Clone(file)
			damaged[i] ^= bit
			s, report := ReplaySnapshot(bytes.NewReader(damaged), false)
			got := s.Recovered()
			where := fmt.Sprintf("byte %d, bits %#x", i, bit)
			if got.Clock > want.Clock || got.EventClock > want.EventClock || got.QueryClock > want.QueryClock {
				t.Errorf("%s: a clock moved forward: got %+v, want %+v", where, got, want)
			}
			if lost := missing(want, got); lost > 2 {
				t.Errorf("%s: got %+v, want %+v", where, got, want)
			}
			if !reflect.DeepEqual(got, want) && report.Damaged == 0 && report.Skipped == 0 && report.Torn == 0 {
				t.Errorf("%s: the damage was not noticed: got %+v, want %+v", where, got, want)
			}
		}
	}
}

// missing counts the members of want that got has not in their place.
func missing(want, got Recovered) (lost int) {
	for _, m := range want.Alive {
		if !slices.Contains(got.Alive, m) {
			lost++
		}
	}
	for _, m := range want.Failed {
		if !slices.Contains(got.Failed, m) {
			lost++
		}
	}
	return lost
}

// The reference appends without checksums to what we wrote, and compacts it away; both must be read.
func TestLinesOfTheReferenceBetweenOursAreBelieved(t *testing.T) {
	file := append(sampleSnapshot(), "alive: theirs 127.0.0.7:7946\nclock: 1234599\n"...)
	file = AppendSealed(file, []byte("event-clock: 40\n"))
	s, report := ReplaySnapshot(bytes.NewReader(file), false)
	got := s.Recovered()
	if got.Clock != 1234599 || got.EventClock != 40 || !slices.Contains(got.Alive, Target{"theirs", snapAddr(7)}) || report.Damaged != 0 {
		t.Errorf("got %+v, %+v", got, report)
	}
}

func TestReplayDoesNotDependOnHowMuchIsReadAtOnce(t *testing.T) {
	file := append(sampleSnapshot(), bytes.Repeat([]byte("junk\n"), 3)...)
	var big bytes.Buffer
	for range 60 {
		big.Write(file)
		big.Write(bytes.Repeat([]byte("alive: many 127.0.0.1:7946\n"), 200))
	}
	want, wantReport := ReplaySnapshot(bytes.NewReader(big.Bytes()), false)
	for name, wrap := range map[string]func(io.Reader) io.Reader{"byte": iotest.OneByteReader, "half": iotest.HalfReader, "data and error": iotest.DataErrReader} {
		got, report := ReplaySnapshot(wrap(bytes.NewReader(big.Bytes())), false)
		if !reflect.DeepEqual(got.Recovered(), want.Recovered()) || !reflect.DeepEqual(report, wantReport) {
			t.Errorf("%s: got %+v, %+v; want %+v, %+v", name, got.Recovered(), report, want.Recovered(), wantReport)
		}
	}
}

func TestReadErrorEndsTheReplay(t *testing.T) {
	file := sampleSnapshot()
	src := io.MultiReader(bytes.NewReader(file), iotest.ErrReader(io.ErrNoProgress))
	s, report := ReplaySnapshot(src, false)
	if report.Err != io.ErrNoProgress || !reflect.DeepEqual(s.Recovered(), recovered(string(file), false)) {
		t.Errorf("got %+v, %+v", s.Recovered(), report)
	}
}

func TestSealedBlocksAreNeverLongerThanAReaderTakes(t *testing.T) {
	s := NewSnapshot(false)
	for i := range 2000 {
		s.AppendRecord(nil, aliveRecord(strings.Repeat("\n", i%(snapshotNameBytesMax+1))+fmt.Sprint(i), 1))
	}
	f := s.Freeze()
	file := f.AppendCompacted(nil)
	again, report := ReplaySnapshot(bytes.NewReader(file), false)
	if !reflect.DeepEqual(again.Recovered(), s.Recovered()) {
		t.Error("replay differs")
	}
	for i := range file {
		if file[i] == '\\' { // one byte in the middle of each block
			file[i] = '/'
		}
	}
	if _, report = ReplaySnapshot(bytes.NewReader(file), false); report.Damaged < uint64(len(file)/sealBytesMax) {
		t.Errorf("damaged blocks: got %d of %d bytes", report.Damaged, len(file))
	}
}

// FuzzReplaySnapshot replays any file by the reference's rules, and again what is made of it. In addition to what a decoder may take
// there is the piece of the file that is held, and the table by which names are found while it is read.
func FuzzReplaySnapshot(f *testing.F) {
	const fixed = replayBytes + 4<<16
	var names []byte
	for i := range 500 {
		names = fmt.Appendf(names, "alive: %d 1.1.1.1:1\n", i)
	}
	f.Add(names, false)
	f.Add(bytes.Repeat([]byte("#\n"), 1000), false)
	f.Add(sampleSnapshot(), true)
	f.Add([]byte("alive: a 127.0.0.1:7946\nclock: 4\nleave\nclock: 9\n"), false)
	f.Add([]byte("# state: begin\n# alive: \"x\\n\" [::1]:1\n# state: end 1\n# crc: 9 00000000\n"), false)
	f.Fuzz(func(t *testing.T, file []byte, rejoin bool) {
		proof.MemoryWithin(t, len(file), fixed+64*len(file)+64<<10, func() { ReplaySnapshot(bytes.NewReader(file), rejoin) })
		s, report := ReplaySnapshot(bytes.NewReader(file), rejoin)
		got := s.Recovered()
		if report.Clean+report.Torn != int64(len(file)) || report.Lines != uint64(bytes.Count(file, []byte("\n"))) {
			t.Fatalf("report: got %+v of %d bytes", report, len(file))
		}
		if len(file) < replayBytes && !bytes.Contains(file, []byte("#")) {
			if want := naiveReplay(string(file), rejoin); !reflect.DeepEqual(got, want) {
				t.Fatalf("got %+v, the reference's rules give %+v", got, want)
			}
		}
		frozen := s.Freeze()
		again, report := ReplaySnapshot(bytes.NewReader(frozen.AppendCompacted(nil)), rejoin)
		if !sameRecovered(again.Recovered(), got) || report.Skipped+report.Damaged != 0 {
			t.Fatalf("compacted: got %+v, want %+v; %+v", again.Recovered(), got, report)
		}
		file = append(file[:wholeLines(file)], frozen.AppendRestated(nil)...)
		again, _ = ReplaySnapshot(bytes.NewReader(file), rejoin)
		if !sameRecovered(again.Recovered(), got) {
			t.Fatalf("restated: got %+v, want %+v", again.Recovered(), got)
		}
	})
}

// wholeLines returns how long the whole lines of file are.
func wholeLines(file []byte) int { return bytes.LastIndexByte(file, '\n') + 1 }

// millionLines is a history of 10,000 members, as the reference would have left it without compaction.
func millionLines() []byte {
	var b []byte
	for i := range 1_000_000 {
		n := i * 7919 % 10_000
		switch {
		case i%10 == 9:
			b = fmt.Appendf(b, "clock: %d\n", i)
		case i%3 == 2:
			b = fmt.Appendf(b, "not-alive: node-%05d\n", n)
		default:
			b = fmt.Appendf(b, "alive: node-%05d 10.0.%d.%d:7946\n", n, n/250, n%250+1)
		}
	}
	return b
}

func TestReplayTakesMemoryByMembersNotLines(t *testing.T) {
	file := millionLines()
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	s, _ := ReplaySnapshot(bytes.NewReader(file), false)
	runtime.ReadMemStats(&after)
	if got, limit := after.TotalAlloc-before.TotalAlloc, uint64(6<<20); got > limit {
		t.Errorf("allocated for %d members in %d bytes: got %d, want at most %d", s.Len(), len(file), got, limit)
	}
	runtime.KeepAlive(s)
}

func BenchmarkReplaySnapshot(b *testing.B) {
	file := millionLines()
	sealed := AppendSealed(nil, file)
	for name, file := range map[string][]byte{"plain": file, "sealed": sealed} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(file)))
			b.ReportAllocs()
			for b.Loop() {
				ReplaySnapshot(bytes.NewReader(file), false)
			}
		})
	}
}

func BenchmarkSnapshotAppendRecord(b *testing.B) {
	s := NewSnapshot(false)
	var lines []byte
	b.ReportAllocs()
	for i := uint64(0); b.Loop(); i++ {
		lines = s.AppendRecord(lines[:0], Record{Kind: RecordEventClock, LTime: i})
	}
}

func BenchmarkSnapshotAppendAlive(b *testing.B) {
	s := NewSnapshot(false)
	var lines []byte
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		lines = s.AppendRecord(lines[:0], aliveRecord("node-1", byte(i%2+1)))
	}
}

func BenchmarkSnapshotFreeze(b *testing.B) {
	s := NewSnapshot(false)
	for i := range 10_000 {
		s.AppendRecord(nil, aliveRecord(fmt.Sprint("node-", i), 1))
	}
	b.Run("copy", func(b *testing.B) {
		for b.Loop() {
			s.Freeze()
		}
	})
	b.Run("compact", func(b *testing.B) {
		var dst []byte
		for b.Loop() {
			f := s.Freeze()
			dst = f.AppendCompacted(dst[:0])
		}
	})
}

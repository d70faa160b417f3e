package membership

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"serf/membership/lamport"
)

// snapshotVector is one line of the file of vectors, of either kind.
type snapshotVector struct {
	Name    string
	Kind    string
	Text    string
	Rejoin  bool `json:"rejoin_after_leave"`
	Decoded struct {
		Alive                           map[string]string
		Clock, Event_clock, Query_clock uint64
	}
	Events []struct {
		Event     string
		Nodes     []string
		Set_clock uint64
		LTime     uint64
	}
	Start_clock      uint64
	Min_compact_size int64
}

func TestSnapshotVectors(t *testing.T) {
	var list []json.RawMessage
	readVectors(t, "snapshot.json", &list)
	kinds := make(map[string]int)
	for _, raw := range list {
		var v snapshotVector
		if err := json.Unmarshal(raw, &v); err != nil {
			t.Fatalf("%s: %v", raw, err)
		}
		kinds[v.Kind]++
		t.Run(v.Name, func(t *testing.T) {
			if v.Kind == "write" {
				v.checkWrite(t)
			} else {
				v.checkReplay(t)
			}
		})
	}
	if kinds["replay"] == 0 || kinds["write"] == 0 || len(kinds) != 2 {
		t.Errorf("kinds of vectors: got %v", kinds)
	}
}

func (v snapshotVector) checkReplay(t *testing.T) {
	s, _ := ReplaySnapshot(strings.NewReader(v.Text), v.Rejoin)
	got := s.Recovered()
	want := make(map[string]string)
	for name, addr := range v.Decoded.Alive {
		want[name] = strings.TrimSuffix(addr, "\r") // the reference keeps it and then has no usable address
	}
	if alive := aliveTexts(got.Alive); !maps.Equal(alive, want) {
		t.Errorf("alive: got %q, want %q", alive, want)
	}
	clocks := [3]uint64{got.Clock, got.EventClock, got.QueryClock}
	if want := [3]uint64{v.Decoded.Clock, v.Decoded.Event_clock, v.Decoded.Query_clock}; clocks != want {
		t.Errorf("clocks: got %v, want %v", clocks, want)
	}
}

// checkWrite feeds the events as the machine would, and compacts as a writer would after each line.
func (v snapshotVector) checkWrite(t *testing.T) {
	s := NewSnapshot(false)
	clock := lamport.At(v.Start_clock)
	text := ""
	record := func(r Record) {
		text += visible(string(s.AppendRecord(nil, r)))
		if int64(len(text)) > s.CompactAbove(v.Min_compact_size) {
			f := s.Freeze()
			text = visible(string(f.AppendCompacted(nil)))
		}
	}
	for _, e := range v.Events {
		if e.Set_clock > 0 {
			clock = lamport.At(e.Set_clock)
		}
		for _, name := range e.Nodes {
			addr := netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, name[0] - 'a' + 1}), 7946)
			switch e.Event {
			case "member-join":
				record(Record{Kind: RecordAlive, Name: name, Addr: addr})
			case "member-failed":
				record(Record{Kind: RecordFailed, Name: name, Addr: addr})
			case "member-leave":
				record(Record{Kind: RecordGone, Name: name})
			}
		}
		switch e.Event {
		case "user":
			record(Record{Kind: RecordEventClock, LTime: e.LTime})
		case "query":
			record(Record{Kind: RecordQueryClock, LTime: e.LTime})
		default:
			record(ClockRecord(RecordClock, clock))
		}
	}
	if text != v.Text {
		t.Errorf("text: got\n%s\nwant\n%s", text, v.Text)
	}
}

// visible returns what the reference sees of text: everything but comments.
func visible(text string) string {
	var out strings.Builder
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "#") {
			out.WriteString(line)
		}
	}
	return out.String()
}

func aliveTexts(list []Target) map[string]string {
	out := make(map[string]string, len(list))
	for _, m := range list {
		out[m.Name] = m.Addr.String()
	}
	return out
}

func TestClockRecordNeverUnderflows(t *testing.T) {
	for _, c := range []struct{ time, want uint64 }{{0, 0}, {1, 0}, {2, 1}, {math.MaxUint64, math.MaxUint64 - 1}} {
		r := ClockRecord(RecordClock, lamport.At(c.time))
		if r.LTime != c.want {
			t.Errorf("clock at %d: got %d, want %d", c.time, r.LTime, c.want)
		}
	}
	if got := NewSnapshot(false).AppendRecord(nil, ClockRecord(RecordClock, lamport.At(0))); len(got) != 0 {
		t.Errorf("line of a clock at 0: got %q, want none", got)
	}
}

// W31: without rejoin nothing may follow a leave, and compaction keeps the mark of it.
func TestLeaveForgetsAndStaysTheLastWord(t *testing.T) {
	s, text := writeAll(false, aliveRecord("a", 1), clockRecord(4), Record{Kind: RecordLeave},
		clockRecord(9), aliveRecord("b", 2), Record{Kind: RecordLeave})
	if want := "alive: a 127.0.0.1:7946\nclock: 4\nleave\n"; text != want {
		t.Errorf("text: got %q, want %q", text, want)
	}
	f := s.Freeze()
	compacted := f.AppendCompacted(nil)
	if want := "clock: 0\nevent-clock: 0\nquery-clock: 0\nleave\n"; visible(string(compacted)) != want {
		t.Errorf("compacted: got %q, want %q", visible(string(compacted)), want)
	}
	for _, text := range []string{text, string(compacted)} {
		if got, want := recovered(text, false), (Recovered{Left: true}); !reflect.DeepEqual(got, want) {
			t.Errorf("replay of %q: got %+v, want %+v", text, got, want)
		}
	}
}

func TestLeaveWithRejoinKeepsMembersAndClocks(t *testing.T) {
	s, text := writeAll(true, aliveRecord("a", 1), clockRecord(4), Record{Kind: RecordLeave}, clockRecord(9), Record{Kind: RecordGone, Name: "a"})
	want := Recovered{Alive: []Target{{"a", snapAddr(1)}}, Clock: 9, Left: true}
	f := s.Freeze()
	for _, text := range []string{text, string(f.AppendCompacted(nil))} {
		if got := recovered(text, true); !reflect.DeepEqual(got, want) {
			t.Errorf("replay of %q: got %+v, want %+v", text, got, want)
		}
		got := recovered(text, false)
		if len(got.Alive) != 0 || !got.Left {
			t.Errorf("replay of %q without rejoin: got %+v, want nobody", text, got)
		}
	}
}

func TestMemberJoinedAfterALeaveIsWrittenAgain(t *testing.T) {
	s, _ := ReplaySnapshot(strings.NewReader("alive: a 127.0.0.1:7946\nleave\n"), true)
	want := "alive: a 127.0.0.1:7946\n"
	if got := string(s.AppendRecord(nil, aliveRecord("a", 1))); got != want {
		t.Errorf("first time: got %q, want %q", got, want)
	}
	if got := string(s.AppendRecord(nil, aliveRecord("a", 1))); got != "" {
		t.Errorf("second time: got %q, want nothing", got)
	}
}

func TestFailedMembersStayCandidates(t *testing.T) {
	s, text := writeAll(false, aliveRecord("a", 1), aliveRecord("b", 2), aliveRecord("c", 3), aliveRecord("d", 4),
		failedRecord("b", 2), failedRecord("a", 1), failedRecord("c", 3), failedRecord("d", 4),
		aliveRecord("d", 4), Record{Kind: RecordGone, Name: "c"})
	want := Recovered{Alive: []Target{{"d", snapAddr(4)}}, Failed: []Target{{"a", snapAddr(1)}, {"b", snapAddr(2)}}}
	f := s.Freeze()
	for _, text := range []string{text, string(f.AppendCompacted(nil))} {
		if got := recovered(text, false); !reflect.DeepEqual(got, want) {
			t.Errorf("replay of %q: got %+v, want %+v", text, got, want)
		}
	}
	if got, want := naiveReplay(visible(text), false).Alive, []Target{{"d", snapAddr(4)}}; !reflect.DeepEqual(got, want) {
		t.Errorf("what the reference reads: got %v, want %v", got, want)
	}
}

// W35: whatever a name holds, lines stay lines, and the reference reads no member that is not there.
func TestOddNamesDoNotBreakLines(t *testing.T) {
	names := []string{
		"", " ", "a b", " a", "a ", "x\nleave", "x\nclock: 9", "\n", `"q"`, `"q` + "\n", "\r", "a\r", "\x00", "\xff\xfe", "ümlaut", "#x",
		"leave", strings.Repeat("n", 255), strings.Repeat("\n", 255), `back\slash`,
	}
	s := NewSnapshot(false)
	var text []byte
	for i, name := range names {
		text = s.AppendRecord(text, aliveRecord(name, byte(i+1)))
		if i%3 == 0 {
			text = s.AppendRecord(text, failedRecord(name, byte(i+1)))
		}
	}
	want := s.Recovered()
	if got := len(want.Alive) + len(want.Failed); got != len(names) {
		t.Errorf("recorded: got %d names, want %d", got, len(names))
	}
	f := s.Freeze()
	for _, text := range []string{string(text), string(f.AppendCompacted(nil)), "alive: z 1.2.3.4:5\n" + string(f.AppendRestated(nil))} {
		if got := recovered(text, false); !reflect.DeepEqual(got, want) {
			t.Errorf("replay of %q: got %+v, want %+v", text, got, want)
		}
	}
	for name := range aliveTexts(naiveReplay(visible(string(text)), false).Alive) {
		if !slices.Contains(names, name) {
			t.Errorf("the reference would read a member %q", name)
		}
	}
	for _, name := range names {
		text = s.AppendRecord(text, Record{Kind: RecordGone, Name: name})
	}
	if got := recovered(string(text), false); !reflect.DeepEqual(got, Recovered{}) {
		t.Errorf("after all left: got %+v, want nobody", got)
	}
}

func TestUnusableRecordsAreNotWritten(t *testing.T) {
	for _, r := range []Record{
		{}, {Kind: 99}, {Kind: RecordAlive, Name: "a"},
		{Kind: RecordAlive, Name: "a", Addr: netip.MustParseAddrPort("10.0.0.1:0")},
		{Kind: RecordAlive, Name: "a", Addr: netip.MustParseAddrPort("0.0.0.0:7946")},
		{Kind: RecordAlive, Name: "a", Addr: netip.MustParseAddrPort("224.0.0.1:7946")},
		{Kind: RecordAlive, Name: "a", Addr: netip.AddrPortFrom(netip.MustParseAddr("fe80::1").WithZone("e\nleave"), 7946)},
		{Kind: RecordAlive, Name: strings.Repeat("n", snapshotNameBytesMax+1), Addr: snapAddr(1)},
		{Kind: RecordFailed, Name: "a"}, {Kind: RecordGone, Name: "a"}, {Kind: RecordEventClock},
	} {
		s := NewSnapshot(false)
		if got := s.AppendRecord(nil, r); len(got) != 0 || s.Len() != 0 {
			t.Errorf("%+v: got %q and %d members, want nothing", r, got, s.Len())
		}
	}
}

func TestReplayValidatesAddresses(t *testing.T) {
	for _, c := range []struct {
		addr, want string
		reason     string
	}{
		{addr: "10.0.0.1:7946", want: "10.0.0.1:7946"},
		{addr: "[::ffff:10.0.0.1]:7946", want: "10.0.0.1:7946"},
		{addr: "[fe80::1%eth0]:7946", want: "[fe80::1%eth0]:7946"},
		{addr: "10.0.0.1:7946\r", want: "10.0.0.1:7946"},
		{addr: "10.0.0.1", reason: reasonAddr},
		{addr: "10.0.0.1:0", reason: reasonAddr},
		{addr: "10.0.0.1:79460", reason: reasonAddr},
		{addr: "10.0.0.256:7946", reason: reasonAddr},
		{addr: "0.0.0.0:7946", reason: reasonAddr},
		{addr: "[::]:7946", reason: reasonAddr},
		{addr: "239.1.1.1:7946", reason: reasonAddr},
		{addr: "host:7946", reason: reasonAddr},
		{addr: "", reason: reasonAddr},
	} {
		s, report := ReplaySnapshot(strings.NewReader("alive: n "+c.addr+"\n"), false)
		got := ""
		for _, m := range s.Recovered().Alive {
			got += m.Addr.String()
		}
		reason := ""
		for _, l := range report.Examples {
			reason += l.Reason
		}
		if got != c.want || reason != c.reason {
			t.Errorf("%q: got %q (%s), want %q (%s)", c.addr, got, reason, c.want, c.reason)
		}
	}
}

func TestReplayTellsWhatItSkips(t *testing.T) {
	text := "# note\n\nalive: x\nwhatever\nclock: 5 \nalive: a 127.0.0.1:7946\n# failed: \"x 1.2.3.4:5\n" +
		strings.Repeat("junk\n", 20) + "event-clock: 7\nalive: b 127"
	s, report := ReplaySnapshot(strings.NewReader(text), false)
	if got, want := s.Recovered(), (Recovered{Alive: []Target{{"a", snapAddr(1)}}, EventClock: 7}); !reflect.DeepEqual(got, want) {
		t.Errorf("state: got %+v, want %+v", got, want)
	}
	want := ReplayReport{Lines: 28, Skipped: 25, Clean: int64(len(text) - 12), Torn: 12, Examples: []SkippedLine{
		{2, "", reasonUnknown}, {3, "alive: x", reasonSpace}, {4, "whatever", reasonUnknown}, {5, "clock: 5 ", reasonNumber},
		{7, `# failed: "x 1.2.3.4:5`, reasonName}, {8, "junk", reasonUnknown}, {9, "junk", reasonUnknown}, {10, "junk", reasonUnknown},
	}}
	if !reflect.DeepEqual(report, want) {
		t.Errorf("report: got %+v, want %+v", report, want)
	}
}

func TestReplaySkipsLinesLongerThanItsBuffer(t *testing.T) {
	for _, n := range []int{replayBytes - 30, replayBytes - 1, replayBytes, replayBytes + 1, 5*replayBytes + 7} {
		before, after := "alive: a 127.0.0.1:7946\n", "clock: 3\nevent-clock: 4\n"
		text := before + strings.Repeat("x", n) + "\n" + after + strings.Repeat("y", n)
		s, report := ReplaySnapshot(strings.NewReader(text), false)
		if got, want := s.Recovered(), (Recovered{Alive: []Target{{"a", snapAddr(1)}}, Clock: 3, EventClock: 4}); !reflect.DeepEqual(got, want) {
			t.Errorf("line of %d: got %+v, want %+v", n, got, want)
		}
		report.Examples = nil
		want := ReplayReport{Lines: 4, Skipped: 1, Clean: int64(len(text) - n), Torn: int64(n)}
		if !reflect.DeepEqual(report, want) {
			t.Errorf("line of %d: got %+v, want %+v", n, report, want)
		}
	}
}

// A whole state in the midst of a file counts from its end on, unless it is incomplete.
func TestRestatedStateReplacesWhatWasBefore(t *testing.T) {
	old := "alive: old 127.0.0.9:7946\nalive: a 127.0.0.8:7946\nalive: b 127.0.0.2:7946\n# failed: f 127.0.0.7:7946\nclock: 90\n"
	s, _ := writeAll(false, aliveRecord("a", 1), aliveRecord("b", 2), failedRecord("b", 2), clockRecord(4))
	f := s.Freeze()
	restated := string(f.AppendRestated(nil))
	if got, want := recovered(old+restated, false), s.Recovered(); !reflect.DeepEqual(got, want) {
		t.Errorf("whole: got %+v, want %+v", got, want)
	}
	end := strings.Index(restated, stateEndPrefix)
	cut, report := ReplaySnapshot(strings.NewReader(old+restated[:end]), false)
	got := cut.Recovered()
	if want := []Target{{"a", snapAddr(1)}, {"old", snapAddr(9)}}; !reflect.DeepEqual(got.Alive, want) || !report.Unfinished {
		t.Errorf("without its end: got %+v, want %+v; %+v", got.Alive, want, report)
	}
	damaged := strings.Replace(restated, "b 127.0.0.2", "X 127.0.0.2", 1)
	if got := recovered(old+damaged, false); len(got.Alive) != 3 {
		t.Errorf("damaged: got %+v, want nobody forgotten", got.Alive)
	}
}

func TestForgottenMembersGiveTheirRoomBack(t *testing.T) {
	s := NewSnapshot(false)
	for i := range 100_000 {
		name := fmt.Sprint("n", i)
		s.AppendRecord(nil, aliveRecord(name, 1))
		s.AppendRecord(nil, Record{Kind: RecordGone, Name: name})
	}
	if len(s.members) > 2*snapshotDeadMin || len(s.index) != len(s.members) || s.Len() != 0 {
		t.Errorf("after 100000 members that left: got room for %d, index of %d, %d remembered", len(s.members), len(s.index), s.Len())
	}
}

func TestFailedMembersAreBounded(t *testing.T) {
	s := NewSnapshot(false)
	var text []byte
	for i := range 3 * snapshotFailedMax {
		text = s.AppendRecord(text, failedRecord(fmt.Sprint("n", i), 1))
	}
	got := s.Recovered().Failed
	if len(got) > snapshotFailedMax || len(got) < snapshotFailedMax*7/8 || got[0].Name != fmt.Sprint("n", 3*snapshotFailedMax-1) {
		t.Errorf("got %d failed members, the latest %v", len(got), got[0])
	}
	if len(s.members) > 3*snapshotFailedMax {
		t.Errorf("room: got %d", len(s.members))
	}
	f := s.Freeze()
	for _, text := range [][]byte{text, f.AppendCompacted(nil)} {
		if again := recovered(string(text), false).Failed; !slices.Equal(again, got) {
			t.Errorf("replay: got %d, want the same %d", len(again), len(got))
		}
	}
}

// What is written replays to the state of the writer, through any number of lives, compactions and restatements.
func TestReplayOfWhatWasWrittenIsTheState(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rejoin := rapid.Bool().Draw(t, "rejoin")
		s := NewSnapshot(rejoin)
		m := newSnapModel(rejoin)
		var file []byte
		for range rapid.IntRange(0, 60).Draw(t, "steps") {
			switch rapid.IntRange(0, 11).Draw(t, "step") {
			case 0:
				f := s.Freeze()
				file = f.AppendCompacted(file[:0])
			case 1:
				f := s.Freeze()
				file = f.AppendRestated(file)
			case 2:
				s, _ = ReplaySnapshot(bytes.NewReader(file), rejoin)
				m.ended = false
			default:
				r := drawRecord(t)
				m.record(r)
				file = AppendSealed(file, s.AppendRecord(nil, r))
			}
			if got, want := s.Recovered(), m.recovered(); !sameRecovered(got, want) {
				t.Fatalf("state: got %+v, want %+v", got, want)
			}
			again, report := ReplaySnapshot(bytes.NewReader(file), rejoin)
			if got, want := again.Recovered(), s.Recovered(); !sameRecovered(got, want) {
				t.Fatalf("replay: got %+v, want %+v of\n%s", got, want, file)
			}
			if report.Skipped+report.Damaged != 0 || report.Torn != 0 {
				t.Fatalf("report: got %+v", report)
			}
		}
	})
}

// sameRecovered compares but for Left, which a compaction in the next life ends.
func sameRecovered(a, b Recovered) bool {
	a.Left, b.Left = false, false
	return reflect.DeepEqual(a, b)
}

func drawRecord(t *rapid.T) Record {
	name := rapid.SampledFrom([]string{"a", "b", "c d", "e\nleave", `"f"`, ""}).Draw(t, "name")
	addr := snapAddr(byte(rapid.IntRange(1, 3).Draw(t, "addr")))
	kind := rapid.SampledFrom([]RecordKind{RecordAlive, RecordAlive, RecordAlive, RecordFailed, RecordFailed, RecordGone,
		RecordClock, RecordEventClock, RecordQueryClock, RecordLeave}).Draw(t, "kind")
	return Record{Kind: kind, Name: name, Addr: addr, LTime: rapid.Uint64Range(0, 50).Draw(t, "time")}
}

// snapModel is a snapshot as simple as can be.
type snapModel struct {
	rejoin, ended bool
	alive         map[string]netip.AddrPort
	failed        []Target // the latest last
	clocks        [3]uint64
}

func newSnapModel(rejoin bool) *snapModel {
	return &snapModel{rejoin: rejoin, alive: make(map[string]netip.AddrPort)}
}

func (m *snapModel) record(r Record) {
	clock := r.Kind >= RecordClock && r.Kind <= RecordQueryClock
	if m.ended && !(clock && m.rejoin) {
		return
	}
	was := slices.IndexFunc(m.failed, func(t Target) bool { return t.Name == r.Name })
	switch {
	case clock:
		c := &m.clocks[r.Kind-RecordClock]
		*c = max(*c, r.LTime)
	case r.Kind == RecordLeave:
		m.ended = true
		if !m.rejoin {
			m.alive, m.failed, m.clocks = make(map[string]netip.AddrPort), nil, [3]uint64{}
		}
	default:
		if r.Kind == RecordFailed && was >= 0 && m.failed[was].Addr == r.Addr {
			return
		}
		delete(m.alive, r.Name)
		if was >= 0 {
			m.failed = slices.Delete(m.failed, was, was+1)
		}
		if r.Kind == RecordAlive {
			m.alive[r.Name] = r.Addr
		}
		if r.Kind == RecordFailed {
			m.failed = append(m.failed, Target{r.Name, r.Addr})
		}
	}
}

func (m *snapModel) recovered() Recovered {
	r := Recovered{Clock: m.clocks[0], EventClock: m.clocks[1], QueryClock: m.clocks[2]}
	for _, name := range slices.Sorted(maps.Keys(m.alive)) {
		r.Alive = append(r.Alive, Target{name, m.alive[name]})
	}
	r.Failed = append(r.Failed, m.failed...)
	slices.Reverse(r.Failed)
	return r
}

func snapAddr(i byte) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, i}), 7946)
}

func aliveRecord(name string, i byte) Record {
	return Record{Kind: RecordAlive, Name: name, Addr: snapAddr(i)}
}

func failedRecord(name string, i byte) Record {
	return Record{Kind: RecordFailed, Name: name, Addr: snapAddr(i)}
}

func clockRecord(t uint64) Record { return Record{Kind: RecordClock, LTime: t} }

func writeAll(rejoin bool, records ...Record) (*Snapshot, string) {
	s := NewSnapshot(rejoin)
	var text []byte
	for _, r := range records {
		text = s.AppendRecord(text, r)
	}
	return s, string(text)
}

func recovered(text string, rejoin bool) Recovered {
	s, _ := ReplaySnapshot(strings.NewReader(text), rejoin)
	return s.Recovered()
}

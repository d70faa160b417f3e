//go:build unix

package handler

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"serf/eventbus"
)

func TestScriptGetsEventByEnvironmentAndStandardInput(t *testing.T) {
	w := start(t, Options{}, "env | grep ^SERF_ | LC_ALL=C sort; cat")
	w.Handle(eventbus.Event{Type: eventbus.MemberJoin, Members: []*eventbus.Member{member("n2", "127.0.0.72", map[string]string{"role": "db"})}})
	w.Handle(eventbus.Event{Type: eventbus.User, Name: "hello", LTime: 3, Payload: []byte("a\tb")})
	w.finish()
	const common = "SERF_SELF_NAME=agent1\nSERF_SELF_ROLE=test\nSERF_TAG_MUNIN_GROUP=manage\nSERF_TAG_ROLE=test\n"
	w.wantLog(
		"[DEBUG] agent: Event 'member-join' script output: SERF_EVENT=member-join\n"+common+"n2\t127.0.0.72\tdb\trole=db",
		"[DEBUG] agent: Event 'user' script output: SERF_EVENT=user\n"+common+"SERF_USER_EVENT=hello\nSERF_USER_LTIME=3\na\tb")
	w.wantStats(nil)
}

func TestScriptInheritsEnvironmentAndDirectory(t *testing.T) {
	t.Setenv("HANDLER_TEST", "inherited")
	t.Chdir(t.TempDir())
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	w := start(t, Options{JSON: true, ExtraEnvironment: true}, "echo $HANDLER_TEST $SERF_SELF_PORT; pwd; cut -c1-15")
	w.user("x")
	w.finish()
	w.wantLog("[DEBUG] agent: Event 'user' script output: inherited 7946\n" + dir + "\n" + `{"event":"user"`)
}

func TestEventsOfOneHandlerKeepTheirOrder(t *testing.T) {
	w := start(t, Options{}, "echo $SERF_USER_EVENT")
	var want []string
	for i := range 20 {
		w.user(strconv.Itoa(i))
		want = append(want, fmt.Sprintf("[DEBUG] agent: Event 'user' script output: %d", i))
	}
	w.finish()
	w.wantLog(want...)
}

func TestEventThatMatchesTwoFiltersRunsTheScriptTwice(t *testing.T) {
	w := start(t, Options{}, "*,user=echo once")
	w.user("x")
	w.finish()
	if got := strings.Count(w.all(), "once\n"); got != 2 {
		t.Errorf("%d runs, want 2", got)
	}
}

func TestHangingHandlerDelaysNobodyElse(t *testing.T) {
	w := start(t, Options{}, "sleep 1000", "echo quick $SERF_USER_EVENT")
	w.user("1", "2", "3")
	for i := range 3 {
		w.logged(fmt.Sprintf("Event 'user' script output: quick %d", i+1))
	}
	w.logged("[WARN] agent: Script 'sleep 1000' slow, execution exceeding 1s")
	w.cutOff()
	w.wantLog("[ERR] agent: Error invoking script 'sleep 1000': signal: killed", "[WARN] agent: Script 'sleep 1000' was killed: the agent ends")
	w.wantStats(map[string]uint64{"handler_events_dropped": 2, "handler_runs_failed": 1, "handler_runs_cut_off": 1})
}

func TestTimeoutKillsTheWholeProcessGroup(t *testing.T) {
	w := start(t, Options{Timeout: 300 * time.Millisecond}, "echo $$; sleep 1000 & sleep 1000; exit 0")
	w.user("x")
	w.finish()
	w.wantLog("[WARN] agent: Script 'echo $$; sleep 1000 & sleep 1000; exit 0' was killed: it ran longer than the handler timeout of 300ms")
	if log := w.all(); strings.Contains(log, "background") || !strings.Contains(log, "signal: killed") {
		t.Errorf("somebody still holds the output of the script:\n%s", log)
	}
	w.wantStats(map[string]uint64{"handler_runs_failed": 1, "handler_runs_timed_out": 1})
}

func TestQuickScriptIsNotTimedOut(t *testing.T) {
	w := start(t, Options{Timeout: patience}, "echo fine")
	w.user("x")
	w.finish()
	w.wantLog("[DEBUG] agent: Event 'user' script output: fine")
	w.wantStats(nil)
}

func TestOutputOf100MBTakesNoMemory(t *testing.T) {
	w := start(t, Options{}, "head -c 100000000 /dev/zero | tr '\\0' x; echo end")
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	w.user("x")
	w.finish()
	runtime.ReadMemStats(&after)
	if got := after.TotalAlloc - before.TotalAlloc; got > 4<<20 {
		t.Errorf("%d bytes allocated", got)
	}
	w.wantLog("[DEBUG] agent: Event 'user' script output: "+strings.Repeat("x", outputBytesMax-4)+"end",
		"[WARN] agent: Script 'head -c 100000000 /dev/zero | tr '\\0' x; echo end' wrote 100000004 bytes, of which the last 8192 are logged")
	w.wantStats(map[string]uint64{"handler_outputs_cut": 1})
}

func TestOutputOf8192BytesIsWhole(t *testing.T) {
	w := start(t, Options{}, "head -c 8191 /dev/zero | tr '\\0' x; echo")
	w.user("x")
	w.finish()
	w.wantLog("[DEBUG] agent: Event 'user' script output: " + strings.Repeat("x", 8191))
	w.wantStats(nil)
}

func TestChildInTheBackgroundHoldsNobodyUpAndLivesOn(t *testing.T) {
	done := filepath.Join(t.TempDir(), "done")
	w := start(t, Options{}, "(sleep 1; head -c 200000 /dev/zero; echo alive >"+done+"; exec sleep 1000) & echo $!")
	w.user("1")
	line := w.logged("Event 'user' script output: ")
	_, pid, _ := strings.Cut(line, "output: ")
	child, err := strconv.Atoi(pid)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = syscall.Kill(child, syscall.SIGKILL) }()
	w.logged("left a process in the background that holds its output")
	eventually(t, "the child that writes has come to its end", func() bool {
		_, err := os.Stat(done)
		return err == nil
	})
	w.finish()
	w.wantStats(nil)
}

// eventually waits for what nobody announces.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for deadline := time.Now().Add(patience); !ok(); <-ticker.C {
		if time.Now().After(deadline) {
			t.Fatalf("not so: %s", what)
		}
	}
}

func TestPipesOfTooManyChildrenAreClosed(t *testing.T) {
	var s shell
	var ends []*os.File
	for range lingerMax + 1 {
		r, other, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		defer other.Close()
		ends = append(ends, r)
		done := make(chan struct{})
		go func() {
			empty(r, func([]byte) {})
			close(done)
		}()
		s.adopt([]*os.File{r}, done)
	}
	eventually(t, "the last one is closed", func() bool { return ends[lingerMax].SetDeadline(time.Time{}) != nil })
	if err := ends[0].SetDeadline(time.Time{}); err != nil {
		t.Errorf("the first one: %v", err)
	}
	s.close()
	if err := ends[0].SetDeadline(time.Time{}); err == nil {
		t.Error("the first one is still open")
	}
}

func TestFailureShowsTheOutput(t *testing.T) {
	w := start(t, Options{}, "echo oops; exit 3", "exit 4", "kill -TERM $$", "/nonexistent/command")
	w.user("x")
	w.finish()
	w.wantLog("[ERR] agent: Event 'user' script output: oops", "[ERR] agent: Error invoking script 'echo oops; exit 3': exit status 3")
	w.wantLog("[DEBUG] agent: Event 'user' script output: ", "[ERR] agent: Error invoking script 'exit 4': exit status 4")
	w.wantLog("[ERR] agent: Error invoking script 'kill -TERM $$': signal: terminated")
	w.wantLog("[ERR] agent: Error invoking script '/nonexistent/command': exit status 127")
	w.wantStats(map[string]uint64{"handler_runs_failed": 4})
}

func TestScriptNeedNotRead(t *testing.T) {
	for _, script := range []string{"true", "exec <&-; sleep 0.2"} {
		w := start(t, Options{}, script)
		w.Handle(eventbus.Event{Type: eventbus.User, Name: "x", Payload: make([]byte, 1<<20)})
		w.finish()
		w.wantStats(nil)
		if log := w.all(); strings.Contains(log, "Error") {
			t.Errorf("%s: %s", script, log)
		}
	}
}

func TestLargeInputIsReadWhole(t *testing.T) {
	w := start(t, Options{}, "wc -c")
	w.Handle(eventbus.Event{Type: eventbus.User, Name: "x", Payload: append(make([]byte, 1<<20), '\n')})
	w.finish()
	w.wantLog("[DEBUG] agent: Event 'user' script output: 1048577")
}

func TestNULAndControlCharactersLoseNoEvent(t *testing.T) {
	w := start(t, Options{}, `printf '%s|' "$SERF_USER_EVENT"; cat`)
	w.Handle(eventbus.Event{Type: eventbus.User, Name: "a\x00b\x1b", LTime: 1, Payload: []byte("c\x00d\a")})
	w.finish()
	w.wantLog(`[WARN] agent: Event 'user': SERF_USER_EVENT holds a NUL, which environment variables cannot: passed on as \x00`,
		`[DEBUG] agent: Event 'user' script output: a\x00b\x1b|c\x00d\x07`)
	w.wantStats(map[string]uint64{"handler_values_replaced": 1})
}

func TestSlowHandlerDropsTheOldestEventsAndSaysSoOnce(t *testing.T) {
	w := start(t, Options{}, "user:first=sleep 1000", "user=sleep 1000", "member-join=true")
	w.user("event")
	busy := w.lanes[1]
	eventually(t, "the first event is being handled", func() bool {
		busy.mu.Lock()
		defer busy.mu.Unlock()
		return len(busy.waiting) == 0
	})
	for range 9999 {
		w.user("event")
	}
	const dropped = 9999 - queueMax
	w.wantStats(map[string]uint64{"handler_events_dropped": dropped})
	if got := strings.Count(w.all(), "Script 'sleep 1000' too slow, queue of 4096 events full, dropping the oldest"); got != 1 {
		t.Errorf("said %d times:\n%s", got, w.all())
	}
	w.cutOff()
	w.wantStats(map[string]uint64{"handler_events_dropped": 9999, "handler_runs_failed": 1, "handler_runs_cut_off": 1})
}

func TestHandlersMayRunConcurrently(t *testing.T) {
	fifo := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	// The two runs meet at the fifo, or wait for each other for ever.
	w := start(t, Options{Concurrency: 2}, "case $SERF_USER_EVENT in a) echo met >"+fifo+";; b) cat "+fifo+"; esac")
	w.user("a", "b")
	w.finish()
	w.wantLog("[DEBUG] agent: Event 'user' script output: met")
}

func TestChangedHandlersTakeEffectWithTheNextEvent(t *testing.T) {
	fifo := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	w := start(t, Options{}, "read x <"+fifo+"; echo old $SERF_USER_EVENT $x", "echo kept $SERF_USER_EVENT")
	w.user("1", "2")
	w.logged("kept 2")
	kept := w.lanes[1]
	w.set(Options{}, "echo kept $SERF_USER_EVENT", "user=echo new $SERF_USER_EVENT")
	if w.lanes[0] != kept {
		t.Error("a handler that stays did not keep its queue")
	}
	if list := w.List(); len(list) != 2 || list["user:"] != "echo new $SERF_USER_EVENT" {
		t.Errorf("listed: %v", list)
	}
	w.user("3")
	w.logged("new 3")
	for range 2 { // what waits for the old one is not lost
		if err := os.WriteFile(fifo, []byte("x\n"), 0); err != nil {
			t.Fatal(err)
		}
		w.logged("output: old")
	}
	w.finish()
	w.wantLog("[DEBUG] agent: Event 'user' script output: old 1 x", "[DEBUG] agent: Event 'user' script output: old 2 x")
	if log := w.all(); strings.Contains(log, "old 3") || !strings.Contains(log, "kept 3") || strings.Contains(log, "new 2") {
		t.Errorf("wrong handlers ran:\n%s", log)
	}
}

func TestCloseLetsRunningAndWaitingEventsEnd(t *testing.T) {
	w := start(t, Options{}, "sleep 0.2; echo done $SERF_EVENT")
	w.user("x")
	w.Handle(eventbus.Event{Type: eventbus.MemberLeave, Members: []*eventbus.Member{self}})
	w.finish()
	w.user("late")
	w.wantLog("[DEBUG] agent: Event 'user' script output: done user", "[DEBUG] agent: Event 'member-leave' script output: done member-leave")
	w.wantStats(nil)
}

func TestShellThatIsMissingIsSaid(t *testing.T) {
	w := start(t, Options{}, "true")
	w.run = func(context.Context, request) outcome {
		return outcome{err: fmt.Errorf("fork/exec /bin/sh: %w", os.ErrNotExist)}
	}
	w.user("x")
	w.finish()
	w.wantLog("[ERR] agent: Error invoking script 'true': fork/exec /bin/sh: file does not exist")
	w.wantStats(map[string]uint64{"handler_runs_failed": 1})
}

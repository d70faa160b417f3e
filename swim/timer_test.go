package swim

import (
	"cmp"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// modelTimer is a timer of the model, which looks at all of them each time.
type modelTimer struct {
	at    int64
	kind  Timer
	order int
	h     handle
	key   uint32
}

func TestTimersAgreeWithModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		timers := newTimers()
		var model []modelTimer
		order := 0
		t.Repeat(map[string]func(*rapid.T){
			"arm": func(t *rapid.T) {
				k := Timer(rapid.IntRange(1, int(timerSingles)-1).Draw(t, "kind"))
				at := rapid.Int64Range(0, 20).Draw(t, "at")
				timers.arm(k, at)
				model = slices.DeleteFunc(model, func(m modelTimer) bool { return m.kind == k })
				model = append(model, modelTimer{at: at, kind: k})
			},
			"disarm": func(t *rapid.T) {
				k := Timer(rapid.IntRange(1, int(timerSingles)-1).Draw(t, "kind"))
				timers.disarm(k)
				model = slices.DeleteFunc(model, func(m modelTimer) bool { return m.kind == k })
			},
			"start": func(t *rapid.T) {
				order++
				m := modelTimer{at: rapid.Int64Range(0, 20).Draw(t, "at"), order: order, key: rapid.Uint32().Draw(t, "key"),
					kind: Timer(rapid.IntRange(int(timerSingles), int(TimerSuspicion)).Draw(t, "kind"))}
				m.h = timers.start(m.kind, m.key, m.at)
				model = append(model, m)
			},
			"stop": func(t *rapid.T) {
				if i := drawKeyed(t, model); i >= 0 {
					timers.stop(model[i].h)
					model = slices.Delete(model, i, i+1)
				}
			},
			"move": func(t *rapid.T) {
				if i := drawKeyed(t, model); i >= 0 {
					order++
					model[i].at, model[i].order = rapid.Int64Range(0, 20).Draw(t, "at"), order
					timers.move(model[i].h, model[i].at)
				}
			},
			"": func(t *rapid.T) { checkNext(t, &timers, model) },
		})
	})
}

func drawKeyed(t *rapid.T, model []modelTimer) int {
	var keyed []int
	for i, m := range model {
		if m.h != 0 {
			keyed = append(keyed, i)
		}
	}
	if len(keyed) == 0 {
		return -1
	}
	return rapid.SampledFrom(keyed).Draw(t, "timer")
}

func checkNext(t *rapid.T, timers *timers, model []modelTimer) {
	for place, h := range timers.heap {
		if int(timers.alarms[h].place) != place {
			t.Fatalf("timer %d believes to be at %d, is at %d", h, timers.alarms[h].place, place)
		}
	}
	at, kind, h := timers.next()
	if len(model) == 0 {
		if at != never {
			t.Fatalf("got %s at %d, want none", kind, at)
		}
		return
	}
	first := slices.MinFunc(model, func(a, b modelTimer) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.kind, b.kind), cmp.Compare(a.order, b.order))
	})
	if at != first.at || kind != first.kind || h != first.h || h != 0 && timers.alarms[h].key != first.key {
		t.Fatalf("got %s %d at %d, want %+v", kind, h, at, first)
	}
}

func TestTimersReuseTheirMemory(t *testing.T) {
	timers := newTimers()
	for range 1000 {
		timers.stop(timers.start(TimerServed, 1, 5))
	}
	want(t, "alarms", len(timers.alarms), 2)
}

func TestTimerNames(t *testing.T) {
	for k := range TimerSuspicion + 2 {
		if name := k.String(); name == "unknown" != (k > TimerSuspicion) {
			t.Errorf("timer %d: got name %q", k, name)
		}
	}
}

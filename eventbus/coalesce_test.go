package eventbus

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"testing"
	"time"
)

// start is when every test begins.
var start = time.Unix(1_000_000, 0)

type coalesceVector struct {
	Name, Kind string
	Steps      []struct {
		In *struct {
			Event, Node, Tag, Payload string
			LTime                     uint64
		}
		Flush map[string][]string
	}
}

// cleared are vectors of a defect that is not copied; TestUpdateIsToldOnce says what happens instead.
var cleared = map[string]bool{"stale_update_resent": true}

func TestCoalesceVectors(t *testing.T) {
	b, err := os.ReadFile("testdata/vectors/coalesce.json")
	if err != nil {
		t.Fatal(err)
	}
	var vs []coalesceVector
	if err := json.Unmarshal(b, &vs); err != nil {
		t.Fatal(err)
	}
	for _, v := range vs {
		if cleared[v.Name] {
			continue
		}
		t.Run(v.Name, func(t *testing.T) {
			members, users := NewCoalescer(time.Second, time.Second), NewUserCoalescer(time.Second, time.Second)
			for i, s := range v.Steps {
				switch {
				case s.In != nil && v.Kind == "member":
					members.Push(start, memberEvent(typeOf(t, s.In.Event), s.In.Node, s.In.Tag))
				case s.In != nil:
					users.Push(start, Event{Type: User, Name: s.In.Event, LTime: s.In.LTime, Payload: []byte(s.In.Payload), Coalesce: true})
				default:
					members.Flush()
					users.Flush()
					got := told(append(drain(members), drain(users)...))
					if !maps.EqualFunc(got, s.Flush, slices.Equal) {
						t.Errorf("step %d: flushed %v, want %v", i, got, s.Flush)
					}
				}
			}
		})
	}
}

func TestUpdateIsToldOnce(t *testing.T) {
	c := NewCoalescer(time.Second, time.Second)
	c.Push(start, memberEvent(MemberUpdate, "a", "1"))
	c.Flush()
	drain(c)
	c.Push(start, memberEvent(MemberJoin, "b", "1"))
	c.Flush()
	if got, want := fmt.Sprint(told(drain(c))), "map[member-join:[b=1]]"; got != want {
		t.Errorf("second window told %s, want %s", got, want)
	}
}

func TestUserEventsWaitForTheEndOfTheirWindow(t *testing.T) {
	c := NewUserCoalescer(3*time.Second, time.Second)
	for i := range 4 {
		c.Push(start.Add(time.Duration(i)*900*time.Millisecond), Event{Type: User, Name: "a", LTime: uint64(i), Coalesce: true})
	}
	if at := c.NextDeadline().Sub(start); at != 3*time.Second {
		t.Errorf("window ends after %s, want 3s", at)
	}
	c.HandleDeadline(start.Add(3*time.Second - 1))
	if got := told(drain(c)); len(got) != 0 {
		t.Errorf("told %v before the end", got)
	}
	c.HandleDeadline(start.Add(3 * time.Second))
	if got, want := fmt.Sprint(told(drain(c))), "map[a:[3:]]"; got != want {
		t.Errorf("told %s, want %s", got, want)
	}
}

func TestReappearanceAfterReapIsTold(t *testing.T) {
	c := NewCoalescer(time.Second, time.Second)
	for _, typ := range []EventType{MemberJoin, MemberReap, MemberJoin, MemberReap} {
		c.Push(start, memberEvent(typ, "a", ""))
		c.Flush()
	}
	if got := len(drain(c)); got != 4 {
		t.Errorf("%d events told, want 4", got)
	}
	if got := len(c.sent); got != 0 {
		t.Errorf("%d members remembered after their reap, want 0", got)
	}
}

func TestWindowEndsWhenQuietOrAfterPeriod(t *testing.T) {
	for _, test := range []struct {
		name   string
		pushes []time.Duration
		want   time.Duration
	}{
		{"quiet", []time.Duration{0}, time.Second},
		{"prolonged", []time.Duration{0, 900 * time.Millisecond}, 1900 * time.Millisecond},
		{"period", []time.Duration{0, 900 * time.Millisecond, 1800 * time.Millisecond, 2700 * time.Millisecond}, 3 * time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := NewCoalescer(3*time.Second, time.Second)
			for _, d := range test.pushes {
				c.HandleDeadline(start.Add(d))
				c.Push(start.Add(d), memberEvent(MemberJoin, "a", ""))
			}
			if got, want := c.NextDeadline(), start.Add(test.want); !got.Equal(want) {
				t.Fatalf("deadline %v, want %v", got, want)
			}
			c.HandleDeadline(start.Add(test.want - 1))
			if got := len(drain(c)); got != 0 {
				t.Errorf("%d events before the deadline, want 0", got)
			}
			c.HandleDeadline(start.Add(test.want))
			if got := len(drain(c)); got != 1 {
				t.Errorf("%d events at the deadline, want 1", got)
			}
			if got := c.NextDeadline(); !got.IsZero() {
				t.Errorf("deadline %v after the flush, want none", got)
			}
		})
	}
}

func TestWithoutPeriodEverythingPasses(t *testing.T) {
	for _, c := range []*Coalescer{NewCoalescer(0, time.Second), NewCoalescer(time.Second, 0)} {
		for range 2 {
			c.Push(start, memberEvent(MemberJoin, "a", ""))
		}
		if got := len(drain(c)); got != 2 {
			t.Errorf("%d events passed, want 2", got)
		}
		if got := c.NextDeadline(); !got.IsZero() {
			t.Errorf("deadline %v, want none", got)
		}
	}
}

func TestOtherEventsOvertakeHeldOnes(t *testing.T) {
	c := NewCoalescer(time.Second, time.Second)
	c.Push(start, memberEvent(MemberJoin, "a", ""))
	c.Push(start, Event{Type: User, Name: "deploy"})
	if got := told(drain(c)); len(got) != 1 || got["deploy"] == nil {
		t.Errorf("passed %v, want the user event alone", got)
	}
}

func TestMembersKeepTheirOrder(t *testing.T) {
	c := NewCoalescer(time.Second, time.Second)
	for _, name := range []string{"d", "b", "a", "b", "c"} {
		c.Push(start, memberEvent(MemberUpdate, name, ""))
	}
	c.Flush()
	var got []string
	for _, m := range drain(c)[0].Members {
		got = append(got, m.Name)
	}
	if want := []string{"d", "b", "a", "c"}; !slices.Equal(got, want) {
		t.Errorf("members %v, want %v", got, want)
	}
}

func TestFullWindowIsFlushedEarly(t *testing.T) {
	c := NewCoalescer(time.Hour, time.Hour)
	for i := range windowMembersMax {
		c.Push(start, memberEvent(MemberJoin, fmt.Sprint(i), ""))
	}
	if got := drain(c); len(got) != 1 || len(got[0].Members) != windowMembersMax {
		t.Errorf("%d events, want one of %d members", len(got), windowMembersMax)
	}
	u := NewUserCoalescer(time.Hour, time.Hour)
	for range windowEventsMax {
		u.Push(start, Event{Type: User, Name: "e", Coalesce: true})
	}
	if got := len(drain(u)); got != windowEventsMax {
		t.Errorf("%d user events, want %d", got, windowEventsMax)
	}
}

func memberEvent(typ EventType, name, tag string) Event {
	return Event{Type: typ, Members: []*Member{{Name: name, Tags: map[string]string{"t": tag}}}}
}

func typeOf(t *testing.T, name string) EventType {
	t.Helper()
	i := slices.Index(eventTypeNames[:], name)
	if i < 0 {
		t.Fatalf("unknown event type %q", name)
	}
	return EventType(i)
}

func drain(c interface{ Next() (Event, bool) }) (events []Event) {
	for {
		e, ok := c.Next()
		if !ok {
			return events
		}
		events = append(events, e)
	}
}

// told is how the vectors write events.
func told(events []Event) map[string][]string {
	m := make(map[string][]string)
	for _, e := range events {
		for _, member := range e.Members {
			m[e.Type.String()] = append(m[e.Type.String()], member.Name+"="+member.Tags["t"])
		}
		if e.Type == User {
			m[e.Name] = append(m[e.Name], fmt.Sprintf("%d:%s", e.LTime, e.Payload))
		} else {
			slices.Sort(m[e.Type.String()])
		}
	}
	return m
}

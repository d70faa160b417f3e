package membership

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"serf/broadcast"
	"serf/eventbus"
	"serf/swim"
)

// This file runs the vectors of the member rules: everything of a Cluster but the failure detector under it.

// start is when every test begins.
var start = time.Unix(1_000_000, 0).UTC()

type stepVector struct {
	Name      string
	LocalNode string `json:"local_node"`
	Steps     []struct {
		Op struct {
			Op, Node, Role, State string
			LTime                 uint64
			Prune                 bool
			PushPullHex           string `json:"push_pull_hex"`
			IsJoin                bool   `json:"is_join"`
			IgnoreOld             bool   `json:"ignore_old"`
		}
		Result stepResult
	}
}

type stepResult struct {
	Clock        uint64
	EventClock   *uint64 `json:"event_clock"`
	QueryClock   *uint64 `json:"query_clock"`
	EventMinTime *uint64 `json:"event_min_time"`
	Members      map[string]statusPair
	Events       []struct {
		Type          string
		Members       []string
		Name, Payload string
		LTime         uint64
		Coalesce      bool
	}
	Rebroadcast   *bool
	Failed, Left  []string
	RecentIntents map[string]statusPair `json:"recent_intents"`
	Queued        []string
}

// statusPair is a two-element list: a word and a Lamport time.
type statusPair struct {
	word  string
	ltime uint64
}

func (p *statusPair) UnmarshalJSON(b []byte) error {
	return json.Unmarshal(b, &[]any{&p.word, &p.ltime})
}

// Vectors of what is done differently here, with the test that says how.
var otherwise = map[string]string{
	"refute_self_old":     "TestLeaveIntentWithEqualTimeIsDenied",
	"ltime_max_wrap":      "TestFarLamportTimeIsRefused",
	"left_inflation":      "TestLeftMemberDoesNotDriveClocks",
	"intent_not_consumed": "TestIntentIsUsedOnce",
}

func TestMemberStatusVectors(t *testing.T)  { runSteps(t, "member_status.json") }
func TestPushPullMergeVectors(t *testing.T) { runSteps(t, "push_pull_merge.json") }

func runSteps(t *testing.T, file string) {
	var vs []stepVector
	readVectors(t, file, &vs)
	different := 0
	for _, v := range vs {
		if otherwise[v.Name] != "" {
			different++
			continue
		}
		t.Run(v.Name, func(t *testing.T) {
			m := newMachine(v.LocalNode)
			for i, s := range v.Steps {
				relay := m.do(t, s.Op.Op, &v, i)
				m.table.firePrunes(m.at(m.now), func(string) bool { return false })
				m.settleWithoutNode()
				m.compare(t, i, &s.Result, relay)
				m.check(t)
				m.keepIntents(&s.Result)
				if t.Failed() {
					t.Fatalf("step %d: %+v", i, s.Op)
				}
			}
		})
	}
	if want := map[string]int{"member_status.json": 3, "push_pull_merge.json": 1}[file]; different != want {
		t.Errorf("%d vectors are left to other tests, want %d", different, want)
	}
}

// machine is a Cluster without a failure detector.
type machine struct {
	*Cluster
	now    time.Time
	events []string
	used   map[string]bool // names whose intents were used, which the reference keeps
}

func newMachine(local string) *machine {
	cfg := DefaultLAN()
	cfg.Swim.Name = local
	cfg.BroadcastTimeout, cfg.LeavePropagateDelay = 0, 0
	return newMachineOf(cfg)
}

func newMachineOf(cfg Config) *machine {
	cfg.CoalescePeriod, cfg.UserCoalescePeriod = 0, 0
	c, err := newCluster(cfg, start, rand.New(rand.NewPCG(1, 2)))
	if err != nil {
		panic(err)
	}
	for kind := range c.queues {
		c.queues[kind] = broadcast.New(broadcast.Config{}) // everything is sent once
	}
	return &machine{Cluster: c, now: start, used: make(map[string]bool)}
}

func roleInfo(name, role string) *swim.Info {
	return &swim.Info{Name: name, Meta: AppendTags(nil, 5, map[string]string{"role": role})}
}

func (m *machine) do(t *testing.T, op string, v *stepVector, i int) (relay bool) {
	t.Helper()
	at, s := m.at(m.now), &v.Steps[i].Op
	switch op {
	case "notify_join":
		if _, there := m.table.intents.byName[s.Node]; there {
			m.used[s.Node] = true
		}
		if err := m.table.onJoin(at, roleInfo(s.Node, s.Role)); err != nil {
			t.Fatal(err)
		}
	case "notify_leave":
		m.table.onLeave(at, s.Node)
	case "notify_update":
		m.table.onUpdate(roleInfo(s.Node, s.Role))
	case "join_intent":
		relay, _ = m.table.joinIntent(at, s.LTime, s.Node)
	case "leave_intent":
		relay, _ = m.table.leaveIntent(at, s.LTime, s.Node, s.Prune)
	case "set_state":
		m.table.life = map[string]LifeState{"alive": LifeAlive, "leaving": LifeLeaving, "left": LifeLeft, "shutdown": LifeShutdown}[s.State]
	case "expire_intents":
		m.table.intents.expire(never)
	case "reap":
		m.table.reap(at + int64(1000*time.Hour))
	case "merge":
		m.merge(m.now, unhex(t, s.PushPullHex), s.IgnoreOld && s.IsJoin)
	default:
		t.Fatalf("unknown operation %q", op)
	}
	return relay
}

// settleWithoutNode is Cluster.settle as far as there is no failure detector.
func (m *machine) settleWithoutNode() {
	m.tell(m.now)
	m.events = nil
	for {
		e, ok := m.NextEffect()
		if !ok {
			return
		}
		if e.Kind == EffectEvent && e.Event.Type == eventbus.User {
			e := &e.Event
			m.events = append(m.events, fmt.Sprintf("user %s@%d=%x %v", e.Name, e.LTime, e.Payload, e.Coalesce))
		}
		if e.Kind == EffectEvent {
			for _, member := range e.Event.Members {
				m.events = append(m.events, fmt.Sprintf("%v %s=%v", e.Event.Type, member.Name, member.Status))
			}
		}
	}
}

func (m *machine) compare(t *testing.T, step int, want *stepResult, relay bool) {
	t.Helper()
	check := func(what string, got, want any) {
		t.Helper()
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("step %d: %s %v, want %v", step, what, got, want)
		}
	}
	check("clock", m.table.clock.Time(), want.Clock)
	if want.EventClock != nil {
		check("event clock", m.users.Time(), *want.EventClock)
		check("query clock", m.queries.Time(), *want.QueryClock)
		check("event minimum", m.users.MinTime(), *want.EventMinTime)
	}
	check("members", m.statuses(), want.Members)
	var events []string
	for _, e := range want.Events {
		if e.Type == "user" {
			events = append(events, fmt.Sprintf("user %s@%d=%s %v", e.Name, e.LTime, e.Payload, e.Coalesce))
		}
		for _, member := range e.Members {
			events = append(events, e.Type+" "+member)
		}
	}
	check("events", m.events, events)
	if want.Rebroadcast != nil {
		check("rebroadcast", relay, *want.Rebroadcast)
	}
	check("failed", m.named(eventbus.StatusFailed), slices.Sorted(slices.Values(want.Failed)))
	check("left", m.named(eventbus.StatusLeft), slices.Sorted(slices.Values(want.Left)))
	check("queued", m.queued(), want.Queued)

	intents := make(map[string]statusPair)
	for name, i := range m.table.intents.byName {
		intents[name] = pairOf(i)
	}
	maps.DeleteFunc(want.RecentIntents, func(name string, _ statusPair) bool { return m.used[name] && m.table.find(name) != nil })
	for name, p := range want.RecentIntents {
		if _, there := intents[name]; !there && m.used[name] {
			intents[name] = p // keepIntents puts it back
		}
	}
	check("intents", intents, want.RecentIntents)
}

// keepIntents puts back those used intents that the reference still keeps, so that what follows can be compared.
func (m *machine) keepIntents(want *stepResult) {
	for name, p := range want.RecentIntents {
		if _, there := m.table.intents.byName[name]; !there {
			m.table.intents.byName[name] = intent{leave: p.word == "leave", ltime: p.ltime}
		}
	}
}

func pairOf(i intent) statusPair {
	if i.leave {
		return statusPair{"leave", i.ltime}
	}
	return statusPair{"join", i.ltime}
}

// statuses returns name, status and Lamport time of every member.
func (m *machine) statuses() map[string]statusPair {
	statuses := make(map[string]statusPair)
	for r := range m.table.each {
		name := r.member.Name
		statuses[name] = statusPair{r.member.Status.String(), r.ltime}
	}
	return statuses
}

func (m *machine) named(s Status) (names []string) {
	for _, member := range m.table.list() {
		if member.Status == s {
			names = append(names, member.Name)
		}
	}
	return names
}

// queued takes out what is to be gossiped, in hexadecimal and without the type byte of user messages.
func (m *machine) queued() (messages []string) {
	var b broadcast.Batch
	m.queues[queueIntent].Take(&b, 3, math.MaxInt32, 1)
	for message := range b.All {
		messages = append(messages, hex.EncodeToString(message[1:]))
	}
	return messages
}

// check compares the table with what its invariants say.
func (m *machine) check(t *testing.T) { checkTable(t, m.table) }

func checkTable(t *testing.T, table *table) {
	t.Helper()
	counts := make(map[Status]int)
	var want []*Member
	for r := range table.each {
		name := r.member.Name
		counts[r.member.Status]++
		want = append(want, r.member)
		if name != r.member.Name || r.ltime >= table.clock.Time() && r.ltime != math.MaxUint64 {
			t.Errorf("%s has Lamport time %d, the clock %d", name, r.ltime, table.clock.Time())
		}
	}
	if table.failed != counts[eventbus.StatusFailed] || table.left != counts[eventbus.StatusLeft] {
		t.Errorf("counted %d failed and %d left, want %v", table.failed, table.left, counts)
	}
	slices.SortFunc(want, func(a, b *Member) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
	if got := table.list(); !slices.Equal(got, want) {
		t.Errorf("list %v, want %v", got, want)
	}
	for name := range table.intents.byName {
		if table.find(name) != nil {
			t.Errorf("an intent waits for the known member %s", name)
		}
	}
}

package handler

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"serf/eventbus"
)

// self is the local member of these tests.
var self = &eventbus.Member{Name: "agent1", Addr: netip.MustParseAddrPort("127.0.0.71:7946"), Status: eventbus.StatusAlive,
	Tags: map[string]string{"role": "test", "munin-group": "manage"}}

func member(name, ip string, tags map[string]string) *eventbus.Member {
	return &eventbus.Member{Name: name, Addr: netip.AddrPortFrom(netip.MustParseAddr(ip), 7946), Tags: tags, Status: eventbus.StatusAlive}
}

func TestEnvironment(t *testing.T) {
	const tags = "\nSERF_TAG_MUNIN_GROUP=manage\nSERF_TAG_ROLE=test"
	query := eventbus.Event{Type: eventbus.Query, Name: "uptime", LTime: 1, ID: 5, From: "n2", Deadline: time.Unix(1700000000, 5)}
	for _, tt := range []struct {
		name  string
		event eventbus.Event
		extra bool
		want  string
	}{
		{"member", eventbus.Event{Type: eventbus.MemberJoin}, false,
			"SERF_EVENT=member-join\nSERF_SELF_NAME=agent1\nSERF_SELF_ROLE=test" + tags},
		{"user event", eventbus.Event{Type: eventbus.User, Name: "hello", LTime: 1}, false,
			"SERF_EVENT=user\nSERF_SELF_NAME=agent1\nSERF_SELF_ROLE=test" + tags + "\nSERF_USER_EVENT=hello\nSERF_USER_LTIME=1"},
		{"user event without a name", eventbus.Event{Type: eventbus.User, LTime: 1 << 63}, false,
			"SERF_EVENT=user\nSERF_SELF_NAME=agent1\nSERF_SELF_ROLE=test" + tags + "\nSERF_USER_EVENT=\nSERF_USER_LTIME=9223372036854775808"},
		{"query", query, false,
			"SERF_EVENT=query\nSERF_SELF_NAME=agent1\nSERF_SELF_ROLE=test" + tags + "\nSERF_QUERY_NAME=uptime\nSERF_QUERY_LTIME=1"},
		{"query with all", query, true,
			"SERF_EVENT=query\nSERF_SELF_NAME=agent1\nSERF_SELF_ROLE=test" + tags + "\nSERF_QUERY_NAME=uptime\nSERF_QUERY_LTIME=1" +
				"\nSERF_SELF_ADDR=127.0.0.71\nSERF_SELF_PORT=7946\nSERF_QUERY_ID=5\nSERF_QUERY_FROM=n2\nSERF_QUERY_DEADLINE=1700000000"},
	} {
		env, notes := Environ(self, tt.event, tt.extra)
		if got := strings.Join(env, "\n"); got != tt.want || notes != nil {
			t.Errorf("%s, notes %q\ngot\n%s\nwant\n%s", tt.name, notes, got, tt.want)
		}
	}
}

func TestEnvironmentOfAMemberWithoutTags(t *testing.T) {
	env, notes := Environ(member("n1", "127.0.0.1", nil), eventbus.Event{Type: eventbus.MemberReap}, false)
	want := []string{"SERF_EVENT=member-reap", "SERF_SELF_NAME=n1", "SERF_SELF_ROLE="}
	if !slices.Equal(env, want) || notes != nil {
		t.Errorf("got %q, notes %q, want %q", env, notes, want)
	}
}

func TestTagNamesBecomeVariables(t *testing.T) {
	for tag, want := range map[string]string{
		"role": "SERF_TAG_ROLE", "munin-group": "SERF_TAG_MUNIN_GROUP", "x.y": "SERF_TAG_X_Y", "x y": "SERF_TAG_X_Y", "A1_b": "SERF_TAG_A1_B",
		"é": "SERF_TAG__", "ſ": "SERF_TAG_S", "\xff\xfe": "SERF_TAG___", "a=b": "SERF_TAG_A_B", "\x00": "SERF_TAG__", "": "SERF_TAG_",
	} {
		if got := variable(tag); got != want {
			t.Errorf("%q: %s, want %s", tag, got, want)
		}
	}
}

func TestOfTagsWithOneVariableTheLastCounts(t *testing.T) {
	for range 20 { // whatever the order of the map
		env, notes := Environ(member("n1", "127.0.0.1", map[string]string{"x.y": "3", "x y": "1", "x-y": "2"}), eventbus.Event{Type: eventbus.User}, false)
		if !slices.Contains(env, "SERF_TAG_X_Y=3") || len(env) != 6 || len(notes) != 2 {
			t.Fatalf("got %q, notes %q", env, notes)
		}
	}
}

func TestNULDoesNotLoseAnEvent(t *testing.T) {
	env, notes := Environ(self, eventbus.Event{Type: eventbus.User, Name: "a\x00b\n"}, false)
	if !slices.Contains(env, `SERF_USER_EVENT=a\x00b`+"\n") || len(notes) != 1 {
		t.Errorf("got %q, notes %q", env, notes)
	}
}

func TestStandardInput(t *testing.T) {
	db := member("n2", "127.0.0.72", map[string]string{"role": "db"})
	for _, tt := range []struct {
		name  string
		event eventbus.Event
		want  string
	}{
		{"role", eventbus.Event{Type: eventbus.MemberJoin, Members: []*eventbus.Member{db}}, "n2\t127.0.0.72\tdb\trole=db\n"},
		{"no tags", eventbus.Event{Type: eventbus.MemberLeave, Members: []*eventbus.Member{member("n3", "::1", nil)}}, "n3\t::1\t\t\n"},
		{"IPv4 in 16 bytes", eventbus.Event{Members: []*eventbus.Member{member("n3", "::ffff:10.0.0.1", nil)}}, "n3\t10.0.0.1\t\t\n"},
		{"two members", eventbus.Event{Type: eventbus.MemberFailed, Members: []*eventbus.Member{db, member("n3", "10.0.0.1", nil)}},
			"n2\t127.0.0.72\tdb\trole=db\nn3\t10.0.0.1\t\t\n"},
		{"sorted tags", eventbus.Event{Members: []*eventbus.Member{member("n", "10.0.0.1", map[string]string{"b": "2", "a": "x,y=z", "role": ""})}},
			"n\t10.0.0.1\t\ta=x,y=z,b=2,role=\n"},
		{"escapes", eventbus.Event{Members: []*eventbus.Member{member("a\tb\nc", "10.0.0.1", map[string]string{"role": "x\ty", "k\n": "\\"})}},
			`a\tb\nc` + "\t10.0.0.1\t" + `x\ty` + "\t" + `k\n=\,role=x\ty` + "\n"},
		{"payload", eventbus.Event{Type: eventbus.User, Payload: []byte("hello")}, "hello\n"},
		{"payload with a newline", eventbus.Event{Type: eventbus.Query, Payload: []byte("uptime\n")}, "uptime\n"},
		{"payload of newlines", eventbus.Event{Type: eventbus.User, Payload: []byte("\n\n")}, "\n\n"},
		{"no payload", eventbus.Event{Type: eventbus.User}, ""},
		{"binary payload", eventbus.Event{Type: eventbus.User, Payload: []byte("a\x00\xff\r")}, "a\x00\xff\r\n"},
	} {
		if got := string(AppendText([]byte("|"), tt.event)); got != "|"+tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, "|"+tt.want)
		}
	}
}

func TestStandardInputAsJSON(t *testing.T) {
	const me = `"self":{"name":"agent1","address":"127.0.0.71","port":7946,"status":"alive","tags":{"munin-group":"manage","role":"test"}}`
	for _, tt := range []struct {
		name  string
		event eventbus.Event
		want  string
	}{
		{"members", eventbus.Event{Type: eventbus.MemberJoin, Members: []*eventbus.Member{member("a\tb", "10.0.0.1", nil)}},
			`{"event":"member-join",` + me + `,"members":[{"name":"a\tb","address":"10.0.0.1","port":7946,"status":"alive","tags":{}}]}`},
		{"user event", eventbus.Event{Type: eventbus.User, Name: "deploy", LTime: 7, Payload: []byte("v1\n")},
			`{"event":"user",` + me + `,"name":"deploy","ltime":7,"payload":"v1\n"}`},
		{"empty user event", eventbus.Event{Type: eventbus.User}, `{"event":"user",` + me + `,"name":"","payload":""}`},
		{"binary", eventbus.Event{Type: eventbus.User, Name: "b", LTime: 7, Payload: []byte{0xff}},
			`{"event":"user",` + me + `,"name":"b","ltime":7,"payload_base64":"/w=="}`},
		{"query", eventbus.Event{Type: eventbus.Query, Name: "q", LTime: 7, ID: 9, From: "n2", Deadline: time.Unix(1700000000, 0)},
			`{"event":"query",` + me + `,"name":"q","ltime":7,"payload":"","id":9,"from":"n2","deadline":"2023-11-14T22:13:20Z"}`},
		{"query of the far future", eventbus.Event{Type: eventbus.Query, Deadline: time.Unix(1<<40, 0)},
			`{"event":"query",` + me + `,"name":"","payload":"","deadline":"36812-02-20T00:36:16Z"}`},
	} {
		if got := string(AppendJSON(nil, self, tt.event)); got != tt.want+"\n" {
			t.Errorf("%s\ngot  %s\nwant %s", tt.name, got, tt.want)
		}
	}
}

func TestTailKeepsTheLastBytes(t *testing.T) {
	for _, writes := range [][]string{{""}, {"abc"}, {"abcde"}, {"abcdefgh"}, {"a", "bc", "defg"}, {"abcde", "f"}, {"abc", "defghijkl"}, {"abcdefghijklm", "nopqrs"}} {
		x := tail{max: 5}
		for _, w := range writes {
			_, _ = x.Write([]byte(w))
		}
		all := strings.Join(writes, "")
		if got, want := string(x.bytes()), all[max(0, len(all)-5):]; got != want || x.total != int64(len(all)) {
			t.Errorf("%q: %q of %d, want %q", writes, got, x.total, want)
		}
	}
}

func TestTheEndOfAnAnswerIsMarked(t *testing.T) {
	for _, tt := range []struct {
		kept  string
		total int64
		room  int
		want  string
	}{
		{"abc", 3, 3, "abc"},
		{"abcdefghijklmnopqrstuvwxyz", 26, 26, "abcdefghijklmnopqrstuvwxyz"},
		{"abcdefghijklmnopqrstuvwxyz", 26, 25, "[21 bytes left out]\nvwxyz"},
		{"abcdefghijklmnopqrstuvwxyz", 126, 26, "[121 bytes left out]\nvwxyz"},
		{"abcdefghijklmnopqrstuvéwxyz", 28, 25, "[24 bytes left out]\nwxyz"},
	} {
		got := string(lastOf([]byte(tt.kept), tt.total, tt.room))
		if got != tt.want || len(got) > tt.room {
			t.Errorf("%s in %d: %q, want %q", tt.kept, tt.room, got, tt.want)
		}
	}
}

func TestLogShowsNoControlCharacters(t *testing.T) {
	for text, want := range map[string]string{
		"a\tb\nc é": "a\tb\nc é", "\x1b[31mred\x07": `\x1b[31mred\x07`, "a\x00\xff\r": `a\x00\xff\x0d`, "\u009b1m": `\xc2\x9b1m`, "\uFFFD": "\uFFFD",
	} {
		if got := visible(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

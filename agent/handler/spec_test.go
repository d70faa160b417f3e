package handler

import (
	"maps"
	"strings"
	"testing"

	"serf/eventbus"
	"serf/sim/proof"
)

func TestSpecificationIsSplitIntoFiltersAndScript(t *testing.T) {
	for _, tt := range []struct{ text, filters, script string }{
		{"date", "*", "date"},
		{"env | grep SERF", "*", "env | grep SERF"},
		{"*=date", "*", "date"},
		{"=FOO=1 cmd", "*", "FOO=1 cmd"},
		{"*=FOO=1 cmd", "*", "FOO=1 cmd"},
		{"member-join,member-leave=x", "member-join,member-leave", "x"},
		{"*,user=x", "*,user", "x"},
		{"user:deploy=a=b", "user:deploy", "a=b"},
		{"user:=x", "user:", "x"},
		{"query:uptime=uptime", "query:uptime", "uptime"},
		{"query:sh=/bin/bash", "query:sh", "/bin/bash"},
		{"user:with blank=x", "user:with blank", "x"},
		{"member-join=", "member-join", ""},
		// Better than the reference: text that can be no list of filters belongs to the script.
		{"FOO=1 cmd", "*", "FOO=1 cmd"},
		{"USER=x cmd", "*", "USER=x cmd"},
		{"http_proxy=x curl y", "*", "http_proxy=x curl y"},
		{"cmd --option=value", "*", "cmd --option=value"},
		{"./notify.sh -a=b", "*", "./notify.sh -a=b"},
		{"test $(date +%s)=5", "*", "test $(date +%s)=5"},
	} {
		h, err := Parse(tt.text)
		if err != nil {
			t.Errorf("%q: %v", tt.text, err)
			continue
		}
		var filters []string
		for _, e := range h.entries {
			filters = append(filters, e.text)
		}
		if got := strings.Join(filters, ","); got != tt.filters || h.Script != tt.script {
			t.Errorf("%q: got %q and %q, want %q and %q", tt.text, got, h.Script, tt.filters, tt.script)
		}
	}
}

func TestMistypedFiltersAreAllNamed(t *testing.T) {
	const invalid = "Invalid event script: Event "
	for _, tt := range []struct {
		texts []string
		want  []string
	}{
		{[]string{"memberjoin=x"}, []string{invalid + "'memberjoin' invoking 'x'"}},
		{[]string{"foo=bar"}, []string{invalid + "'foo' invoking 'bar'"}},
		{[]string{"users:deploy=x"}, []string{invalid + "'users:deploy' invoking 'x'"}},
		{[]string{" member-leave=x"}, []string{invalid + "' member-leave' invoking 'x'"}},
		{[]string{"member-join, member-leave=x"}, []string{invalid + "' member-leave' invoking 'x'"}},
		{[]string{"Member-Join=x"}, []string{invalid + "'Member-Join' invoking 'x'"}},
		{[]string{"member_join=x"}, []string{invalid + "'member_join' invoking 'x'"}},
		{[]string{"member-join member-leave=x"}, []string{invalid + "'member-join member-leave' invoking 'x'"}},
		{[]string{"member-join:x=y"}, []string{invalid + "'member-join:x' invoking 'y'"}},
		{[]string{"user,=x"}, []string{invalid + "'' invoking 'x'"}},
		{[]string{"a,b=x", "user=fine", "c=y"}, []string{invalid + "'a' invoking 'x'", invalid + "'b' invoking 'x'", invalid + "'c' invoking 'y'"}},
		{[]string{"x\x00y"}, []string{`event handler "x\x00y" holds a NUL character, which no command line can`}},
	} {
		handlers, err := ParseAll(tt.texts)
		want := strings.Join(append(tt.want, errHint.Error()), "\n")
		if err == nil || err.Error() != want || handlers != nil {
			t.Errorf("%q:\ngot  %v\nwant %s", tt.texts, err, want)
		}
	}
}

func TestFiltersChooseEvents(t *testing.T) {
	user := func(name string) eventbus.Event { return eventbus.Event{Type: eventbus.User, Name: name} }
	query := func(name string) eventbus.Event { return eventbus.Event{Type: eventbus.Query, Name: name} }
	join := eventbus.Event{Type: eventbus.MemberJoin}
	for _, tt := range []struct {
		text  string
		event eventbus.Event
		want  int
	}{
		{"x", join, 1}, {"x", user("a"), 1}, {"x", query("a"), 1},
		{"member-join=x", join, 1}, {"member-join=x", user("a"), 0},
		{"member-leave=x", join, 0},
		{"user=x", user("a"), 1}, {"user=x", query("a"), 0},
		{"user:a=x", user("a"), 1}, {"user:a=x", user("A"), 0}, {"user:a=x", user("ab"), 0},
		{"user:=x", user("a"), 1}, {"query:=x", query("a"), 1}, {"query:=x", user("a"), 0},
		{"*,user=x", user("a"), 2}, {"user,user:a,user:b=x", user("a"), 2},
	} {
		h, err := Parse(tt.text)
		if err != nil {
			t.Fatal(err)
		}
		if got := h.matches(tt.event); got != tt.want {
			t.Errorf("%q and %v %s: %d runs, want %d", tt.text, tt.event.Type, tt.event.Name, got, tt.want)
		}
	}
}

func TestListShowsEveryHandler(t *testing.T) {
	handlers, err := ParseAll([]string{"first", "user:deploy=a", "*=second", "member-join,member-leave=b", "third", "user:x#1=c", "user:x=d",
		"user:x=e"})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"*:#1": "first", "*:#2": "second", "*:": "third", "user:deploy": "a", "member-join:": "b",
		"member-leave:": "b", "user:x#1": "c", "user:x#2": "d", "user:x": "e"}
	if got := List(handlers); !maps.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{"", "=", "date", "member-join,member-leave=x", "user:a=b=c", "*,query:=x", "FOO=1 cmd", "memberjoin=x", "a\x00", " user=",
		"\xff=x", strings.Repeat("*,", 2000) + "*=x", "user," + strings.Repeat("a,", 500) + "=" + strings.Repeat("x", 2000)} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var h Handler
		var err error
		proof.Memory(t, len(text), func() { h, err = Parse(text) })
		if err != nil {
			return
		}
		if len(h.entries) == 0 {
			t.Fatal("no filter")
		}
		if !strings.HasSuffix(text, h.Script) {
			t.Fatalf("script %q is not the end of the text", h.Script)
		}
		filters := make([]string, len(h.entries))
		for i, e := range h.entries {
			filters[i] = e.text
		}
		again, err := Parse(strings.Join(filters, ",") + "=" + h.Script)
		if err != nil || !again.same(h) {
			t.Fatalf("written out in full: got %+v, %v, want %+v", again, err, h)
		}
		for _, script := range List([]Handler{h}) {
			if script != h.Script {
				t.Fatalf("listed as %q", script)
			}
		}
	})
}

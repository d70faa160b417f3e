package eventbus

import (
	"reflect"
	"strings"
	"testing"

	"serf/sim/proof"
)

func TestParseFilter(t *testing.T) {
	for _, test := range []struct {
		text, want string
		match      []Event
		pass       []bool
	}{
		{"", "*", []Event{{Type: MemberJoin}, {Type: Query}}, []bool{true, true}},
		{"*", "*", []Event{{Type: MemberReap}}, []bool{true}},
		{"member-join,*", "*", []Event{{Type: Query}}, []bool{true}},
		{"member-join,member-leave", "member-join,member-leave", []Event{{Type: MemberJoin}, {Type: MemberLeave}, {Type: MemberFailed}},
			[]bool{true, true, false}},
		{"user:deploy,query", "user:deploy,query", []Event{{Type: User, Name: "deploy"}, {Type: User, Name: "deployed"}, {Type: Query, Name: "x"}},
			[]bool{true, false, true}},
		{"user:", "user:", []Event{{Type: User}, {Type: User, Name: "x"}}, []bool{true, false}},
		{"query:a:b", "query:a:b", []Event{{Type: Query, Name: "a:b"}}, []bool{true}},
	} {
		f, err := ParseFilter(test.text)
		if err != nil {
			t.Errorf("ParseFilter(%q): %v", test.text, err)
			continue
		}
		if got := f.String(); got != test.want {
			t.Errorf("ParseFilter(%q).String() = %q, want %q", test.text, got, test.want)
		}
		for i, e := range test.match {
			if got := f.Match(e); got != test.pass[i] {
				t.Errorf("%q matches %v %q: %v, want %v", test.text, e.Type, e.Name, got, test.pass[i])
			}
		}
	}
}

func TestParseFilterRefuses(t *testing.T) {
	for _, text := range []string{"bogus", " member-leave", "member-join, user", "member-join:a", "MEMBER-JOIN", ",", "user,"} {
		if f, err := ParseFilter(text); err == nil {
			t.Errorf("ParseFilter(%q) = %v, want an error", text, f)
		}
	}
}

func TestNamesOfTypesAndStatuses(t *testing.T) {
	if got := EventType(200).String() + Status(200).String() + Policy(200).String(); got != "unknownunknownunknown" {
		t.Errorf("unknown values read %q", got)
	}
	if got := StatusLeaving.String(); got != "leaving" {
		t.Errorf("status %q, want leaving", got)
	}
}

// FuzzParseFilter: what is accepted is the same when it is written and read again.
func FuzzParseFilter(f *testing.F) {
	for _, text := range []string{"", "*", "user:deploy,member-join,query", "user:,query:a:b", "member-join:x", "*,nonsense", strings.Repeat("user,", 500) + "user",
		strings.Repeat("*,", 1000) + "user", strings.Repeat(",", 1000)} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var filter Filter
		var err error
		proof.Memory(t, len(text), func() { filter, err = ParseFilter(text) })
		if err != nil {
			return
		}
		again, err := ParseFilter(filter.String())
		if err != nil || !reflect.DeepEqual(again, filter) {
			t.Errorf("%q is %v, and %v after reading that: %v", text, filter, again, err)
		}
	})
}

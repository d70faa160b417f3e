package config

import (
	"errors"
	"strings"
	"testing"
	"time"
)

const several = "decoding failed due to the following error(s):\n\n"

func TestDecodeErrors(t *testing.T) {
	for _, tt := range []struct{ content, want string }{
		{`{`, "unexpected EOF"},
		{``, "EOF"},
		{`{"bind":"x",}`, "invalid character '}' looking for beginning of object key string"},
		{`[]`, `'' expected a map or struct, got "slice"`},
		{`"x"`, `'' expected a map or struct, got "string"`},
		{`3`, `'' expected a map or struct, got "float64"`},
		{`{"retry_interval":"30"}`, `time: missing unit in duration "30"`},
		{`{"reconnect_interval":"x"}`, `time: invalid duration "x"`},
		{`{"tags":{"role":["a","b"]}}`, several + "'tags[role]' expected type 'string', got unconvertible type '[]interface {}'"},
		{`{"tags":{"role":5}}`, several + "'tags[role]' expected type 'string', got unconvertible type 'float64'"},
		{`{"tags":"x"}`, several + "'tags' expected type 'map[string]string', got unconvertible type 'string'"},
		{`{"bind":5}`, several + "'bind' expected type 'string', got unconvertible type 'float64'"},
		{`{"retry_interval":30}`, several + "'retry_interval' expected type 'string', got unconvertible type 'float64'"},
		{`{"protocol":"x"}`, several + "'protocol' expected type 'int', got unconvertible type 'string'"},
		{`{"protocol":1e300}`, several + "'protocol' is out of range: 1e+300"},
		{`{"leave_on_terminate":"x"}`, several + "'leave_on_terminate' expected type 'bool', got unconvertible type 'string'"},
		{`{"retry_join":"a"}`, several + "'retry_join' source data must be an array or slice, got string"},
		{`{"retry_join":{}}`, several + "'retry_join' source data must be an array or slice, got map"},
		{`{"event_handlers":[5]}`, several + "'event_handlers[0]' expected type 'string', got unconvertible type 'float64'"},
		{`{"mdns":[]}`, several + `'mdns' expected a map or struct, got "slice"`},
		{`{"mdns":{"foo":1}}`, several + "'mdns' has invalid keys: foo"},
		{`{"mdns":{"interface":1}}`, several + "'mdns.interface' expected type 'string', got unconvertible type 'float64'"},
		{`{"bogus":1,"also":2}`, several + "'agent.Config' has invalid keys: also, bogus"},
		{`{"-":5}`, several + "'agent.Config' has invalid keys: -"},
		{`{"mdns.interface":"lo"}`, several + "'agent.Config' has invalid keys: mdns.interface"},
		{`{"nodename":"x"}`, several + "'agent.Config' has invalid keys: nodename"},
		{`{"tags":{"z":1,"a":true},"bind":[],"bogus":1}`, several +
			"'agent.Config' has invalid keys: bogus\n" +
			"'bind' expected type 'string', got unconvertible type '[]interface {}'\n" +
			"'tags[a]' expected type 'string', got unconvertible type 'bool'\n" +
			"'tags[z]' expected type 'string', got unconvertible type 'float64'"},
		{`{"retry_interval":"x","broadcast_timeout":"5"}`, "time: invalid duration \"x\"\ntime: missing unit in duration \"5\""},
	} {
		_, err := decode([]byte(tt.content))
		var hinted *hintedError
		if errors.As(err, &hinted) {
			err = hinted.err
		}
		if err == nil || err.Error() != tt.want {
			t.Errorf("%s\ngot  %v\nwant %s", tt.content, err, tt.want)
		}
	}
}

func TestDecodeAcceptsEveryKey(t *testing.T) {
	values := map[kind]string{kindText: `"local"`, kindNumber: "5", kindBool: "true", kindDuration: `"5s"`, kindList: `["a","b"]`,
		kindTags: `{"a":"b"}`}
	want := map[kind]any{kindText: "local", kindNumber: 5, kindBool: true, kindDuration: 5 * time.Second,
		kindList: []string{"a", "b"}, kindTags: map[string]string{"a": "b"}}
	for _, k := range keys {
		content := `{"` + k.name + `":` + values[k.kind()] + "}"
		if inner, ok := strings.CutPrefix(k.name, "mdns."); ok {
			content = `{"mdns":{"` + inner + `":` + values[k.kind()] + "}}"
		}
		l, err := decode([]byte(content))
		if err != nil {
			t.Errorf("%s: %v", content, err)
			continue
		}
		w := want[k.kind()]
		got := l[k.name]
		if len(l) != 1 || !equal(&got, &w) {
			t.Errorf("%s: got %v, want %v", content, l, w)
		}
		if c := (Config{}).Merge(l); !equalField(k, c, w) {
			t.Errorf("%s: not merged into the field", k.name)
		}
	}
}

// equalField says whether the field of k in c holds w.
func equalField(k key, c Config, w any) bool {
	var want Config
	k.merge(k.field(&want), w)
	return equal(k.field(&c), k.field(&want))
}

func TestDecodeIsLenientWhereTheReferenceIs(t *testing.T) {
	for _, tt := range []struct {
		name, content, key string
		want               any
	}{
		{"any case", `{"Node_NAME":"a"}`, "node_name", "a"},
		{"exact case first", `{"NODE_NAME":"a"}`, "node_name", "a"},
		{"only the first value", `{"bind":"a"} {"bind":"b"} garbage`, "bind", "a"},
		{"fraction cut", `{"protocol":4.9}`, "protocol", 4},
		{"null value", `{"bind":null}`, "bind", nil},
		{"null object", `{"mdns":null}`, "mdns.interface", nil},
		{"null file", `null`, "bind", nil},
		{"null tag", `{"tags":{"a":null}}`, "tags", map[string]string{"a": ""}},
		{"empty duration", `{"retry_interval":""}`, "retry_interval", nil},
		{"nested case", `{"MDNS":{"Interface":"lo"}}`, "mdns.interface", "lo"},
	} {
		l, err := decode([]byte(tt.content))
		if got := l[tt.key]; err != nil || !equal(&got, &tt.want) {
			t.Errorf("%s: got %v, %v, want %v", tt.name, got, err, tt.want)
		}
	}
}

func TestDecodeTellsOfNotMoreThanAnybodyReads(t *testing.T) {
	_, err := decode([]byte(`{"start_join":[` + strings.Repeat("1,", 100) + `1]}`))
	if err == nil || strings.Count(err.Error(), "\n") != problemsMax+2 || !strings.HasSuffix(err.Error(), "\nand 51 more") {
		t.Errorf("got %v", err)
	}
}

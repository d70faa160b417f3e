package config

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestLoadReadsInCommandLineOrderAndFlagsLast(t *testing.T) {
	dir := files(t, map[string]string{
		"d/10.json":    `{"bind":"ten","start_join":["10"]}`,
		"d/9.json":     `{"bind":"nine","start_join":["9"]}`,
		"d/Z.json":     `{"start_join":["Z"]}`,
		"d/a.json":     `{"start_join":["a"]}`,
		"d/.h.json":    `{"start_join":["hidden"]}`,
		"d/no.JSON":    `{"start_join":["no"]}`,
		"d/no.txt":     `broken`,
		"d/sub.json/x": `broken`,
		"before.json":  `{"start_join":["before"],"bind":"before"}`,
	})
	paths := []string{filepath.Join(dir, "before.json"), filepath.Join(dir, "d")}
	c, err := Load(paths, Layer{"start_join": []string{"flag"}})
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"before", "hidden", "10", "9", "Z", "a", "flag"}; !reflect.DeepEqual(c.StartJoin, want) {
		t.Errorf("start_join is %v, want %v", c.StartJoin, want)
	}
	if c.Bind != "nine" {
		t.Errorf("bind is %q, want that of the last file that has one", c.Bind)
	}
}

func TestLoadNamesTheFileThatFails(t *testing.T) {
	dir := files(t, map[string]string{"d/bad.json": "{", "large.json": strings.Repeat(" ", FileBytesMax+1)})
	for _, tt := range []struct{ path, want string }{
		{"missing.json", "Error reading 'DIR/missing.json': open DIR/missing.json: no such file or directory"},
		{"d", "Error decoding 'DIR/d/bad.json': unexpected EOF"},
		{"d/bad.json", "Error decoding 'DIR/d/bad.json': unexpected EOF"},
		{"large.json", fmt.Sprintf("Error reading 'DIR/large.json': DIR/large.json has more than %d bytes", FileBytesMax)},
	} {
		_, err := Load([]string{filepath.Join(dir, tt.path)}, nil)
		want := strings.ReplaceAll(tt.want, "DIR", dir)
		if err == nil || err.Error() != want {
			t.Errorf("%s\ngot  %v\nwant %s", tt.path, err, want)
		}
	}
}

func TestFromFlags(t *testing.T) {
	given := map[string]any{
		"node": "n1", "protocol": 4, "join": []string{"a", "b"}, "retry-interval": "2s", "tag": []string{"a=b=c", "d="},
		"disable-compression": true, "broadcast-timeout": "",
	}
	lookup := func(name string) (any, bool) { v, ok := given[name]; return v, ok }
	l, err := FromFlags(lookup)
	if err != nil {
		t.Fatal(err)
	}
	c := Default().Merge(Layer{"enable_compression": true, "start_join": []string{"file"}}, l)
	if c.NodeName != "n1" || c.Protocol != 4 || c.RetryInterval != 2e9 || c.BroadcastTimeout != 5e9 || c.EnableCompression {
		t.Errorf("got %+v", c)
	}
	if want := []string{"file", "a", "b"}; !reflect.DeepEqual(c.StartJoin, want) {
		t.Errorf("start_join is %v, want %v", c.StartJoin, want)
	}
	if want := map[string]string{"a": "b=c", "d": ""}; !reflect.DeepEqual(c.Tags, want) {
		t.Errorf("tags are %v, want %v", c.Tags, want)
	}
}

func TestFlagWinsOverFileForCompression(t *testing.T) {
	for _, tt := range []struct{ file, disable, want bool }{
		{false, false, true}, {false, true, false}, {true, false, true}, {true, true, false},
	} {
		l, _ := FromFlags(func(name string) (any, bool) { return tt.disable, name == "disable-compression" })
		if got := Default().Merge(Layer{"enable_compression": tt.file}, l).EnableCompression; got != tt.want {
			t.Errorf("file %v, -disable-compression=%v: got %v", tt.file, tt.disable, got)
		}
	}
}

func TestFlagErrors(t *testing.T) {
	for _, tt := range []struct {
		flag  string
		value any
		want  string
	}{
		{"tag", []string{"a=b", "foo"}, "Error: Invalid tag: 'foo'"},
		{"tag", []string{"=foo"}, "Error: Invalid tag: '=foo'"},
		{"retry-interval", "5", `Error: time: missing unit in duration "5"`},
		{"retry-interval", "5x", `Error: time: unknown unit "x" in duration "5x"`},
		{"broadcast-timeout", "x", `Error: time: invalid duration "x"`},
	} {
		_, err := FromFlags(func(name string) (any, bool) { return tt.value, name == tt.flag })
		if err == nil || err.Error() != tt.want {
			t.Errorf("-%s %v: got %v, want %s", tt.flag, tt.value, err, tt.want)
		}
	}
}

// files writes files into a new directory.
func files(t *testing.T, contents map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range contents {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

package agent

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"serf/agent/journal"
	"serf/sim/proof"
)

func TestReplaceFileLeavesTheOldOneUntilTheNewOneIsWhole(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	for _, content := range []string{"one", "two"} {
		if err := replaceFile(path, []byte(content)); err != nil {
			t.Fatal(err)
		}
		wantFile(t, path, content)
	}
	// A crash has left a sibling that is not whole.
	write(t, path+".tmp", "thr")
	wantFile(t, path, "two")
	if err := replaceFile(path, []byte("three")); err != nil {
		t.Fatal(err)
	}
	wantFile(t, path, "three")
	if names := list(t, filepath.Dir(path)); len(names) != 1 {
		t.Errorf("files left: %v", names)
	}
}

func TestReplaceFileFollowsALink(t *testing.T) {
	dir := t.TempDir()
	target, link := filepath.Join(dir, "target"), filepath.Join(dir, "link")
	write(t, target, "old")
	if err := os.Symlink(target, link); err != nil {
		t.Fatal(err)
	}
	if err := replaceFile(link, []byte("new")); err != nil {
		t.Fatal(err)
	}
	wantFile(t, target, "new")
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link became %v, %v", info, err)
	}
}

func TestReplaceFileThatFailsLeavesTheOldOne(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	write(t, path, "a long content")
	// What is in the way of the sibling cannot be removed.
	if err := os.MkdirAll(filepath.Join(path+".tmp", "x"), 0o700); err != nil {
		t.Fatal(err)
	}
	err := replaceFile(path, []byte("new"))
	if err == nil {
		t.Error("no error although the sibling cannot be written")
	}
	wantFile(t, path, "a long content")
}

func TestKeyFileReportsEveryChangeInOrderAndWritesTheLast(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys.json")
	var done []uint64
	f := &keyFile{path: path, done: func(generation uint64, err error) {
		if err != nil {
			t.Errorf("change %d: %v", generation, err)
		}
		done = append(done, generation)
	}}
	if start := f.write(1, [][]byte{[]byte("0123456789abcdef")}); !start {
		t.Error("the first change starts no goroutine")
	}
	if start := f.write(2, [][]byte{[]byte("fedcba9876543210"), []byte("0123456789abcdef")}); start {
		t.Error("the second change starts another goroutine")
	}
	f.run()
	if len(done) != 2 || done[0] != 1 || done[1] != 2 {
		t.Errorf("changes reported: %v, want 1 and 2", done)
	}
	wantFile(t, path, "[\n  \"ZmVkY2JhOTg3NjU0MzIxMA==\",\n  \"MDEyMzQ1Njc4OWFiY2RlZg==\"\n]")
	if start := f.write(3, nil); !start {
		t.Error("no goroutine for a change after the last had ended")
	}
}

func TestKeyFileThatCannotBeWrittenIsReported(t *testing.T) {
	log := journal.New(journal.Options{})
	var got error
	f := &keyFile{path: filepath.Join(t.TempDir(), "none", "keys.json"), log: log, done: func(_ uint64, err error) { got = err }}
	f.write(1, nil)
	f.run()
	if !errors.Is(got, os.ErrNotExist) {
		t.Errorf("reported %v", got)
	}
	if n := count(log, "[ERR] agent: failed to write the keyring file: "); n != 1 {
		t.Errorf("%d lines in the log, want 1", n)
	}
}

func TestTagsAreKeptInTheirFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tags.json")
	with := func(c *Config) { c.TagsFile = path }
	in(t, func(t *testing.T, w *world) {
		a := w.start(1, with)
		if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("a tags file at the start: %v", err)
		}
		if err := a.SetTags(t.Context(), map[string]string{"role": "web", "dc": "east", "old": "x"}); err != nil {
			t.Fatal(err)
		}
		if err := a.UpdateTags(t.Context(), map[string]string{"dc": "west", "kept": "y"}, []string{"old", "kept", "unknown"}); err != nil {
			t.Fatal(err)
		}
		wantFile(t, path, "{\n  \"dc\": \"west\",\n  \"kept\": \"y\",\n  \"role\": \"web\"\n}")
		if err := a.UpdateTags(t.Context(), map[string]string{"long": strings.Repeat("x", 600)}, nil); err == nil {
			t.Error("no error for tags that are too long")
		}
		wantFile(t, path, "{\n  \"dc\": \"west\",\n  \"kept\": \"y\",\n  \"role\": \"web\"\n}")
	})
	in(t, func(t *testing.T, w *world) {
		a := w.start(1, with)
		if got := a.Tags(); len(got) != 3 || got["dc"] != "west" {
			t.Errorf("tags after a restart: %v", got)
		}
		w.wantLine(a, "[INFO] agent: Restored 3 tag(s) from "+path)
		w.pass(time.Second)
	})
}

func TestBadTagsFileKeepsTheAgentFromStarting(t *testing.T) {
	tests := []struct{ content, want string }{
		{"{", "Failed to decode tags file: unexpected end of JSON input"},
		{strings.Repeat(" ", tagsFileBytesMax+1), "Failed to read tags file: "},
	}
	for _, test := range tests {
		path := filepath.Join(t.TempDir(), "tags.json")
		write(t, path, test.content)
		in(t, func(t *testing.T, w *world) {
			cfg := w.config(1)
			cfg.TagsFile, cfg.Transport = path, w.endpoint(1)
			_, err := Start(cfg)
			var setup *SetupError
			if !errors.As(err, &setup) || !strings.HasPrefix(err.Error(), test.want) {
				t.Errorf("Start: %v, want a SetupError %q", err, test.want)
			}
		})
	}
}

// write makes a file.
func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// wantFile fails the test unless a file holds content and only its owner may read it.
func wantFile(t *testing.T, path, content string) {
	t.Helper()
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != content {
		t.Errorf("%s holds %q, want %q", filepath.Base(path), got, content)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode of %s: %v, %v", filepath.Base(path), info.Mode(), err)
	}
}

// list returns the names in a directory.
func list(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func FuzzDecodeTags(f *testing.F) {
	f.Add([]byte(`{"role": "web", "": null}`))
	f.Add([]byte(`null`))
	many := make(map[string]string)
	for i := range 1000 {
		many[strconv.Itoa(i)] = ""
	}
	f.Add(encodeTags(many))
	f.Fuzz(func(t *testing.T, b []byte) {
		var tags map[string]string
		var err error
		proof.Memory(t, len(b), func() { tags, err = decodeTags(b) })
		if err != nil {
			return
		}
		again, err := decodeTags(encodeTags(tags))
		if err != nil || !maps.Equal(again, tags) {
			t.Errorf("%q became %q, %v", tags, again, err)
		}
	})
}

package config

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestSecretsAreFoundInFilesAndTheEnvironment(t *testing.T) {
	dir := files(t, map[string]string{"key": " abc\n", "empty": " \n", "large": strings.Repeat("x", secretBytesMax+1)})
	in := func(name string) string { return filepath.Join(dir, name) }
	for _, tt := range []struct {
		name, key, file, env string
		want, warning, err   string
		seeds                bool
	}{
		{name: "nowhere"},
		{name: "configured", key: "k", want: "k"},
		{name: "file", file: in("key"), want: "abc", seeds: true},
		{name: "environment", env: "e", want: "e", seeds: true},
		{name: "file before environment", file: in("key"), env: "e", want: "abc", seeds: true,
			warning: "SERF_ENCRYPT_KEY in the environment is ignored: the configuration has 'encrypt_key_file' (-encrypt-file)"},
		{name: "configured before environment", key: "k", env: "e", want: "k",
			warning: "SERF_ENCRYPT_KEY in the environment is ignored: the configuration has 'encrypt_key' (-encrypt)"},
		{name: "twice", key: "k", file: in("key"), want: "k",
			err: "'encrypt_key' (-encrypt) and 'encrypt_key_file' (-encrypt-file) are both given: keep one"},
		{name: "missing", file: in("missing"), err: "cannot read 'encrypt_key_file' (-encrypt-file): open DIR/missing: no such file or directory"},
		{name: "empty", file: in("empty"), err: "cannot read 'encrypt_key_file' (-encrypt-file): DIR/empty is empty"},
		{name: "large", file: in("large"),
			err: "cannot read 'encrypt_key_file' (-encrypt-file): DIR/large has more than 4096 bytes: is it the right file?"},
	} {
		s := Secrets{Env: func(string) string { return tt.env }}
		c := Config{EncryptKey: tt.key, EncryptKeyFile: tt.file}
		warnings, err := s.Fill(&c)
		if got := strings.ReplaceAll(errText(err), dir, "DIR"); got != tt.err {
			t.Errorf("%s: error %q, want %q", tt.name, got, tt.err)
		}
		if c.EncryptKey != tt.want || c.EncryptKeySeeds != tt.seeds || strings.Join(warnings, "\n") != tt.warning {
			t.Errorf("%s: got %q, %v, %q, want %q, %v, %q", tt.name, c.EncryptKey, c.EncryptKeySeeds, warnings, tt.want, tt.seeds, tt.warning)
		}
	}
}

func TestASecretFromAPipeIsReadOnce(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	_, _ = w.WriteString("abc")
	_ = w.Close()
	path := fmt.Sprintf("/dev/fd/%d", r.Fd())
	var s Secrets
	for range 2 {
		c := Config{EncryptKeyFile: path}
		if _, err := s.Fill(&c); err != nil || c.EncryptKey != "abc" {
			t.Errorf("got %q, %v", c.EncryptKey, err)
		}
	}
}

func TestSecretsThatOthersCanSeeAreNamed(t *testing.T) {
	dir := files(t, map[string]string{
		"d/open.json": `{"rpc_auth":"x"}`, "d/plain.json": `{"bind":"x"}`, "d/closed.json": `{"rpc_auth":"x"}`, "keys": "", "key": "abc",
	})
	in := func(name string) string { return filepath.Join(dir, name) }
	for _, name := range []string{"d/open.json", "d/plain.json", "keys", "key"} {
		if err := os.Chmod(in(name), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	c := Config{KeyringFile: in("keys"), EncryptKeyFile: in("key")}
	got := c.Exposed([]string{in("d")}, Layer{"encrypt_key": "x"})
	var s Secrets
	more, err := s.Fill(&c)
	if err != nil {
		t.Fatal(err)
	}
	remedy := " holds a secret and can be read by every user (mode 0644); remedy: chmod o-rwx"
	want := []string{
		"every user can see the value of -encrypt in the list of processes; use -encrypt-file, SERF_ENCRYPT_KEY in the environment, " +
			"a configuration file instead",
		in("d/open.json") + remedy, in("keys") + remedy, in("key") + remedy,
	}
	if got = append(got, more...); !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestSeedKeyringMakesAFileThatSetupReads(t *testing.T) {
	c := Config{KeyringFile: filepath.Join(t.TempDir(), "keys")}
	key := []byte("0123456789abcdef")
	if err := c.SeedKeyring([][]byte{key}); err != nil {
		t.Fatal(err)
	}
	keys, seed, err := c.Setup(nil)
	if err != nil || seed || len(keys) != 1 || string(keys[0]) != string(key) {
		t.Errorf("got %q, %v, %v", keys, seed, err)
	}
	info, err := os.Stat(c.KeyringFile)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("got %v, %v", info.Mode(), err)
	}
	if err := c.SeedKeyring([][]byte{key}); err == nil {
		t.Error("an existing file was replaced")
	}
}

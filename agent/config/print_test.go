package config

import (
	"slices"
	"testing"
	"time"
)

func TestPrintedConfigurationIsReadBack(t *testing.T) {
	c := Default()
	for _, k := range keys {
		switch v := k.field(&c).(type) {
		case *string:
			*v = "a\"b\n" + k.name
		case *int:
			*v++
		case *bool:
			*v = !*v
		case *time.Duration:
			*v += 90 * time.Minute
		case *[]string:
			*v = []string{"x", k.name}
		case *map[string]string:
			*v = map[string]string{"a": "b", "": ""}
		}
	}
	for _, c := range []Config{c, Default()} {
		content, _ := c.Print()
		l, err := decode(content)
		if err != nil {
			t.Fatalf("%v in\n%s", err, content)
		}
		for _, name := range changed(Default().Merge(l), c) {
			if !find(name).secret {
				t.Errorf("%s is not read back from\n%s", name, content)
			}
		}
	}
}

func TestSecretsAreNotPrinted(t *testing.T) {
	c := Default()
	c.EncryptKey, c.RPCAuth = "secret", "secret"
	if content, hidden := c.Print(); slices.Contains(hidden, "secret") || !slices.Equal(hidden, []string{"encrypt_key", "rpc_auth"}) {
		t.Errorf("hidden are %v in\n%s", hidden, content)
	}
	c.EncryptKeyFile = "path"
	if _, hidden := c.Print(); !slices.Equal(hidden, []string{"rpc_auth"}) {
		t.Errorf("hidden are %v, want not the one that the file has", hidden)
	}
}

func TestWhatWasMeant(t *testing.T) {
	for name, want := range map[string]string{
		"retry_joins": "retry_join", "retryJoin": "retry_join", "retry-join": "retry_join", "join": "start_join", "tag": "tags",
		"encrypt": "encrypt_key", "encypt_key": "encrypt_key", "bnd": "bind", "x": "", "bogus": "", "also": "", "mdns.iface": "",
		"mdns.interfaces": "mdns.interface", "LogLevel": "log_level",
	} {
		if got := meant(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

func TestHints(t *testing.T) {
	for content, want := range map[string]string{
		`{"retry_joins":[]}`: "decoding failed due to the following error(s):\n\n'agent.Config' has invalid keys: retry_joins\n" +
			"hint: 'retry_joins' is no key; did you mean 'retry_join'?",
		`{"mdns":{"ifterface":""}}`: "decoding failed due to the following error(s):\n\n'mdns' has invalid keys: ifterface\n" +
			"hint: 'mdns.ifterface' is no key; did you mean 'mdns.interface'?",
		"{\n  \"bind\": \"a\",\n}": "invalid character '}' looking for beginning of object key string\nhint: line 3, column 1",
		`{"retry_interval":"30"}`:  "time: missing unit in duration \"30\"\nhint: 'retry_interval' wants a duration like 500ms, 30s or 1h30m",
	} {
		if _, err := decode([]byte(content)); err == nil || err.Error() != want {
			t.Errorf("%s\ngot  %v\nwant %s", content, err, want)
		}
	}
}

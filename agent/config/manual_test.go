package config

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

var rewrite = flag.Bool("rewrite", false, "write the table of keys into the manual")

const (
	manualPath  = "../../docs/operations.md"
	manualBegin = "| key | flag | default | meaning |\n|---|---|---|---|\n"
)

func TestManualListsEveryKey(t *testing.T) {
	content, err := os.ReadFile(manualPath)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(content), manualBegin)
	end := strings.Index(rest, "\n\n")
	if !found || end < 0 {
		t.Fatalf("no table of keys in %s", manualPath)
	}
	got, want := rest[:end+1], manualRows()
	if got == want {
		return
	}
	if !*rewrite {
		t.Fatalf("the table of keys in %s is not that of the program; -rewrite writes it. Want\n%s", manualPath, want)
	}
	if err := os.WriteFile(manualPath, []byte(before+manualBegin+want+rest[end+1:]), 0o644); err != nil {
		t.Fatal(err)
	}
}

// manualRows words the table of keys.
func manualRows() string {
	var b strings.Builder
	for _, k := range keys {
		flag := ""
		if k.flag != "" {
			flag = "`-" + k.flag + "`"
		}
		help := strings.ReplaceAll(k.help, "|", "\\|")
		if k.negated {
			help = "With `false`, or with the flag: " + strings.ToLower(help[:1]) + help[1:]
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", k.name, flag, k.manualDefault(), help)
	}
	return b.String()
}

// manualDefault words the value of k in an agent that was told nothing.
func (k key) manualDefault() string {
	c := Default()
	switch v := k.field(&c).(type) {
	case *string:
		if *v == "" {
			return ""
		}
		return "`" + *v + "`"
	case *time.Duration:
		return "`" + shortDuration(*v) + "`"
	case *bool:
		return fmt.Sprintf("`%v`", *v)
	case *int:
		return fmt.Sprintf("`%d`", *v)
	}
	return ""
}

// TestEveryKeyIsDescribed also holds the defaults in help texts against the real ones.
func TestEveryKeyIsDescribed(t *testing.T) {
	for _, k := range keys {
		if !strings.HasSuffix(k.help, ".") {
			t.Errorf("%s: the help %q is no sentence", k.name, k.help)
		}
		c := Default()
		if d, ok := k.field(&c).(*time.Duration); ok && k.value != shortDuration(*d) {
			t.Errorf("%s: the help shows %s, the default is %s", k.name, k.value, shortDuration(*d))
		}
	}
}

package rpc

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

func TestCompatibilityDocumentListsEveryCommandAndNoOther(t *testing.T) {
	text, err := os.ReadFile("../../docs/compatibility.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "\n## RPC commands\n")
	section, _, _ = strings.Cut(section, "\n## ")
	listed := make(map[string]bool)
	for _, m := range regexp.MustCompile("(?m)^\\| `([^`]+)`").FindAllStringSubmatch(section, -1) {
		listed[m[1]] = true
	}
	for name := range commands {
		if !listed[name] {
			t.Errorf("no row for %s", name)
		}
		delete(listed, name)
	}
	if len(listed) > 0 {
		t.Errorf("rows for commands that there are not: %v", listed)
	}
}

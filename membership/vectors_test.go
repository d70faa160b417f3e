package membership

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"testing"
)

// readVectors reads one file of vectors into list.
func readVectors(t testing.TB, file string, list any) {
	t.Helper()
	b, err := os.ReadFile("testdata/vectors/" + file)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, list); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

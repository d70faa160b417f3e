package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"serf/agent/typo"
)

// hintedError is an error with advice behind its literal text.
type hintedError struct {
	err   error
	hints []string
}

func (e *hintedError) Error() string {
	return e.err.Error() + "\nhint: " + strings.Join(e.hints, "\nhint: ")
}

func (e *hintedError) Unwrap() error { return e.err }

// hinted returns err with those hints that say something.
func hinted(err error, hints ...string) error {
	var said []string
	for _, h := range hints {
		if h != "" {
			said = append(said, h)
		}
	}
	if err == nil || len(said) == 0 {
		return err
	}
	return &hintedError{err, said}
}

// place words where in content a syntax error is.
func place(content []byte, err error) string {
	var syntax *json.SyntaxError
	if !errors.As(err, &syntax) || syntax.Offset < 1 || syntax.Offset > int64(len(content)) {
		return ""
	}
	before := content[:syntax.Offset-1]
	column := len(before) - bytes.LastIndexByte(before, '\n')
	return fmt.Sprintf("line %d, column %d", bytes.Count(before, []byte("\n"))+1, column)
}

// meant returns the key that somebody who wrote name probably meant, "" if there is none.
func meant(name string) string {
	if len(name) > typo.WordBytesMax {
		return ""
	}
	best, distance := "", 3 // two wrong letters at most
	squeezed := squeeze(name)
	for _, k := range keys {
		if k.flag == name || squeeze(k.name) == squeezed {
			return k.name
		}
		if d := typo.Distance(strings.ToLower(name), k.name); d < min(distance, (len(k.name)+2)/3) {
			best, distance = k.name, d
		}
	}
	return best
}

// squeeze returns name in lower case without what people separate words with.
func squeeze(name string) string { return separators.Replace(strings.ToLower(name)) }

var separators = strings.NewReplacer("_", "", "-", "", ".", "")

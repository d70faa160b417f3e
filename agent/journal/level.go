package journal

import (
	"fmt"
	"strings"
)

// Level says how important a line is. A higher level is more important.
type Level uint8

// The levels, lowest first.
const (
	Trace Level = iota
	Debug
	Info
	Warn
	Err
	// Plain is the level of lines without a marker: they pass every sink.
	Plain
)

var levelNames = [...]string{"TRACE", "DEBUG", "INFO", "WARN", "ERR"}

// String returns the name in capitals, as it stands in a line; Plain is the empty string.
func (l Level) String() string {
	if int(l) < len(levelNames) {
		return levelNames[l]
	}
	return ""
}

// ParseLevel turns a name, in any case, into a level. The text of its error is the one that the reference tool prints.
func ParseLevel(name string) (Level, error) {
	upper := strings.ToUpper(name)
	for l, n := range levelNames {
		if n == upper {
			return Level(l), nil
		}
	}
	//lint:ignore ST1005 scripts match on this text
	return 0, fmt.Errorf("Invalid log level: %s. Valid log levels are: %v", upper, levelNames)
}

package journal

import (
	"encoding/json"
	"io"
	"time"
)

// JSONWriter writes each line as one JSON object, for programs that read logs:
//
//	{"time":"2026-11-23T14:13:18.000000999+01:00","level":"INFO","component":"agent","message":"Serf agent starting"}
//
// A line without level or component has no such member.
type JSONWriter struct{ W io.Writer }

var _ LineWriter = JSONWriter{}

// jsonLine is the object of one line.
type jsonLine struct {
	Time      string `json:"time"`
	Level     string `json:"level,omitempty"`
	Component string `json:"component,omitempty"`
	Message   string `json:"message"`
}

// WriteLine does one Write. When it fails there is nobody to be told; the line stays in the ring.
func (j JSONWriter) WriteLine(l Line) {
	b, err := json.Marshal(jsonLine{l.At.Format(time.RFC3339Nano), l.Level.String(), l.Component, l.Body()})
	if err != nil {
		panic(err) // strings can be encoded
	}
	_, _ = j.W.Write(append(b, '\n'))
}

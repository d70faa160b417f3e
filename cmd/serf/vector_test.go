package main

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestVectors plays the agent's side of recorded sessions: our commands must send what the recorded ones sent, print what they
// printed and end as they ended.
func TestVectors(t *testing.T) {
	paths, err := filepath.Glob("testdata/vectors/*.json")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no vectors: %v", err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".json"), func(t *testing.T) { playVector(t, readVector(t, path)) })
	}
}

type vector struct {
	Argv     []string
	ExitCode int `json:"exit_code"`
	Stdout   string
	Stderr   string
	Messages []vectorMessage
}

type vectorMessage struct {
	Dir string
	Hex string
	EOF bool
}

func playVector(t *testing.T, v vector) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	stdout := newTranscript()
	signals := make(chan os.Signal, 1)
	played := make(chan error, 1)
	go func() {
		played <- playAgent(listener, v.Messages, func(i int) {
			if v.interruptedBefore(i) && stdout.awaits(v.Stdout) {
				signals <- os.Interrupt
			}
		})
	}()
	var args []string
	for _, a := range v.Argv[1:] {
		args = append(args, strings.ReplaceAll(a, "<proxy>", listener.Addr().String()))
	}
	var stderr bytes.Buffer
	p := &program{stdin: strings.NewReader(""), stdout: stdout, stderr: &stderr, signals: signals,
		getenv: func(string) string { return "" }}
	if got := p.run(context.Background(), args); got != v.ExitCode {
		t.Errorf("exit status %d, want %d", got, v.ExitCode)
	}
	_ = listener.Close() // a command that never called must not leave the agent waiting
	if got, want := untimed(stdout.String()), untimed(sortTags(v.Stdout)); got != want {
		t.Errorf("stdout\ngot\n%s\nwant\n%s", got, want)
	}
	if got := hints.ReplaceAllString(stderr.String(), ""); got != v.Stderr {
		t.Errorf("stderr %q, want %q", got, v.Stderr)
	}
	if err := <-played; err != nil {
		t.Error(err)
	}
}

// interruptedBefore says whether somebody pressed Ctrl-C before message i: monitor sends its first stop then.
func (v vector) interruptedBefore(i int) bool {
	return v.Argv[1] == "monitor" && v.ExitCode == 0 && v.Messages[i].Dir == "c2s" && i > 0 && v.Messages[i-1].Dir == "s2c" &&
		strings.Contains(v.Messages[i].Hex, hex.EncodeToString([]byte("stop"))) && v.Messages[i-1].hasLog()
}

func (m vectorMessage) hasLog() bool { return strings.HasPrefix(m.Hex, "81a34c6f67") }

// awaits waits until want is in the transcript.
func (t *transcript) awaits(want string) bool {
	deadline := time.After(patience)
	for {
		text, more := t.now()
		if strings.Contains(text, want) {
			return true
		}
		select {
		case <-more:
		case <-deadline:
			return false
		}
	}
}

// hints are what we say beyond the recorded tool.
var hints = regexp.MustCompile(`(?m)^hint: .*\n`)

var seconds = regexp.MustCompile(`\d+\.\d\d sec`)

// untimed takes measured times out of text.
func untimed(text string) string { return seconds.ReplaceAllString(text, "N sec") }

// playAgent accepts one client, expects its messages and answers as recorded. It calls before with the index of each message.
func playAgent(listener net.Listener, messages []vectorMessage, before func(i int)) error {
	c, err := listener.Accept()
	if err != nil {
		return err
	}
	defer c.Close()
	for i, m := range messages {
		b, err := hex.DecodeString(m.Hex)
		if err != nil {
			return err
		}
		before(i)
		switch {
		case m.EOF:
			return nil
		case m.Dir == "s2c":
			_, err = c.Write(b)
		default:
			got := make([]byte, len(b))
			_, err = io.ReadFull(c, got)
			if err == nil && !bytes.Equal(got, b) {
				err = fmt.Errorf("got % x, want % x", got, b)
			}
		}
		if err != nil {
			return fmt.Errorf("message %d: %w", i, err)
		}
	}
	return nil
}

func readVector(t *testing.T, path string) vector {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var v vector
	if err := json.Unmarshal(content, &v); err != nil {
		t.Fatal(err)
	}
	if v.Argv[1] == "force-leave" && v.ExitCode == 0 {
		v.Messages = withLookUp(v.Messages)
	}
	return v
}

// withLookUp puts our look at the member before a recorded force-leave, which is then the third request: so unknown names are noticed. The
// agent answers that the member has failed.
func withLookUp(messages []vectorMessage) []vectorMessage {
	const handshake = 3 // header, body, reply
	c2s := func(text string) vectorMessage {
		return vectorMessage{Dir: "c2s", Hex: hex.EncodeToString([]byte(text))}
	}
	s2c := func(text string) vectorMessage {
		return vectorMessage{Dir: "s2c", Hex: hex.EncodeToString([]byte(text))}
	}
	list := slices.Clone(messages[:handshake])
	list = append(list,
		c2s("\x82\xa7Command\xb0members-filtered\xa3Seq\x02"),
		c2s("\x83\xa4Name\xa5ghost\xa6Status\xa0\xa4Tags\x80"),
		s2c("\x82\xa5Error\xa0\xa3Seq\x02"),
		s2c("\x81\xa7Members\x91\x82\xa4Name\xa5ghost\xa6Status\xa6failed"))
	for _, m := range messages[handshake:] {
		m.Hex = strings.ReplaceAll(m.Hex, "a353657102", "a353657103") // Seq
		list = append(list, m)
	}
	return list
}

// sortTags sorts the tags at the end of a line, whose order in the recordings is random.
func sortTags(text string) string {
	lines := strings.Split(text, "\n")
	for i, l := range lines {
		cut := strings.LastIndex(l, "  ") + 2
		if cut < 2 || !strings.Contains(l[cut:], "=") {
			continue
		}
		tags := strings.Split(l[cut:], ",")
		slices.Sort(tags)
		lines[i] = l[:cut] + strings.Join(tags, ",")
	}
	return strings.Join(lines, "\n")
}

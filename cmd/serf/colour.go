package main

import (
	"io"
	"os"
	"strings"
)

// stampLen is the length of the time before the level of a log line.
const stampLen = len("2006/01/02 15:04:05 ")

// levelColours are the terminal codes for the levels that stand out.
var levelColours = map[string]string{"[ERR]": "\x1b[31m", "[WARN]": "\x1b[33m", "[DEBUG]": "\x1b[2m", "[TRACE]": "\x1b[2m"}

// coloured returns a line of the log with its level in colour. What is no such line stays as it is.
func coloured(line string) string {
	if len(line) <= stampLen || line[stampLen] != '[' {
		return line
	}
	end := strings.IndexByte(line[stampLen:], ']') + 1
	level := line[stampLen : stampLen+end]
	code := levelColours[level]
	if code == "" {
		return line
	}
	return line[:stampLen] + code + level + "\x1b[0m" + line[stampLen+end:]
}

// colours says whether what is written to w is shown to somebody who wants colours: on a terminal that knows them, unless the
// environment variable NO_COLOR is there.
func (p *program) colours(w io.Writer) bool {
	return p.getenv("NO_COLOR") == "" && p.getenv("TERM") != "" && p.getenv("TERM") != "dumb" && isTerminal(w)
}

// isTerminal says whether what is written to w is shown on a terminal.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

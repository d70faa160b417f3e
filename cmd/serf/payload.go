package main

import (
	"fmt"
	"io"
	"os"

	"github.com/urfave/cli/v2"
)

// inputBytesMax bounds what is read from a file or standard input. Payloads and keys are far smaller; the agent has limits of its own.
const inputBytesMax = 64 << 10

func payloadFileFlag() cli.Flag {
	return &cli.StringFlag{Name: "payload-file", DefaultText: "<path>",
		Usage: "Take the payload from this file, or with - from standard input, byte by byte."}
}

// nameAndPayload returns what event and query are to send. The payload is nil when there is none; missing is the complaint when there is
// no name either.
func (p *program) nameAndPayload(c *cli.Context, missing string) (name string, payload []byte, err error) {
	args := c.Args()
	switch {
	case args.Len() == 0:
		return "", nil, misuse(missing)
	case args.Len() > 2:
		return "", nil, misuse("Too many command line arguments. Only a name and payload must be specified.")
	case !c.IsSet("payload-file") && args.Len() == 1:
		return args.First(), nil, nil
	case !c.IsSet("payload-file"):
		return args.First(), []byte(args.Get(1)), nil
	case args.Len() == 2:
		return "", nil, misuse("The payload is there twice: as an argument and as -payload-file.")
	}
	payload, err = p.input(c.String("payload-file"))
	if err != nil {
		return "", nil, failure("Error reading payload: %v", err)
	}
	return args.First(), payload, nil
}

// input reads a file, or standard input if path is "-".
func (p *program) input(path string) ([]byte, error) {
	in := p.stdin
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		in = f
	}
	b, err := io.ReadAll(io.LimitReader(in, inputBytesMax+1))
	if err != nil {
		return nil, err
	}
	if len(b) > inputBytesMax {
		return nil, fmt.Errorf("%s holds more than %d bytes", path, inputBytesMax)
	}
	return b, nil
}

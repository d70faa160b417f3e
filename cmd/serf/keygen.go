package main

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"

	"github.com/urfave/cli/v2"
)

// keyBytes makes AES-256 keys.
const keyBytes = 32

func (p *program) keygenCommand() *cli.Command {
	return &cli.Command{
		Name:      "keygen",
		Usage:     "Makes an encryption key",
		UsageText: "serf keygen",
		Description: "Prints a new random key in the form that serf agent -encrypt takes, with -format=json " +
			"as an object.\n\nExample: serf keygen >new.key",
		SkipFlagParsing: true, // as the reference does: anything on the command line is ignored
		Action:          p.keygen,
	}
}

func (p *program) keygen(c *cli.Context) error {
	var key [keyBytes]byte
	_, _ = rand.Read(key[:]) // it never fails: without random numbers the runtime ends the process
	text := base64.StdEncoding.EncodeToString(key[:])
	if jsonWanted(c.Args().Slice()) {
		return writeJSON(p.stdout, map[string]string{"key": text})
	}
	fmt.Fprintln(p.stdout, text)
	return nil
}

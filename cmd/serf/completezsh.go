package main

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"
)

const zshScript = `#compdef serf
# zsh completion for serf. Made by: serf completion zsh

_serf() {
    local -a commands
    commands=(
%s    )
    if (( CURRENT == 2 )); then
        _describe command commands
        return
    fi
    local command=$words[2]
    shift words
    (( CURRENT-- ))
    case $command in
%s    esac
}

if [ "$funcstack[1]" = _serf ]; then
    _serf "$@"
else
    compdef _serf serf
fi
`

func zshCompletion(commands []*cli.Command) string {
	var list, table strings.Builder
	for _, c := range commands {
		fmt.Fprintf(&list, "        %s\n", quoted(c.Name+":"+zshText(c.Usage)))
		fmt.Fprintf(&table, "    %s)\n%s        ;;\n", c.Name, zshArguments(c))
	}
	return fmt.Sprintf(zshScript, list.String(), table.String())
}

// zshArguments calls _arguments with the flags of c. Arguments of any text must not be among them: the shell would then list a flag that is the
// only one instead of completing it.
func zshArguments(c *cli.Command) string {
	var specs []string
	for _, f := range c.Flags {
		specs = append(specs, quoted(zshFlag(f)))
	}
	if words := argumentValues[c.Name]; words != "" {
		specs = append(specs, quoted("*:argument:"+zshWords(words)))
	}
	if len(specs) == 0 {
		return ""
	}
	return "        _arguments \\\n            " + strings.Join(specs, " \\\n            ") + "\n"
}

// zshFlag describes a flag to _arguments.
func zshFlag(f cli.Flag) string {
	doc := f.(cli.DocGenerationFlag)
	name, spec := f.Names()[0], ""
	if describeFlag(f).Repeatable || takesPath(f) {
		spec = "*"
	}
	spec += "-" + name
	if !doc.TakesValue() {
		return spec + "[" + zshText(firstSentence(doc.GetUsage())) + "]"
	}
	action := zshWords(flagValues[name])
	if takesPath(f) {
		action = "_files"
	}
	return spec + "=[" + zshText(firstSentence(doc.GetUsage())) + "]:value:" + action
}

func zshWords(words string) string {
	if words == "" {
		return ""
	}
	return "(" + words + ")"
}

// zshText escapes what ends a description.
func zshText(s string) string {
	return strings.NewReplacer(`\`, `\\`, "[", `\[`, "]", `\]`, ":", `\:`).Replace(s)
}

// quoted returns s as one word of a shell.
func quoted(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// bashScript is the script, without the tables. Bash takes "-format=js" for three words.
const bashScript = `# bash completion for serf. Made by: serf completion bash

_serf() {
    local cur=${COMP_WORDS[COMP_CWORD]} flag=${COMP_WORDS[COMP_CWORD-1]} command= flags= valued= paths= words= i
    COMPREPLY=()
    for ((i = 1; i < COMP_CWORD; i++)); do
        if [[ ${COMP_WORDS[i]} != -* ]]; then
            command=${COMP_WORDS[i]}
            break
        fi
    done
    if [[ $cur == = ]]; then
        cur=
    elif [[ $flag == = ]]; then
        flag=${COMP_WORDS[COMP_CWORD-2]}
    fi
    flag=${flag/#--/-}
    case $command in
%s    esac
    if [[ " $valued " == *" $flag "* ]]; then
        case $flag in
%s        esac
        if [[ " $paths " == *" $flag "* ]]; then
            compopt -o filenames 2>/dev/null
            COMPREPLY=($(compgen -f -- "$cur"))
        else
            COMPREPLY=($(compgen -W "$words" -- "$cur"))
        fi
    elif [[ $cur == --* ]]; then
        flags=" $flags"
        flags=${flags// -/ --}
        COMPREPLY=($(compgen -W "${flags// ---/ --}" -- "$cur"))
    elif [[ $cur == -* || -z $words ]]; then
        COMPREPLY=($(compgen -W "$flags" -- "$cur"))
    else
        COMPREPLY=($(compgen -W "$words" -- "$cur"))
    fi
}

complete -F _serf serf
`

func bashCompletion(commands []*cli.Command) string {
	var table, values strings.Builder
	var names []string
	for _, c := range commands {
		names = append(names, c.Name)
		fmt.Fprintf(&table, "    %s)\n        flags='%s'\n        valued='%s'\n        paths='%s'\n        words='%s'\n        ;;\n", c.Name,
			flagNames(c, func(cli.Flag) bool { return true }), flagNames(c, takesValue), flagNames(c, takesPath), argumentValues[c.Name])
	}
	fmt.Fprintf(&table, "    '')\n        flags='-help --version'\n        words='%s'\n        ;;\n", strings.Join(names, " "))
	for _, name := range slices.Sorted(maps.Keys(flagValues)) {
		fmt.Fprintf(&values, "        -%s) words='%s' ;;\n", name, flagValues[name])
	}
	return fmt.Sprintf(bashScript, table.String(), values.String())
}

package eventbus

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
)

// wideMax bounds the parts of a pattern that take milliseconds and many KiB to read, whatever their length: \pL, of 700 ranges, and
// ranges that end beyond ASCII, whose every character is looked at when case is ignored.
const wideMax = 8

// CompilePattern compiles a regular expression in RE2 syntax that somebody else wrote. It fails with the error of the regexp package,
// and before it spends the memory, when the pattern has a cost above costMax: the instructions of its program, of which a{1000} makes a
// thousand from seven bytes, and the runes of its classes; and when it has more than 8 wide classes. A cost of 16384 takes some 4 MB.
// The cost is returned too.
func CompilePattern(pattern string, costMax int) (re *regexp.Regexp, cost int, err error) {
	if n := wideParts(pattern); n > wideMax {
		return nil, 1, fmt.Errorf("too costly (%d > %d classes of characters beyond ASCII)", n, wideMax)
	}
	parsed, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return nil, 1, err
	}
	instructions, runes := patternCost(parsed)
	if cost = instructions + runes + 2; cost > costMax { // it begins with one that fails, and ends with one that has matched
		return nil, 1, fmt.Errorf("too costly (%d > %d instructions)", cost, costMax)
	}
	re, err = regexp.Compile(pattern)
	return re, cost, err
}

// wideParts counts what wideMax bounds. It may count too much: a class is not told from a text.
func wideParts(pattern string) int {
	n := strings.Count(pattern, `\p`) + strings.Count(pattern, `\P`) + strings.Count(pattern, `-\x`)
	for i := 1; i < len(pattern); i++ {
		if pattern[i-1] == '-' && pattern[i] >= 0x80 {
			n++
		}
	}
	return n
}

// patternCost returns how many instructions re will have, or somewhat more, and how many runes its classes hold: copies of a class
// share them. The parser has made sure that re is not nested deeply and that repetitions multiply to a thousand at most.
func patternCost(re *syntax.Regexp) (instructions, runes int) {
	for _, sub := range re.Sub {
		i, r := patternCost(sub)
		instructions, runes = instructions+i+1, runes+r
	}
	switch re.Op {
	case syntax.OpLiteral:
		instructions += len(re.Rune)
	case syntax.OpCharClass:
		runes += len(re.Rune)
	case syntax.OpRepeat:
		instructions *= max(1, re.Min+1, re.Max)
	}
	return instructions + 2, runes
}

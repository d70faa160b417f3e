package main

import (
	"slices"
	"strconv"
	"strings"

	"serf/agent/rpc"
)

// memberCell is what one column says of a member.
type memberCell func(rpc.Member) string

type memberColumn struct {
	name string
	cell memberCell
}

// memberColumns are what a row about a member may hold, in the order of their description.
var memberColumns = []memberColumn{
	{"name", func(m rpc.Member) string { return m.Name }},
	{"addr", memberAddr},
	{"ip", func(m rpc.Member) string { return m.Addr.String() }},
	{"port", func(m rpc.Member) string { return strconv.Itoa(int(m.Port)) }},
	{"status", func(m rpc.Member) string { return m.Status }},
	{"tags", func(m rpc.Member) string { return tagText(m.Tags) }},
	{"protocol", func(m rpc.Member) string { return strconv.Itoa(int(m.DelegateCur)) }},
}

// tagColumn is what a column that shows one tag begins with.
const tagColumn = "tag:"

// emptyCell stands where there is nothing, so that the cells of a line can be counted.
const emptyCell = "-"

// memberTable is a list of members with columns of choice.
type memberTable struct {
	memberList
	cells []memberCell
}

// chosenColumns returns the cells that a comma-separated list of columns names.
func chosenColumns(names string) ([]memberCell, error) {
	var cells []memberCell
	for name := range strings.SplitSeq(names, ",") {
		i := slices.IndexFunc(memberColumns, func(c memberColumn) bool { return c.name == name })
		tag, isTag := strings.CutPrefix(name, tagColumn)
		switch {
		case i >= 0:
			cells = append(cells, memberColumns[i].cell)
		case isTag && tag != "":
			cells = append(cells, func(m rpc.Member) string { return m.Tags[tag] })
		default:
			return nil, failure("Invalid column: %q. There are %s", name, columnNames())
		}
	}
	return cells, nil
}

// columnNames lists what there is to choose from.
func columnNames() string {
	var b strings.Builder
	for _, c := range memberColumns {
		b.WriteString(c.name + ", ")
	}
	return b.String() + tagColumn + "<key>"
}

func (t memberTable) text() string {
	rows := make([][]string, len(t.members))
	for i, m := range t.members {
		for _, cell := range t.cells {
			text := printable(cell(m))
			if text == "" {
				text = emptyCell
			}
			rows[i] = append(rows[i], text)
		}
	}
	return columns(rows)
}

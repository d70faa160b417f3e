package main

import (
	"fmt"
	"maps"
	"net"
	"slices"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"serf/agent/config"
	"serf/agent/rpc"
)

func (p *program) membersCommand() *cli.Command {
	return &cli.Command{
		Name:      "members",
		Usage:     "Lists the members of a Serf cluster",
		UsageText: "serf members [options]",
		Description: "Lists the members that a running agent knows, sorted by name, whatever their status. The filters " +
			"are regular expressions that must match the whole value; a member has to pass all of them.\n\n" +
			"Example: serf members -status='failed|left' -tag dc=east",
		Flags: clientFlags(
			&cli.BoolFlag{Name: "detailed", Usage: "Also shows the protocol versions of each member (text format only)."},
			&cli.StringFlag{Name: "columns", DefaultText: "<list>", Usage: "Show these columns, a comma-separated list of " + columnNames() +
				", with - where there is nothing (text format only)."},
			formatFlag(),
			&cli.StringFlag{Name: "name", DefaultText: "<regexp>", Usage: "Only members whose name matches."},
			&cli.StringFlag{Name: "role", DefaultText: "<regexp>", Usage: "Deprecated: use -tag role=<regexp>."},
			&cli.StringFlag{Name: "status", DefaultText: "<regexp>", Usage: "Only members whose status matches: " +
				"alive, leaving, left or failed."},
			&cli.StringSliceFlag{Name: "tag", DefaultText: "<key>=<regexp>", KeepSpace: true,
				Usage: "Only members with a tag of this key whose value matches. Can be given several times, once per key."},
		),
		Action: p.members,
	}
}

func (p *program) members(c *cli.Context) error {
	tags, err := config.ParseTags(c.StringSlice("tag"))
	if err != nil {
		return failure("Error: %v", err)
	}
	if role := c.String("role"); role != "" {
		out := p.stdout
		if c.String("format") == "json" { // where a line of text would break the reader
			out = p.stderr
		}
		fmt.Fprintln(out, "Deprecation warning: 'Role' has been replaced with 'Tags'")
		tags["role"] = role
	}
	var cells []memberCell
	if c.IsSet("columns") {
		if cells, err = chosenColumns(c.String("columns")); err != nil {
			return err
		}
	}
	client, err := p.connect(c)
	if err != nil {
		return err
	}
	defer client.Close()
	list, err := client.MembersFiltered(c.Context, tags, c.String("status"), c.String("name"))
	if err != nil {
		return failure("Error retrieving members: %v", err)
	}
	slices.SortStableFunc(list, func(a, b rpc.Member) int { return strings.Compare(a.Name, b.Name) })
	found := memberList{members: list, detailed: c.Bool("detailed")}
	if cells != nil {
		return show(p.stdout, c.String("format"), memberTable{found, cells})
	}
	return show(p.stdout, c.String("format"), found)
}

// memberList is the result of members.
type memberList struct {
	members  []rpc.Member
	detailed bool
}

func (l memberList) text() string {
	rows := memberRows(l.members)
	if l.detailed {
		for i, m := range l.members {
			rows[i] = append(rows[i], fmt.Sprintf("Protocol Version: %d", m.DelegateCur),
				fmt.Sprintf("Available Protocol Range: [%d, %d]", m.DelegateMin, m.DelegateMax))
		}
	}
	return columns(rows)
}

// memberRows returns a row for each member.
func memberRows(members []rpc.Member) [][]string {
	rows := make([][]string, len(members))
	for i, m := range members {
		rows[i] = []string{printable(m.Name), memberAddr(m), m.Status, tagText(m.Tags)}
	}
	return rows
}

func (l memberList) json() any {
	var out struct {
		Members []memberJSON `json:"members"`
	}
	for _, m := range l.members {
		out.Members = append(out.Members, newMemberJSON(m))
	}
	return out
}

type memberJSON struct {
	Name     string            `json:"name"`
	Addr     string            `json:"addr"`
	Port     uint16            `json:"port"`
	Tags     map[string]string `json:"tags"`
	Status   string            `json:"status"`
	Protocol map[string]uint8  `json:"protocol"`
}

func newMemberJSON(m rpc.Member) memberJSON {
	tags := m.Tags
	if tags == nil {
		tags = map[string]string{}
	}
	return memberJSON{
		Name:     m.Name,
		Addr:     memberAddr(m),
		Port:     m.Port,
		Tags:     tags,
		Status:   m.Status,
		Protocol: map[string]uint8{"min": m.DelegateMin, "max": m.DelegateMax, "version": m.DelegateCur},
	}
}

func memberAddr(m rpc.Member) string {
	return net.JoinHostPort(m.Addr.String(), strconv.Itoa(int(m.Port)))
}

// tagText returns the tags as "k=v" joined with commas, sorted by key.
func tagText(tags map[string]string) string {
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(tags)) {
		parts = append(parts, printable(k+"="+tags[k]))
	}
	return strings.Join(parts, ",")
}
